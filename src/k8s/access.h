// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/secret.h"
#include "net/tls_settings.h"
#include "net/url.h"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace cairn::k8s {

using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// How to reach an API server, and as whom.
struct Access {
  net::Url server;
  net::TlsSettings tls;
  bool verify_tls = true;
  std::optional<std::string> proxy;  // an URL; else the environment decides
  std::string name_space = "default";
  Secret token;                                     // empty: none
  std::optional<std::filesystem::path> token_file;  // read again when it may have changed; wins over `token`
  std::string user;                                 // of basic authentication
  Secret password;
};

// A context of one kubeconfig file (client.authentication.k8s.io, `kubectl config view`); the current one where
// `context` is empty. Relative paths in it are below its folder. Unknown keys are ignored, as kubectl does. Throws
// reason::kBadConfig, kPluginRefused for `exec` and `auth-provider`, and the errors of files.
Access load_kubeconfig(const std::filesystem::path& file, std::string_view context = {});

// The ServiceAccount of a Pod: KUBERNETES_SERVICE_HOST and _PORT, and the files below `folder`. Throws kNoConfig.
inline constexpr const char* kServiceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";
Access load_in_cluster(const Environment& environment, const std::filesystem::path& folder = kServiceAccountFolder);

// The file `kubeconfig` if given; else the first file of KUBECONFIG that exists; else the cluster around us; else
// ~/.kube/config. Throws reason::kNoConfig and the above.
Access find_access(const std::optional<std::filesystem::path>& kubeconfig, const Environment& environment);

// The bearer token of an Access, kept up to date: a file is read again each minute (tokens of ServiceAccounts are
// renewed in place). Thread-safe.
class TokenSource {
 public:
  explicit TokenSource(const Access& access);
  ~TokenSource();
  // Empty where there is none. Throws when a token file cannot be read and none was read before.
  Secret get();
  // After the server refused the token: the next get() reads the file.
  void doubt();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cairn::k8s
