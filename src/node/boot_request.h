// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "boot/bootstate.h"
#include "disk/guid.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace cairn::node {

// How a machine came up.
enum class BootMode {
  other,     // not by Cairn: an installed distribution, a container
  live,      // from a medium that stays in the machine
  netboot,   // from an initramfs that holds everything
  active,    // from its own disk, the snapshot that starts by default
  passive,   // from its own disk, an older snapshot
  recovery,  // from its own disk, the recovery system
};

std::string_view to_string(BootMode mode);
// The mode that to_string() calls so.
std::optional<BootMode> find_boot_mode(std::string_view text);
// Whether the system came from its own disk.
bool is_installed(BootMode mode);

// What the kernel words ask the initramfs to do (docs/formats/media.md, "Kernel words", and docs/formats/bootstate.md).
struct BootRequest {
  BootMode mode = BootMode::other;
  std::string uuid = {};       // live: UUID of the medium's file system
  std::string medium_id = {};  // the manifest's id must be this one; empty = any
  std::chrono::seconds wait{60};
  disk::Guid esp = {};                // installed: PARTUUID of the ESP, which tells the disk
  boot::SnapshotNumber snapshot = 0;  // installed: which one
  bool fallback = false;              // the loader passed over one that should have started
  std::string twin = {};              // installed: the loader's mark on this disk, as there is a byte copy; else empty
};

// Reads the words of a kernel command line; the last of two equal ones counts, and what is not ours is ignored. Throws
// reason::kBadBootWord for a word of ours with a value that it can't have.
BootRequest parse_boot_request(std::string_view command_line);

// Whether `text` can be a medium's id.
bool is_medium_id(std::string_view text);

}  // namespace cairn::node
