// SPDX-License-Identifier: Apache-2.0
#include "oci/authorizer.h"

#include "core/base64.h"
#include "core/json.h"
#include "core/log.h"
#include "core/text.h"
#include "oci/reasons.h"

#include <algorithm>

namespace cairn::oci {
namespace {

constexpr std::size_t kMaxTokenAnswer = 1 << 20;
constexpr std::string_view kClientId = "cairn";

// RFC 3986 section 2.1: everything but unreserved characters.
std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    encoded += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

std::string basic_field(const std::string& user, const Secret& password) {
  return "Basic " + encode_base64(user + ":" + password.reveal());
}

std::string parameter(const AuthChallenge& challenge, const std::string& name) {
  const auto at = challenge.parameters.find(name);
  return at == challenge.parameters.end() ? std::string() : at->second;
}

bool is_address(const std::string& host) {
  return host.find(':') != std::string::npos || host.find_first_not_of("0123456789.") == std::string::npos;
}

std::string read_token(net::HttpResponse& response, const std::string& service) {
  const std::string what = fmt::format("the answer of the token service {}", service);
  const json::value value = parse_json(read_text(*response.body, kMaxTokenAnswer, what), what);
  const JsonCursor answer(value, what, reason::kRegistry);
  const auto token = answer.find("token");
  return token ? token->text() : answer.at("access_token").text();
}

}  // namespace

bool may_share_credentials(const std::string& registry, const std::string& realm) {
  if (registry == realm) return true;
  if (is_address(registry) || is_address(realm)) return false;
  const auto registry_labels = split(registry, '.');
  const auto realm_labels = split(realm, '.');
  if (registry_labels.size() < 2 || realm_labels.size() < 2) return false;
  return std::equal(registry_labels.end() - 2, registry_labels.end(), realm_labels.end() - 2);
}

Authorizer::Authorizer(Place place, net::HttpClient& client, CredentialStore store, net::RetryPolicy policy,
                       Clock& clock)
    : place_(std::move(place)), client_(client), store_(std::move(store)), policy_(policy), clock_(clock) {}

Authorizer::Ticket Authorizer::current() const {
  const std::scoped_lock lock(mutex_);
  return ticket_;
}

Error Authorizer::refusal(std::string_view detail) const {
  Error error(reason::kLogin, "registry {} refuses access to repository {}: {}", place_.name, place_.repository,
              detail);
  error.set_remedy(fmt::format(
      "Log in with `docker login {0}` or `podman login {0}`, or name a file with credentials by --auth-file; "
      "check that the repository exists and that the account may {1}.",
      place_.name, place_.access == Access::push ? "write to it" : "read it"));
  return error;
}

void Authorizer::renew(const net::Headers& answer, const Ticket& used, const std::stop_token& stop) {
  // One thread asks, the others wait here and then find its ticket.
  const std::scoped_lock lock(mutex_);
  if (ticket_.number != used.number) return;
  asked_ = parse_challenges(answer);
  std::string field = make_field(asked_, stop);
  // Asking again with what was refused leads nowhere.
  if (field == used.field) throw refusal("the credentials are wrong or may not do this");
  ticket_ = {.field = std::move(field), .number = used.number + 1};
}

bool Authorizer::renew_again(const Ticket& used, const std::stop_token& stop) {
  const std::scoped_lock lock(mutex_);
  if (asked_.empty()) return false;
  if (ticket_.number == used.number) ticket_ = {.field = make_field(asked_, stop), .number = used.number + 1};
  return true;
}

std::string Authorizer::make_field(const std::vector<AuthChallenge>& challenges, const std::stop_token& stop) const {
  const auto find = [&](std::string_view scheme) {
    return std::find_if(challenges.begin(), challenges.end(), [&](const auto& c) { return c.scheme == scheme; });
  };
  if (const auto token = find("bearer"); token != challenges.end()) return bearer(*token, stop);
  if (find("basic") != challenges.end()) return basic();
  throw refusal(challenges.empty() ? "it says 401 and not how to log in"
                                   : fmt::format("it wants a login by \"{}\", which is not known",
                                                 printable(challenges.front().scheme, 40)));
}

std::string Authorizer::basic() const {
  const auto credentials = store_.find(place_.name, place_.repository);
  if (!credentials || credentials->user.empty()) throw refusal("it wants a login, and no credentials are known for it");
  return basic_field(credentials->user, credentials->password);
}

void Authorizer::check_realm(const net::Url& realm) const {
  if (realm.scheme == "https") return;
  if (place_.plain_http && place_.registry.scheme == "http") return;
  throw Error(reason::kUnsafeAuth, "registry {} names the token service {}, which is not https", place_.name,
              realm.to_public_text());
}

std::optional<Credentials> Authorizer::credentials_for(const net::Url& realm) const {
  if (may_share_credentials(place_.registry.host, realm.host)) return store_.find(place_.name, place_.repository);
  // Somebody who logs in at the token service itself has said that it may have these.
  auto own = store_.find(realm.authority(), "");
  if (!own && store_.find(place_.name, place_.repository)) {
    log::warning("credentials are kept back: the token service is on a foreign host",
                 {{"registry", place_.name}, {"service", realm.authority()}});
  }
  return own;
}

net::HttpRequest Authorizer::make_token_request(const net::Url& realm, const std::string& service,
                                                const std::optional<Credentials>& credentials) const {
  const std::string scope =
      fmt::format("repository:{}:{}", place_.repository, place_.access == Access::push ? "pull,push" : "pull");
  net::HttpRequest request{.url = realm};
  request.headers.set("Accept", "application/json");
  if (credentials && !credentials->identity_token.empty()) {
    // OAuth2, RFC 6749 section 6. The body holds the secret: it must not follow a redirect.
    request.method = "POST";
    request.max_redirects = 0;
    request.headers.set("Content-Type", "application/x-www-form-urlencoded");
    request.body = fmt::format("grant_type=refresh_token&service={}&client_id={}&scope={}&refresh_token={}",
                               percent_encoded(service), kClientId, percent_encoded(scope),
                               percent_encoded(credentials->identity_token.reveal()));
    return request;
  }
  std::string& target = request.url.target;
  target += target.find('?') == std::string::npos ? '?' : '&';
  if (!service.empty()) target += "service=" + percent_encoded(service) + "&";
  target += "scope=" + percent_encoded(scope);
  if (credentials) {
    target += "&account=" + percent_encoded(credentials->user);
    request.headers.set("Authorization", basic_field(credentials->user, credentials->password));
  }
  return request;
}

// The token flow of distribution ("Token Authentication Specification" and its OAuth2 form).
std::string Authorizer::bearer(const AuthChallenge& challenge, const std::stop_token& stop) const {
  const std::string realm_text = parameter(challenge, "realm");
  const net::Url realm =
      with_context(fmt::format("registry {}: token service", place_.name), [&] { return net::Url::parse(realm_text); });
  check_realm(realm);
  const auto credentials = credentials_for(realm);
  const auto request = make_token_request(realm, parameter(challenge, "service"), credentials);
  net::HttpResponse response = net::send_with_retries(client_, request, policy_, clock_, stop);
  if (response.status == 200) return "Bearer " + read_token(response, realm.to_public_text());
  const std::string detail = net::http_status_error(request.method, response).message();
  if (response.status == 429) throw Error(reason::kRateLimit, "token service of registry {}: {}", place_.name, detail);
  if (response.status >= 500) throw Error(reason::kRegistry, "token service of registry {}: {}", place_.name, detail);
  throw refusal(credentials ? fmt::format("its token service does not take the credentials ({})", detail)
                            : fmt::format("it wants a login, and no credentials are known for it ({})", detail));
}

}  // namespace cairn::oci
