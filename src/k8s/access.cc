// SPDX-License-Identifier: Apache-2.0
#include "k8s/access.h"

#include "core/base64.h"
#include "core/file.h"
#include "core/reasons.h"
#include "core/text.h"
#include "core/yaml.h"
#include "k8s/reasons.h"

#include <fmt/core.h>

#include <chrono>
#include <mutex>

namespace cairn::k8s {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostBytes = 1 << 20;
constexpr std::chrono::seconds kTokenAge{60};

// One file with its folder, and the entries it names.
class Kubeconfig {
 public:
  explicit Kubeconfig(const fs::path& file)
      : file_(file), document_(parse_yaml(read_file(file, kMostBytes), file.string())) {}

  Access context(std::string_view wanted) const {
    std::string name(wanted);
    if (name.empty()) {
      if (const Yaml* current = find(document_, "current-context")) name = current->text();
    }
    if (name.empty()) throw bad("it has no current-context, and no context was named");
    const Yaml& context = entry("contexts", "context", name);
    Access access;
    if (const Yaml* space = find(context, "namespace"); space != nullptr && !space->text().empty()) {
      access.name_space = space->text();
    }
    read_cluster(entry("clusters", "cluster", context.at("cluster").text()), access);
    const Yaml* user = find(context, "user");
    if (user != nullptr && !user->text().empty()) read_user(entry("users", "user", user->text()), user->text(), access);
    return access;
  }

 private:
  Error bad(std::string_view problem) const { return {reason::kBadConfig, "{}: {}", file_.string(), problem}; }

  // A member that is there and not null.
  static const Yaml* find(const Yaml& mapping, std::string_view key) {
    if (mapping.kind() != Yaml::Kind::mapping) return nullptr;
    const Yaml* value = mapping.find(key);
    return value == nullptr || value->is_null() ? nullptr : value;
  }

  const Yaml& entry(std::string_view list, std::string_view member, const std::string& name) const {
    if (const Yaml* entries = find(document_, list)) {
      for (const Yaml& item : entries->items()) {
        if (item.at("name").text() == name) return item.at(member);
      }
    }
    throw bad(fmt::format("there is no {} \"{}\"", member, printable(name, 64)));
  }

  fs::path below(const std::string& path) const { return file_.parent_path() / path; }

  // KEY-data (base64) or the file that KEY names; empty if neither.
  std::string data(const Yaml& mapping, const std::string& key) const {
    if (const Yaml* inline_data = find(mapping, key + "-data"); inline_data && !inline_data->text().empty()) {
      const auto bytes = decode_base64(inline_data->text());
      if (!bytes) throw bad(key + "-data is no base64");
      return *bytes;
    }
    const Yaml* path = find(mapping, key);
    return path == nullptr || path->text().empty() ? "" : read_file(below(path->text()), kMostBytes);
  }

  void read_cluster(const Yaml& cluster, Access& access) const {
    access.server = with_context(file_.string(), [&] { return net::Url::parse(cluster.at("server").text()); });
    access.tls.ca = data(cluster, "certificate-authority");
    if (const Yaml* name = find(cluster, "tls-server-name")) access.tls.server_name = name->text();
    if (const Yaml* skip = find(cluster, "insecure-skip-tls-verify")) access.verify_tls = !skip->boolean();
    if (const Yaml* proxy = find(cluster, "proxy-url")) access.proxy = proxy->text();
  }

