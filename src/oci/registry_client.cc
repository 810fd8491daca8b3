// SPDX-License-Identifier: Apache-2.0
#include "oci/registry_client.h"

#include "core/text.h"
#include "net/reasons.h"
#include "oci/reasons.h"

namespace cairn::oci {
namespace {

// Docker Hub's images are named by one host and served by another.
std::string api_host(const std::string& registry) {
  return registry == "docker.io" ? "registry-1.docker.io" : registry;
}

net::Url base_url(const Reference& reference, const SourceOptions& options) {
  return net::Url::parse((options.plain_http ? "http://" : "https://") + api_host(reference.registry) + "/v2/");
}

net::HttpOptions http_options(const SourceOptions& options, const RegistryWorld& world) {
  net::HttpOptions http;
  http.ca_file = options.ca_file;
  http.verify_tls = options.verify_tls;
  http.environment = world.environment;
  return http;
}

bool is_denied(const Error& error) { return error.is(net::reason::kHttpDenied); }

}  // namespace

// A body that goes on with a new token where the old one expired.
class RegistryBody final : public Source {
 public:
  RegistryBody(RegistryClient& client, net::Url url, std::uint64_t offset, std::stop_token stop)
      : client_(client), url_(std::move(url)), position_(offset), stop_(std::move(stop)) {
    explained([this] { renewing([this] { open(); }); });
  }

  std::size_t read(MutableBytes out) override {
    std::size_t count = 0;
    explained([&] {
      renewing([&] {
        if (!body_) open();
        count = body_->read(out);
      });
    });
    position_ += count;
    return count;
  }

 private:
  void open() {
    net::HttpRequest request{.url = url_};
    ticket_ = client_.authorizer_.current();
    if (!ticket_.field.empty()) request.headers.set("Authorization", ticket_.field);
    body_ =
        net::open_resumable(client_.client_, std::move(request), position_, client_.policy(), client_.clock(), stop_);
  }

  template <class Step>
  void explained(Step&& step) const {
    try {
      step();
    } catch (const Error& error) {  // recovers nothing: says it in the words of registries
      const std::string_view code = error.reason().code;
      if (code == net::reason::kHttpDenied.code) throw client_.authorizer_.refusal(error.message());
      if (code != net::reason::kHttpNotFound.code) throw;
      throw Error(reason::kNoSuchImage, "repository {} lacks a blob that its manifest names ({})", client_.repository(),
                  error.message())
          .set_remedy("Push the image again: its upload was not complete, or the registry lost a part of it.");
    }
  }

  // Twice: the ticket that another thread got in the meantime may be old again.
  template <class Step>
  void renewing(Step&& step) {
    constexpr int kRenewals = 2;
    for (int renewals = 0;; ++renewals) {
      try {
        step();
        return;
      } catch (const Error& error) {  // recovers a ticket that expired
        if (!is_denied(error) || renewals == kRenewals) throw;
      }
      body_.reset();
      renew();
    }
  }

  void renew() {
    if (client_.authorizer_.renew_again(ticket_, stop_)) return;
    // HEAD asks the same without a body; answering its 401 brings the first ticket.
    net::HttpResponse response = client_.send({.method = "HEAD", .url = url_}, stop_);
    if (response.status >= 400) throw client_.failure("HEAD", "blob", response);
  }

  RegistryClient& client_;
  net::Url url_;
  std::uint64_t position_;
  std::stop_token stop_;
  std::unique_ptr<Source> body_;
  Authorizer::Ticket ticket_;
};

RegistryClient::RegistryClient(const Reference& reference, const SourceOptions& options, Access access,
                               const RegistryWorld& world)
    : reference_(reference),
      options_(options),
      world_(world),
      base_(base_url(reference, options)),
      client_(http_options(options, world)),
      authorizer_({.registry = base_,
                   .name = reference.registry,
                   .repository = reference.repository,
                   .access = access,
                   .plain_http = options.plain_http},
                  client_, CredentialStore(options.auth_file, world.environment, *world.runner), world.policy,
                  *world.clock) {}

net::Url RegistryClient::url(std::string_view path) const {
  net::Url url = base_;
  url.target += fmt::format("{}/{}", reference_.repository, path);
  return url;
}

net::HttpResponse RegistryClient::send_once(net::HttpRequest request, const std::stop_token& stop, Repeat repeat) {
  // Another host that an upload or a redirect leads to gets no ticket of ours.
  const bool ours = request.url.same_origin(base_);
  for (bool renewed = false;; renewed = true) {
    const Authorizer::Ticket ticket = ours ? authorizer_.current() : Authorizer::Ticket{};
    if (!ticket.field.empty()) request.headers.set("Authorization", ticket.field);
    net::HttpResponse response = repeat == Repeat::never
                                     ? client_.send(request, stop)
                                     : net::send_with_retries(client_, request, world_.policy, *world_.clock, stop);
    const bool asked = response.status == 401 && ours && response.url.same_origin(base_);
    if (!asked) return response;
    if (renewed) throw authorizer_.refusal("the credentials are wrong or may not do this");
    authorizer_.renew(response.headers, ticket, stop);
  }
}

net::HttpResponse RegistryClient::send(net::HttpRequest request, const std::stop_token& stop, Repeat repeat) {
  try {
    return send_once(std::move(request), stop, repeat);
  } catch (Error& error) {  // recovers nothing: says what is particular to registries
    throw explain(std::move(error));
  }
}

std::unique_ptr<Source> RegistryClient::open(const std::string& path, std::uint64_t offset,
                                             const std::stop_token& stop) {
  return std::make_unique<RegistryBody>(*this, url(path), offset, stop);
}

Error RegistryClient::explain(Error error) const {
  if (error.is(net::reason::kTls) && !options_.plain_http) {
    error.set_remedy(fmt::format(
        "Give the certificate authority of {} with --ca-file; if it really speaks plain HTTP, allow that with "
        "--plain-http.",
        reference_.registry));
  }
  error.add_context(fmt::format("registry {}", reference_.registry));
  return error;
}

Error RegistryClient::failure(std::string_view method, std::string_view what, net::HttpResponse& response) const {
  const int status = response.status;
  const std::string detail = net::http_status_error(method, response).message();
  if (status == 401 || status == 403) return authorizer_.refusal(detail);
  if (status == 404) {
    Error error(reason::kNoSuchImage, "registry {} has no {} in repository {} ({})", reference_.registry, what,
                reference_.repository, detail);
    return error.set_remedy("Check repository and tag; a registry may also hide what the account may not see.");
  }
  if (status == 429) {
    return Error(reason::kRateLimit, "registry {} limits requests to repository {} ({})", reference_.registry,
                 reference_.repository, detail);
  }
  return Error(reason::kRegistry, "registry {}, repository {}, {}: {}", reference_.registry, reference_.repository,
               what, detail);
}

}  // namespace cairn::oci
