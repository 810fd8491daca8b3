// SPDX-License-Identifier: Apache-2.0
#include "node/boot_state.h"

#include "core/file.h"
#include "node/reasons.h"

namespace cairn::node {
namespace {

constexpr std::uint64_t kFormat = 1;
constexpr std::size_t kMaxStateSize = 64 * 1024;

BootMode parse_mode(const JsonCursor& mode) {
  const std::string text = mode.text();
  for (const BootMode known : {BootMode::live, BootMode::netboot}) {
    if (text == to_string(known)) return known;
  }
  throw mode.error("neither live nor netboot");
}

}  // namespace

json::object to_json(const BootState::Medium& medium) {
  return {{"id", medium.id}, {"kind", medium.kind}, {"label", medium.label}, {"device", medium.device}};
}

json::object to_json(const BootState& state) {
  return {{"format", kFormat},
          {"mode", to_string(state.mode)},
          {"image", to_json(state.image)},
          {"medium", to_json(state.medium)},
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
  const JsonCursor medium = root.at("medium");
  return {.mode = parse_mode(root.at("mode")),
          .medium = {.id = medium.at("id").text(),
                     .kind = medium.at("kind").text(),
                     .label = medium.at("label").text(),
                     .device = medium.at("device").text()},
          .image = read_image_identity(root.at("image")),
          .cairn = root.at("cairn").text()};
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
