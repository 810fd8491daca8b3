// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/process.h"
#include "core/secret.h"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace cairn::oci {

struct Credentials {
  std::string user;
  Secret password;
  Secret identity_token;  // OAuth2 refresh token in place of user and password
};

// Looks credentials up where docker and podman keep them (docs/formats/registry-auth.md).
class CredentialStore {
 public:
  using Environment = std::function<std::optional<std::string>(const std::string& name)>;

  // With `file`, only that one is read and it must exist. Otherwise $REGISTRY_AUTH_FILE alone if set; else
  // $XDG_RUNTIME_DIR/containers/auth.json, then $DOCKER_CONFIG/config.json or ~/.docker/config.json: the first that has
  // an entry counts.
  CredentialStore(std::optional<std::filesystem::path> file, Environment environment, Runner& runner);

  // For `registry` ("host[:port]"); entries for a part of its repositories ("host/team") come before those for all.
  // Runs docker-credential-NAME where the file says so. Throws reason::kBadAuthFile naming the file and member.
  std::optional<Credentials> find(const std::string& registry, const std::string& repository) const;

 private:
  struct Place {
    std::filesystem::path path;
    bool required;  // whether it is an error that there is no such file
  };
  std::vector<Place> places() const;
  std::optional<Credentials> find_in(const Place& place, const std::vector<std::string>& keys) const;
  std::optional<Credentials> ask_program(const std::string& name, const std::string& registry,
                                         const std::filesystem::path& file) const;

  std::optional<std::filesystem::path> file_;
  Environment environment_;
  Runner& runner_;
};

}  // namespace cairn::oci
