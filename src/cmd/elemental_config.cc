// SPDX-License-Identifier: Apache-2.0
#include "cmd/elemental_config.h"

#include "core/file.h"
#include "core/text.h"
#include "core/yaml.h"

#include <algorithm>

namespace cairn::cmd {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxConfig = 1 << 20;
constexpr std::string_view kPrefix = "ELEMENTAL_";

std::string join_members(const Yaml& item) {
  std::string text;
  for (const auto& [key, value] : item.members()) {
    if (value.kind() != Yaml::Kind::scalar) continue;  // flags of a partition
    text += fmt::format("{}{}={}", text.empty() ? "" : ",", to_lower(key), value.text());
  }
  return text;
}

void flatten(const Yaml& value, const std::string& key, const std::string& name,
             std::vector<ElementalSetting>& settings) {
  if (value.kind() == Yaml::Kind::mapping) {
    for (const auto& [member, inner] : value.members()) {
      flatten(inner, key.empty() ? member : key + "." + member, name, settings);
    }
    return;
  }
  ElementalSetting setting{
      .key = key, .values = {}, .origin = fmt::format("{}:{}:{}", name, value.line(), value.column())};
  if (value.kind() == Yaml::Kind::sequence) {
    for (const Yaml& item : value.items()) {
      if (item.kind() == Yaml::Kind::mapping) setting.values.push_back(join_members(item));
      if (item.kind() == Yaml::Kind::scalar) setting.values.push_back(item.text());
    }
  } else if (!value.is_null()) {
    setting.values.push_back(value.text());
  } else {
    return;
  }
  settings.push_back(std::move(setting));
}

void load(const fs::path& path, std::vector<ElementalSetting>& settings) {
  std::string text;
  try {
    text = read_file(path, kMaxConfig);
  } catch (const Error& error) {  // no configuration is the usual case
    if (error.kind() == ErrorKind::not_found) return;
    throw;
  }
  auto more = parse_elemental_config(text, path.string());
  settings.insert(settings.end(), std::move_iterator(more.begin()), std::move_iterator(more.end()));
}

}  // namespace

std::vector<ElementalSetting> parse_elemental_config(std::string_view text, const std::string& name) {
  std::vector<ElementalSetting> settings;
  const Yaml document = parse_yaml(text, name);
  if (document.is_null()) return settings;
  document.members();  // throws at its place if the document is something else
  flatten(document, "", name, settings);
  return settings;
}

std::vector<ElementalSetting> load_elemental_config(const fs::path& folder, std::string_view file) {
  std::vector<ElementalSetting> settings;
  load(folder / file, settings);
  std::vector<fs::path> more;
  std::error_code failure;
  for (fs::directory_iterator it(folder / "config.d", failure), end; !failure && it != end; it.increment(failure)) {
    if (it->path().extension() == ".yaml") more.push_back(it->path());
  }
  std::sort(more.begin(), more.end());
  for (const fs::path& path : more) load(path, settings);
  return settings;
}

std::map<std::string, std::string> elemental_variables(const char* const* environment) {
  std::map<std::string, std::string> variables;
  for (; environment != nullptr && *environment != nullptr; ++environment) {
    const std::string_view entry(*environment);
    const std::size_t equals = entry.find('=');
    if (!entry.starts_with(kPrefix) || equals == std::string_view::npos) continue;
    variables[std::string(entry.substr(kPrefix.size(), equals - kPrefix.size()))] = entry.substr(equals + 1);
  }
  return variables;
}

}  // namespace cairn::cmd
