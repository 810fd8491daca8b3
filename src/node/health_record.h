// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "boot/bootstate.h"
#include "core/json.h"
#include "node/health_checks.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace cairn::node {

// What followed from a verdict.
enum class GateAct {
  none,      // nothing was to be decided
  blessed,   // the booted snapshot starts from now on without counting
  given_up,  // the loader takes an older one at the next start
};
std::string_view to_string(GateAct act);

// The loader did not start the snapshot it should have.
struct FallbackRecord {
  boot::SnapshotNumber from = 0;  // the one that failed
  boot::SnapshotNumber to = 0;    // the one that started instead
  std::string digest;             // image of the failed one; "" if its records could not be read
  bool refused = false;           // that image is not tried again until told
  std::string when;               // RFC 3339, UTC
  std::string why;
};

// The last verdict on this machine (docs/formats/health.md, "health.json").
struct HealthRecord {
  std::string boot_id;  // of the kernel that was judged: an older one than the running tells of an earlier boot
  std::string when;     // RFC 3339, UTC
  boot::SnapshotNumber snapshot = 0;  // 0: not an installed system
  std::string digest;
  bool healthy = false;
  std::string why;  // unless healthy
  GateAct act = GateAct::none;
  std::string act_why;
  std::optional<FallbackRecord> fallback;
};

inline constexpr std::string_view kHealthFile = "/var/lib/cairn/health.json";
inline constexpr std::string_view kBootIdFile = "/proc/sys/kernel/random/boot_id";

// What tells this boot from others. `path` is kBootIdFile, unless in tests.
std::string get_boot_id(const std::filesystem::path& path);

json::object to_json(const CheckResult& check);
json::object to_json(const FallbackRecord& fallback);
json::object to_json(const HealthRecord& record, const HealthReport& report);
// The record without the single checks. Throws reason::kBadHealthRecord; `name` stands for the document in errors.
HealthRecord parse_health_record(std::string_view text, std::string_view name);
// Nothing if there is none yet.
std::optional<HealthRecord> find_health_record(const std::filesystem::path& path);

}  // namespace cairn::node
