// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/secret.h"
#include "net/http_client.h"
#include "oci/auth_challenge.h"
#include "oci/credentials.h"

#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace cairn::oci {

enum class Access { pull, push };

// The Authorization field for one repository of one registry: basic, or a bearer token that is fetched when the
// registry asks and again when it does not take the old one any more. Thread-safe.
//
// Where credentials may go (docs/formats/registry-auth.md): to the registry itself; to the token service it names only
// by https (by http where plain HTTP was asked for) and only on the registry's host or a host of the same domain.
class Authorizer {
 public:
  struct Place {
    net::Url registry;  // its API
    std::string name;   // as people write it: "docker.io"
    std::string repository;
    Access access = Access::pull;
    bool plain_http = false;
  };
  struct Ticket {
    std::string field;  // of Authorization; empty = none is needed so far
    unsigned number = 0;
  };

  // All references outlive it.
  Authorizer(Place place, net::HttpClient& client, CredentialStore store, net::RetryPolicy policy, Clock& clock);

  Ticket current() const;
  // Gets the next ticket after a response 401 to a request sent with `used`; returns at once if another thread did.
  // Throws reason::kLogin, kUnsafeAuth.
  void renew(const net::Headers& answer, const Ticket& used, const std::stop_token& stop);
  // The same where the response is out of reach, by what the registry asked for last. False if it never asked.
  bool renew_again(const Ticket& used, const std::stop_token& stop);

  // "registry R refuses access to repository X: <detail>", with what to do.
  Error refusal(std::string_view detail) const;

 private:
  std::string make_field(const std::vector<AuthChallenge>& challenges, const std::stop_token& stop) const;
  std::string basic() const;
  std::string bearer(const AuthChallenge& challenge, const std::stop_token& stop) const;
  net::HttpRequest make_token_request(const net::Url& realm, const std::string& service,
                                      const std::optional<Credentials>& credentials) const;
  std::optional<Credentials> credentials_for(const net::Url& realm) const;
  void check_realm(const net::Url& realm) const;

  Place place_;
  net::HttpClient& client_;
  CredentialStore store_;
  net::RetryPolicy policy_;
  Clock& clock_;
  mutable std::mutex mutex_;
  Ticket ticket_;
  std::vector<AuthChallenge> asked_;  // last
};

// Whether a token service on `realm` may see credentials for `registry`: the same host, or host names that share all
// but their first label, or the last two labels; addresses only if equal. Both without port, in lower case.
bool may_share_credentials(const std::string& registry, const std::string& realm);

}  // namespace cairn::oci
