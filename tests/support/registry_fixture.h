// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base64.h"
#include "oci/registry_client.h"
#include "oci/sources.h"
#include "support/fake_clock.h"
#include "support/fake_registry.h"

#include <gtest/gtest.h>

#include <atomic>

// What the tests of pulling and pushing share.
namespace cairn::oci {

using cairn::testing::FakeClock;
using cairn::testing::FakeRegistry;
using cairn::testing::HttpServer;
using cairn::testing::make_noise;
using cairn::testing::make_sample_image;
using cairn::testing::make_tar;
using cairn::testing::SampleImage;
using cairn::testing::ServerRequest;
using cairn::testing::ServerResponse;
using cairn::testing::TempTree;

struct Refusal {
  std::string_view code = "";
  std::string text = "nothing was refused";
  std::string remedy;
};

inline Refusal refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return {error.reason().code, error.what(), std::string(error.remedy())};
  }
  return {};
}

class RegistryTest : public ::testing::Test {
 protected:
  RegistryWorld world() {
    return {.clock = &clock_, .environment = [this](const std::string& name) -> std::optional<std::string> {
              return name == "REGISTRY_AUTH_FILE" ? auth_file_ : std::nullopt;
            }};
  }
  SourceOptions options() {
    return {.cache_directory = tree_.path("cache"), .plain_http = true, .stop = stop_.get_token()};
  }
  std::unique_ptr<ImageSource> source(const FakeRegistry& registry, const std::string& key = ":v1") {
    return make_registry_source(Reference::parse(registry.name() + key), options(), world());
  }
  void log_in(const std::string& host, const std::string& entry) {
    auth_file_ = tree_.write("auth.json", R"({"auths":{")" + host + "\":" + entry + "}}");
  }
  static std::string login(const std::string& text) { return R"({"auth":")" + encode_base64(text) + "\"}"; }
  static std::string read(ImageSource& from, const Descriptor& blob) {
    return read_text(*from.open_blob(blob), 64 << 20, "blob");
  }

  TempTree tree_;
  FakeClock clock_;
  std::stop_source stop_;
  std::optional<std::string> auth_file_;
  SampleImage image_ = make_sample_image({make_tar({{"noise", make_noise(200'000)}}), make_tar({{"b", "two"}})});
};

// A registry that wants tokens, and its token service.
class TokenRegistry {
 public:
  // `host` is where the realm says that the service is; empty: this server.
  explicit TokenRegistry(const std::string& realm = "")
      : registry([this, realm](const ServerRequest& request) { return answer(request, realm); }) {}

  std::optional<ServerResponse> answer(const ServerRequest& request, const std::string& realm) {
    if (request.target.starts_with("/token")) {
      if (!wanted.empty() && request.header("Authorization") != "Basic " + encode_base64(wanted)) {
        return ServerResponse{.status = 401};
      }
      if (!refresh.empty() && request.body.find("refresh_token=" + refresh) == std::string::npos) {
        return ServerResponse{.status = 401};
      }
      return ServerResponse{.body = R"({"token":"ticket-)" + std::to_string(++tokens) + R"("})"};
    }
    const bool valid = request.header("Authorization") == "Bearer ticket-" + std::to_string(tokens);
    if (valid && tokens > 0 && uses_left-- > 0) return std::nullopt;
    uses_left = uses_per_token;
    if (valid) ++expired;
    const std::string place = realm.empty() ? registry.url("/token") : realm;
    return ServerResponse{.status = 401,
                          .headers = {{"WWW-Authenticate", "Bearer realm=\"" + place + R"(",service="my registry")"}}};
  }

  std::string wanted = "";   // user:password that the token service asks for
  std::string refresh = "";  // identity token that it asks for
  int uses_per_token = 1000;
  std::atomic<int> uses_left{1000};
  std::atomic<int> tokens{0};
  std::atomic<int> expired{0};
  FakeRegistry registry;
};

}  // namespace cairn::oci