  void read_user(const Yaml& user, const std::string& name, Access& access) const {
    for (const char* plugin : {"exec", "auth-provider"}) {
      if (find(user, plugin) == nullptr) continue;
      throw Error(reason::kPluginRefused, "{}: user \"{}\" gets its credentials by \"{}\"", file_.string(),
                  printable(name, 64), plugin);
    }
    access.tls.certificate = data(user, "client-certificate");
    access.tls.key = Secret(data(user, "client-key"));
    if (access.tls.certificate.empty() != access.tls.key.empty()) {
      throw bad(fmt::format("user \"{}\" has a client certificate or its key, not both", printable(name, 64)));
    }
    if (const Yaml* token = find(user, "token")) access.token = Secret(token->text());
    const Yaml* token_file = find(user, "tokenFile");
    if (token_file != nullptr && access.token.empty()) access.token_file = below(token_file->text());
    if (const Yaml* account = find(user, "username")) access.user = account->text();
    if (const Yaml* password = find(user, "password")) access.password = Secret(password->text());
  }

  fs::path file_;
  Yaml document_;
};

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

}  // namespace

Access load_kubeconfig(const fs::path& file, std::string_view context) {
  try {
    return Kubeconfig(file).context(context);
  } catch (Error& error) {  // recovers nothing: a document of a wrong form is a bad kubeconfig
    if (error.is(cairn::reason::kBadYaml)) throw Error(reason::kBadConfig, "{}", error.message());
    throw;
  }
}

Access load_in_cluster(const Environment& environment, const fs::path& folder) {
  const auto host = environment("KUBERNETES_SERVICE_HOST").value_or("");
  const auto port = environment("KUBERNETES_SERVICE_PORT").value_or("443");
  if (host.empty() || !is_there(folder / "token")) {
    throw Error(reason::kNoConfig, "this is no Pod with a ServiceAccount: {}",
                host.empty() ? "KUBERNETES_SERVICE_HOST is not set" : (folder / "token").string() + " is missing");
  }
  Access access;
  const bool v6 = host.find(':') != std::string::npos;
  access.server = net::Url::parse(fmt::format("https://{}{}{}:{}", v6 ? "[" : "", host, v6 ? "]" : "", port));
  access.tls.ca = read_file(folder / "ca.crt", kMostBytes);
  access.token_file = folder / "token";
  if (is_there(folder / "namespace")) access.name_space = trim(read_file(folder / "namespace", 4096));
  return access;
}

Access find_access(const std::optional<fs::path>& kubeconfig, const Environment& environment) {
  if (kubeconfig) return load_kubeconfig(*kubeconfig);
  const std::string named = environment("KUBECONFIG").value_or("");
  for (const auto& file : split(named, ':')) {
    if (!file.empty() && is_there(file)) return load_kubeconfig(file);
  }
  if (!named.empty()) throw Error(reason::kNoConfig, "no file of KUBECONFIG exists: {}", printable(named));
  if (environment("KUBERNETES_SERVICE_HOST")) return load_in_cluster(environment);
  const fs::path own = fs::path(environment("HOME").value_or("")) / ".kube/config";
  if (is_there(own)) return load_kubeconfig(own);
  throw Error(reason::kNoConfig, "KUBECONFIG is not set, this is no Pod, and {} does not exist", own.string());
}

struct TokenSource::State {
  Secret fixed;
  std::optional<fs::path> file;
  std::mutex mutex;
  Secret last;
  std::optional<std::chrono::steady_clock::time_point> read_at;
};

TokenSource::TokenSource(const Access& access) : state_(std::make_unique<State>()) {
  state_->fixed = access.token;
  state_->file = access.token_file;
}

TokenSource::~TokenSource() = default;

Secret TokenSource::get() {
  if (!state_->file) return state_->fixed;
  const std::scoped_lock lock(state_->mutex);
  const auto now = std::chrono::steady_clock::now();
  if (state_->read_at && now - *state_->read_at < kTokenAge) return state_->last;
  try {
    state_->last = Secret(std::string(trim(read_file(*state_->file, kMostBytes))));
    state_->read_at = now;
  } catch (const Error&) {  // recovers a file that is being replaced: the token we have may still be good
    if (state_->last.empty()) throw;
  }
  return state_->last;
}

void TokenSource::doubt() {
  const std::scoped_lock lock(state_->mutex);
  state_->read_at = std::nullopt;
}

}  // namespace cairn::k8s
