// SPDX-License-Identifier: Apache-2.0
#include "oci/credentials.h"

#include "core/base64.h"
#include "core/file.h"
#include "core/json.h"
#include "core/log.h"
#include "core/reasons.h"
#include "core/text.h"
#include "oci/reasons.h"

#include <algorithm>

namespace cairn::oci {
namespace {

constexpr std::size_t kMaxAuthFile = 1 << 20;
constexpr milliseconds kProgramTimeout{60'000};
constexpr std::string_view kDockerHub = "docker.io";
constexpr std::string_view kDockerHubKey = "https://index.docker.io/v1/";  // docker's own name for it

// "https://index.docker.io/v1/", "registry-1.docker.io" and "docker.io" are one place; other keys lose their scheme,
// the API version that docker once wrote behind them, and slashes.
std::string normal_key(std::string_view key) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (key.starts_with(scheme)) key.remove_prefix(scheme.size());
  }
  while (key.ends_with('/')) key.remove_suffix(1);
  for (const std::string_view version : {"/v1", "/v2"}) {
    if (key.ends_with(version)) key.remove_suffix(version.size());
  }
  if (key == "index.docker.io" || key == "registry-1.docker.io") return std::string(kDockerHub);
  return std::string(key);
}

// The most particular key first: host/team/app, host/team, host.
std::vector<std::string> keys_for(const std::string& registry, const std::string& repository) {
  std::vector<std::string> keys;
  std::string key = normal_key(registry) + "/" + repository;
  while (true) {
    if (!key.ends_with('/')) keys.push_back(key);
    const std::size_t slash = key.rfind('/');
    if (slash == std::string::npos) return keys;
    key.resize(slash);
  }
}

std::optional<std::string> find_text(const JsonCursor& object, std::string_view key) {
  const auto member = object.find(key);
  if (!member) return std::nullopt;
  std::string text = member->text();
  return text.empty() ? std::nullopt : std::optional(std::move(text));
}

std::optional<Credentials> read_entry(const JsonCursor& entry) {
  Credentials credentials;
  if (const auto token = find_text(entry, "identitytoken")) credentials.identity_token = Secret(*token);
  if (const auto auth = find_text(entry, "auth")) {
    const auto decoded = decode_base64(*auth);
    const std::size_t colon = decoded ? decoded->find(':') : std::string::npos;
    if (colon == std::string::npos) throw entry.at("auth").error("expected base64 of USER:PASSWORD");
    credentials.user = decoded->substr(0, colon);
    // Old versions of docker ended the password with NULs.
    std::string password = decoded->substr(colon + 1);
    while (password.ends_with('\0')) password.pop_back();
    credentials.password = Secret(std::move(password));
  } else {
    credentials.user = find_text(entry, "username").value_or("");
    credentials.password = Secret(find_text(entry, "password").value_or(""));
  }
  // docker leaves an empty entry behind when a credsStore keeps the secret.
  if (credentials.user.empty() && credentials.identity_token.empty()) return std::nullopt;
  return credentials;
}

// The member of `object` whose key is the first of `keys`.
std::optional<JsonCursor> find_key(const JsonCursor& object, const std::vector<std::string>& keys) {
  const auto members = object.members();
  for (const std::string& key : keys) {
    const auto at = std::find_if(members.begin(), members.end(),
                                 [&](const auto& member) { return normal_key(member.first) == key; });
    if (at != members.end()) return at->second;
  }
  return std::nullopt;
}

void check_program_name(const std::string& name, const JsonCursor& cursor) {
  const bool plain = !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
  if (!plain) throw cursor.error("expected the name of a credential program: letters, digits, - and _");
}

}  // namespace

CredentialStore::CredentialStore(std::optional<std::filesystem::path> file, Environment environment, Runner& runner)
    : file_(std::move(file)), environment_(std::move(environment)), runner_(runner) {}

std::vector<CredentialStore::Place> CredentialStore::places() const {
  if (file_) return {{*file_, true}};
  if (const auto named = environment_("REGISTRY_AUTH_FILE")) return {{*named, true}};
  std::vector<Place> places;
  if (const auto run = environment_("XDG_RUNTIME_DIR")) {
    places.push_back({std::filesystem::path(*run) / "containers/auth.json", false});
  }
  if (const auto docker = environment_("DOCKER_CONFIG")) {
    places.push_back({std::filesystem::path(*docker) / "config.json", false});
  } else if (const auto home = environment_("HOME")) {
    places.push_back({std::filesystem::path(*home) / ".docker/config.json", false});
  }
  return places;
}

std::optional<Credentials> CredentialStore::find(const std::string& registry, const std::string& repository) const {
  const auto keys = keys_for(registry, repository);
  for (const Place& place : places()) {
    if (auto found = find_in(place, keys)) return found;
  }
  return std::nullopt;
}

std::optional<Credentials> CredentialStore::find_in(const Place& place, const std::vector<std::string>& keys) const {
  std::error_code unreachable;
  if (!place.required && !std::filesystem::exists(place.path, unreachable)) return std::nullopt;
  const std::string name = place.path.string();
  const json::value value = parse_json(read_file(place.path, kMaxAuthFile), name);
  const JsonCursor document(value, name, reason::kBadAuthFile);
  const std::string& host = keys.back();
  if (const auto programs = document.find("credHelpers")) {
    if (const auto program = find_key(*programs, {host})) {
      check_program_name(program->text(), *program);
      return ask_program(program->text(), host, place.path);
    }
  }
  if (const auto auths = document.find("auths")) {
    if (const auto entry = find_key(*auths, keys)) {
      if (auto credentials = read_entry(*entry)) return credentials;
    }
  }
  const auto store = document.find("credsStore");
  if (!store || store->text().empty()) return std::nullopt;
  check_program_name(store->text(), *store);
  try {
    return ask_program(store->text(), host, place.path);
  } catch (const Error& error) {  // recovers a default store that was uninstalled: public images need no login
    if (!error.is(cairn::reason::kToolMissing)) throw;
    log::warning("credential store is not installed", {{"file", name}, {"store", store->text()}});
    return std::nullopt;
  }
}

// docker-credential-helpers: the registry on standard input, {"Username", "Secret"} on standard output; the user
// "<token>" says that the secret is an identity token.
std::optional<Credentials> CredentialStore::ask_program(const std::string& name, const std::string& registry,
                                                        const std::filesystem::path& file) const {
  const std::string program = "docker-credential-" + name;
  TextSink output;
  try {
    runner_.run({.program = program,
                 .args = {"get"},
                 .input = registry == kDockerHub ? std::string(kDockerHubKey) : registry,
                 .output = &output,
                 .timeout = kProgramTimeout});
  } catch (Error& error) {  // recovers "there are none", which these programs tell by failing
    if (output.text().find("credentials not found") != std::string::npos) return std::nullopt;
    error.add_context(fmt::format("{} names {}", file.string(), program));
    throw;
  }
  const json::value value = parse_json(output.text(), fmt::format("the answer of {}", program));
  const JsonCursor answer(value, fmt::format("the answer of {}", program), reason::kBadAuthFile);
  Credentials credentials{
      .user = answer.at("Username").text(), .password = Secret(answer.at("Secret").text()), .identity_token = {}};
  if (credentials.user == "<token>") {
    credentials.identity_token = std::exchange(credentials.password, {});
    credentials.user.clear();
  }
  return credentials;
}

}  // namespace cairn::oci
