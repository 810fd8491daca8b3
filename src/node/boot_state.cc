// SPDX-License-Identifier: Apache-2.0
#include "node/boot_state.h"

#include "core/file.h"
#include "node/reasons.h"

namespace cairn::node {
namespace {

constexpr std::uint64_t kFormat = 1;
constexpr std::size_t kMaxStateSize = 64 * 1024;

BootMode parse_mode(const JsonCursor& mode) {
  const auto known = find_boot_mode(mode.text());
  if (!known || *known == BootMode::other) throw mode.error("no mode of a boot");
  return *known;
}

BootState::Medium parse_medium(const JsonCursor& medium) {
  return {.id = medium.at("id").text(),
          .kind = medium.at("kind").text(),
          .label = medium.at("label").text(),
          .device = medium.at("device").text()};
}

BootState::Installed parse_installed(const JsonCursor& installed) {
  const JsonCursor esp = installed.at("esp");
  const auto id = disk::Guid::try_parse(esp.text());
  if (!id) throw esp.error("not a PARTUUID");
  return {.esp = *id,
          .disk = installed.at("disk").text(),
          .snapshot = static_cast<boot::SnapshotNumber>(installed.at("snapshot").count(boot::kMaxSnapshot)),
          .fallback = installed.at("fallback").boolean()};
}

std::vector<BootState::FailedVolume> parse_failed(const JsonCursor& root) {
  std::vector<BootState::FailedVolume> failed;
  const auto list = root.find("failedVolumes");
  if (!list) return failed;
  for (const JsonCursor& item : list->items()) failed.push_back({item.at("path").text(), item.at("why").text()});
  return failed;
}

template <class Part>
json::value to_json_or_null(const std::optional<Part>& part) {
  return part ? json::value(to_json(*part)) : json::value(nullptr);
}

}  // namespace

json::object to_json(const BootState::Medium& medium) {
  return {{"id", medium.id}, {"kind", medium.kind}, {"label", medium.label}, {"device", medium.device}};
}

json::object to_json(const BootState::Installed& installed) {
  return {{"esp", installed.esp.text()},
          {"disk", installed.disk},
          {"snapshot", installed.snapshot},
          {"fallback", installed.fallback}};
}

json::array to_json(const std::vector<BootState::FailedVolume>& failed) {
  json::array list;
  for (const auto& volume : failed) list.push_back(json::object{{"path", volume.path}, {"why", volume.why}});
  return list;
}

json::object to_json(const BootState& state) {
  return {{"format", kFormat},
          {"mode", to_string(state.mode)},
          {"image", to_json(state.image)},
          {"medium", to_json_or_null(state.medium)},
          {"installed", to_json_or_null(state.installed)},
          {"failedVolumes", to_json(state.failed_volumes)},
          {"cairn", state.cairn}};
}

BootState parse_boot_state(std::string_view text, std::string_view name) {
  json::value document;
  try {
    document = parse_json(text, name);
  } catch (const Error& error) {  // recovers nothing: whose document it is decides the code
    throw Error(reason::kBadState, "{}", error.what());
  }
  const JsonCursor root(document, name, reason::kBadState);
  root.at("format").count(kFormat);
  BootState state{.mode = parse_mode(root.at("mode")),
                  .image = read_image_identity(root.at("image")),
                  .cairn = root.at("cairn").text(),
                  .failed_volumes = parse_failed(root)};
  if (is_installed(state.mode)) {
    state.installed = parse_installed(root.at("installed"));
  } else {
    state.medium = parse_medium(root.at("medium"));
  }
  return state;
}

std::optional<BootState> find_boot_state(const std::filesystem::path& path) {
  std::string text;
  try {
    text = read_file(path, kMaxStateSize);
  } catch (const Error& error) {  // no record is an answer, too
    if (error.kind() == ErrorKind::not_found) return std::nullopt;
    throw;
  }
  return parse_boot_state(text, path.string());
}

}  // namespace cairn::node
