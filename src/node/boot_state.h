// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "node/boot_request.h"
#include "node/medium_manifest.h"

#include <filesystem>
#include <optional>
#include <string>

namespace cairn::node {

// How this system was booted, written by the initramfs for everything that runs later (docs/formats/state.md).
struct BootState {
  struct Medium {
    std::string id;
    std::string kind;
    std::string label;
    std::string device;  // "/dev/sr0"; empty when it came over the network
  };

  BootMode mode = BootMode::other;
  Medium medium;
  ImageIdentity image;
  std::string cairn;  // version of the program in the initramfs
};

inline constexpr std::string_view kBootStateFile = "/run/cairn/state.json";

json::object to_json(const BootState::Medium& medium);
json::object to_json(const BootState& state);
// Throws reason::kBadState; `name` stands for the document in errors.
BootState parse_boot_state(std::string_view text, std::string_view name);
// Nothing if there is no such file: the system was not booted by Cairn.
std::optional<BootState> find_boot_state(const std::filesystem::path& path);

}  // namespace cairn::node
