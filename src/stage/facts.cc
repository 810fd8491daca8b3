// SPDX-License-Identifier: Apache-2.0
#include "stage/facts.h"

#include "core/random.h"
#include "core/text.h"
#include "stage/machine.h"
#include "stage/root.h"

#include <sys/utsname.h>

#include <array>
#include <map>

namespace cairn::stage {
namespace {

constexpr std::size_t kMaxSmallFile = 64 * 1024;
constexpr std::string_view kBootState = "/run/cairn/state.json";

std::string read_trimmed(const Root& root, const std::string& path) {
  const auto text = root.find_file(path, kMaxSmallFile);
  return text ? std::string(trim(*text)) : "";
}

// os-release(5): NAME=value, where the value may be quoted.
std::map<std::string, std::string> read_os_release(const Root& root) {
  auto text = root.find_file("/etc/os-release", kMaxSmallFile);
  if (!text) text = root.find_file("/usr/lib/os-release", kMaxSmallFile);
  std::map<std::string, std::string> values;
  for (const std::string& line : split(text.value_or(""), '\n')) {
    const std::size_t equals = line.find('=');
    if (line.starts_with('#') || equals == std::string::npos) continue;
    std::string_view value = trim(std::string_view(line).substr(equals + 1));
    if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front()) {
      value = value.substr(1, value.size() - 2);
    }
    values[std::string(trim(line.substr(0, equals)))] = value;
  }
  return values;
}

std::vector<std::string> names_of_architecture(const std::string& machine) {
  static constexpr std::array<std::array<std::string_view, 2>, 4> kNames = {
      {{"x86_64", "amd64"}, {"aarch64", "arm64"}, {"armv7l", "arm"}, {"i686", "386"}}};
  for (const auto& names : kNames) {
    if (names[0] == machine) return {std::string(names[0]), std::string(names[1])};
  }
  return {machine};
}

// The member "mode" of the record that the initramfs leaves (docs/formats/state.md).
std::string read_boot_mode(const Root& root) {
  try {
    const auto text = root.find_file(std::string(kBootState), kMaxSmallFile);
    if (!text) return "";
    const json::value state = parse_json(*text, kBootState);
    const json::value* mode = state.is_object() ? state.get_object().if_contains("mode") : nullptr;
    return mode != nullptr && mode->is_string() ? std::string(mode->get_string()) : "";
  } catch (const Error&) {  // a damaged record is as good as none: nothing is read from media then
    return "";
  }
}

std::string find_service_manager(const Root& root) {
  for (const char* path : {"/usr/lib/systemd/systemd", "/lib/systemd/systemd"}) {
    if (root.exists(path)) return "systemd";
  }
  return root.exists("/sbin/openrc") ? "openrc" : "unknown";
}

}  // namespace

Facts gather_facts(const Root& root) {
  utsname kernel{};
  ::uname(&kernel);
  Facts facts;
  facts.hostname = kernel.nodename;
  facts.architectures = names_of_architecture(kernel.machine);
  std::map<std::string, std::string> release = read_os_release(root);
  for (const char* key : {"ID", "NAME", "PRETTY_NAME"}) {
    if (!release[key].empty()) facts.systems.push_back(release[key]);
  }
  for (const std::string& like : split(release["ID_LIKE"], ' ')) {
    if (!like.empty()) facts.systems.push_back(like);
  }
  facts.system_version = release["VERSION_ID"];
  facts.service_manager = find_service_manager(root);
  facts.mode = read_boot_mode(root);

  const std::string machine_id = read_trimmed(root, "/etc/machine-id");
  json::object values = read_machine();
  values["node"] = json::object{{"hostname", facts.hostname}, {"machineid", machine_id}};
  values["os"] = json::object{{"name", release["PRETTY_NAME"]},
                              {"vendor", release["ID"]},
                              {"version", release["VERSION_ID"]},
                              {"release", release["VERSION"]},
                              {"architecture", facts.architectures.back()}};
  values["kernel"] =
      json::object{{"release", kernel.release}, {"version", kernel.version}, {"architecture", kernel.machine}};
  json::object data = {{"UUID", make_uuid()}, {"Random", make_random_text(32, kAlphanumerics)}};
  if (!machine_id.empty()) data["MachineID"] = machine_id;
  values["Random"] = data["Random"];
  data["Values"] = std::move(values);
  facts.template_data = std::move(data);
  return facts;
}

}  // namespace cairn::stage
