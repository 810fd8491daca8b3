// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/environment.h"
#include "core/process.h"
#include "net/http_client.h"
#include "oci/authorizer.h"
#include "oci/image.h"
#include "oci/reference.h"

#include <memory>
#include <stop_token>
#include <string>

namespace cairn::oci {

// What a registry client needs of the world; tests give their own.
struct RegistryWorld {
  Clock* clock = &system_clock();
  Runner* runner = &system_runner();
  CredentialStore::Environment environment = filled_process_environment;
  net::RetryPolicy policy = {};
};

// Requests to one repository by the distribution API v2 (distribution-spec 1.1), with authentication and retries.
// Thread-safe.
class RegistryClient {
 public:
  RegistryClient(const Reference& reference, const SourceOptions& options, Access access, const RegistryWorld& world);

  const std::string& registry() const { return reference_.registry; }
  const std::string& repository() const { return reference_.repository; }

  // "/v2/NAME/" + `path`.
  net::Url url(std::string_view path) const;

  enum class Repeat { on_failure, never };
  // Sends; a 401 of the registry itself is answered once with a new ticket. Any status comes back but that one.
  net::HttpResponse send(net::HttpRequest request, const std::stop_token& stop, Repeat repeat = Repeat::on_failure);

  // The body of `path` from `offset`: across cut connections, and across a token that expires in between.
  std::unique_ptr<Source> open(const std::string& path, std::uint64_t offset, const std::stop_token& stop);

  // What the registry's refusal of `what` ("manifest 1.2", "blob sha256:...") means for the user.
  Error failure(std::string_view method, std::string_view what, net::HttpResponse& response) const;

  const net::RetryPolicy& policy() const { return world_.policy; }
  Clock& clock() const { return *world_.clock; }

 private:
  friend class RegistryBody;
  net::HttpResponse send_once(net::HttpRequest request, const std::stop_token& stop, Repeat repeat);
  Error explain(Error error) const;

  Reference reference_;
  SourceOptions options_;
  RegistryWorld world_;
  net::Url base_;
  net::HttpClient client_;
  Authorizer authorizer_;
};

}  // namespace cairn::oci
