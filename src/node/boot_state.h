// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "node/boot_request.h"
#include "node/medium_manifest.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace cairn::node {

// How this system was booted, written by the initramfs for everything that runs later (docs/formats/state.md).
struct BootState {
  struct Medium {
    std::string id;
    std::string kind;
    std::string label;
    std::string device;  // "/dev/sr0"; empty when it came over the network
  };
  struct Installed {
    disk::Guid esp = {};  // PARTUUID of the ESP: the one lasting name of the disk
    std::string disk;     // its device at boot: "/dev/sda"
    boot::SnapshotNumber snapshot = 0;
    bool fallback = false;  // the loader passed over one that should have started
  };
  // What should have been mounted and was not; the system runs without it.
  struct FailedVolume {
    std::string path;  // where it belongs: "/oem"
    std::string why;
  };

  BootMode mode = BootMode::other;
  std::optional<Medium> medium = std::nullopt;        // live, netboot
  std::optional<Installed> installed = std::nullopt;  // active, passive, recovery
  ImageIdentity image;
  std::string cairn;  // version of the program in the initramfs
  std::vector<FailedVolume> failed_volumes = {};
};

inline constexpr std::string_view kBootStateFile = "/run/cairn/state.json";

json::object to_json(const BootState::Medium& medium);
json::object to_json(const BootState::Installed& installed);
json::array to_json(const std::vector<BootState::FailedVolume>& failed);
json::object to_json(const BootState& state);
// Throws reason::kBadState; `name` stands for the document in errors.
BootState parse_boot_state(std::string_view text, std::string_view name);
// Nothing if there is no such file: the system was not booted by Cairn.
std::optional<BootState> find_boot_state(const std::filesystem::path& path);

}  // namespace cairn::node
