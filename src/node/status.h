// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "node/boot_state.h"
#include "node/health_record.h"
#include "node/operation_record.h"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

namespace cairn::node {

// What runs on this machine, and how it came up.
struct NodeStatus {
  std::optional<BootState> boot;  // nothing: not booted by Cairn
  std::string kernel;             // the running one's release
  std::string cairn;              // version of this program
  std::chrono::sys_seconds booted_at;
  std::optional<HealthRecord> health = std::nullopt;  // the last verdict; nothing if there is none, or none to be read
  bool health_is_current = false;                     // it is about what runs now, not about an earlier boot
  // The last operation that changed this machine, or does now; nothing if there was none, or none to be read.
  std::optional<OperationRecord> operation = std::nullopt;
  OperationState operation_state = OperationState::done;
};

// Where status looks; tests give other places.
struct StatusPaths {
  std::filesystem::path state = kBootStateFile;
  std::filesystem::path kernel = "/proc/sys/kernel/osrelease";
  std::filesystem::path stat = "/proc/stat";
  std::filesystem::path health = kHealthFile;
  std::filesystem::path boot_id = kBootIdFile;
  OperationPaths operation = {};
};

// Needs no privileges.
NodeStatus get_status(const StatusPaths& paths, std::string_view version);

// docs/formats/state.md, "cairn status --json".
json::object to_json(const NodeStatus& status);
// A few lines for people.
std::string to_text(const NodeStatus& status);

}  // namespace cairn::node
