// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/json.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::node {

// What an operation that changes this machine is doing, or did (docs/formats/operation.md).
struct OperationRecord {
  enum class Outcome { running, done, failed };
  struct Bytes {
    std::uint64_t done = 0;
    std::optional<std::uint64_t> total;
  };
  struct Failure {
    std::string code;
    std::string message;
    std::string remedy;
  };

  std::string operation;                      // "install", "upgrade", "rollback", "reset"
  std::string image = {};                     // reference or digest, as far as it is known
  std::string phase = {};                     // a short phrase: "fetching layers"
  std::optional<Bytes> bytes = std::nullopt;  // of the phase
  std::uint64_t pid = 0;
  std::uint64_t process_start = 0;  // the kernel's clock ticks: with the pid it tells one process of a boot
  std::string boot_id = {};
  std::string started = {};  // RFC 3339, UTC
  std::string updated = {};
  Outcome outcome = Outcome::running;
  std::optional<Failure> failure = std::nullopt;  // if it failed
  std::vector<std::string> warnings = {};
};

// What became of it: a record that says `running` may be of a process that is gone.
enum class OperationState { running, interrupted, done, failed };
std::string_view to_string(OperationState state);

struct OperationPaths {
  std::filesystem::path volatile_file = "/run/cairn/operation.json";
  std::filesystem::path durable_file = "/oem/cairn-operation.json";
  std::filesystem::path boot_id = "/proc/sys/kernel/random/boot_id";
  std::filesystem::path proc = "/proc";
};

json::object to_json(const OperationRecord& record);
// Throws reason::kBadOperation; `name` stands for the document in errors.
OperationRecord parse_operation(std::string_view text, std::string_view name);
// The last operation: that of this boot, else the one that a restart or a power cut left. Nothing if there was none.
std::optional<OperationRecord> find_operation(const OperationPaths& paths = {});
OperationState state_of(const OperationRecord& record, const OperationPaths& paths = {});
// When a process was started, in the kernel's clock ticks; nothing if there is none of that number.
std::optional<std::uint64_t> find_process_start(std::uint64_t pid, const OperationPaths& paths = {});

}  // namespace cairn::node
