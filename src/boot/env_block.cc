// SPDX-License-Identifier: Apache-2.0
#include "boot/env_block.h"

#include "core/error.h"
#include "core/reasons.h"

#include <algorithm>

namespace cairn::boot {
namespace {

constexpr std::string_view kFirstLine = "# GRUB Environment Block\n";

bool is_name(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

bool is_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~' && c != '\\'; });
}

}  // namespace

std::string compose_env_block(const EnvVariables& variables) {
  std::string block(kFirstLine);
  for (const auto& [name, value] : variables) {
    if (!is_name(name) || !is_value(value)) {
      throw Error(cairn::reason::kInternal, "the variable {} can't be written to an environment block", name);
    }
    block += fmt::format("{}={}\n", name, value);
  }
  block.resize((block.size() + kEnvBlockSize - 1) / kEnvBlockSize * kEnvBlockSize, '#');
  return block;
}

std::optional<EnvVariables> parse_env_block(std::string_view block) {
  if (block.size() % kEnvBlockSize != 0 || !block.starts_with(kFirstLine)) return std::nullopt;
  block.remove_prefix(kFirstLine.size());
  EnvVariables variables;
  while (!block.empty() && block.front() != '#') {
    const std::size_t end = block.find('\n');
    const std::size_t sign = block.find('=');
    if (end == std::string_view::npos || sign > end) return std::nullopt;
    const std::string_view name = block.substr(0, sign);
    const std::string_view value = block.substr(sign + 1, end - sign - 1);
    const auto same = [&](const auto& variable) { return variable.first == name; };
    if (!is_name(name) || !is_value(value) || std::any_of(variables.begin(), variables.end(), same))
      return std::nullopt;
    variables.emplace_back(name, value);
    block.remove_prefix(end + 1);
  }
  if (block.find_first_not_of('#') != std::string_view::npos) return std::nullopt;
  return variables;
}

}  // namespace cairn::boot
