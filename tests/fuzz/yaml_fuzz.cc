// SPDX-License-Identifier: Apache-2.0
// A YAML document: accepted or refused within its bounds; every scalar answers or refuses each question asked of it.
#include "core/yaml.h"
#include "fuzz_input.h"

namespace {

void ask(const cairn::Yaml& node) {
  using cairn::fuzz::allow_refusal;
  if (node.kind() == cairn::Yaml::Kind::sequence) {
    for (const cairn::Yaml& item : node.items()) ask(item);
  } else if (node.kind() == cairn::Yaml::Kind::mapping) {
    for (const auto& [key, value] : node.members()) ask(value);
  } else {
    allow_refusal([&] { static_cast<void>(node.integer()); });
    allow_refusal([&] { static_cast<void>(node.boolean()); });
    allow_refusal([&] { static_cast<void>(node.mode()); });
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  cairn::fuzz::allow_refusal([&] { ask(cairn::parse_yaml(cairn::fuzz::text_of(data, size), "input")); });
  return 0;
}
