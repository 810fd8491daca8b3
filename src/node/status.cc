// SPDX-License-Identifier: Apache-2.0
#include "node/status.h"

#include "core/file.h"
#include "core/log.h"
#include "core/reasons.h"
#include "core/text.h"
#include "core/utc.h"

#include <fmt/core.h>

namespace cairn::node {
namespace {

constexpr std::size_t kMaxProcFile = 4 << 20;  // /proc/stat has a line a processor and a word an interrupt

// The kernel's own record of when it started.
std::chrono::sys_seconds boot_time(const std::filesystem::path& stat) {
  for (const std::string& line : split(read_file(stat, kMaxProcFile), '\n')) {
    if (!line.starts_with("btime ")) continue;
    if (const auto time = parse_number(line.substr(6))) return std::chrono::sys_seconds(std::chrono::seconds(*time));
  }
  throw Error(cairn::reason::kSystem, "{} has no line btime", stat.string());
}

}  // namespace

NodeStatus get_status(const StatusPaths& paths, std::string_view version) {
  NodeStatus status{.boot = find_boot_state(paths.state),
                    .kernel = std::string(trim(read_file(paths.kernel, kMaxProcFile))),
                    .cairn = std::string(version),
                    .booted_at = boot_time(paths.stat)};
  try {
    status.health = find_health_record(paths.health);
    status.health_is_current = status.health && status.health->boot_id == get_boot_id(paths.boot_id);
  } catch (const Error& error) {  // the verdict is the smaller part, and the next one is written anew
    log::warning("the last health verdict can't be shown", {{"cause", error.what()}});
  }
  try {
    status.operation = find_operation(paths.operation);
    if (status.operation) status.operation_state = state_of(*status.operation, paths.operation);
  } catch (const Error& error) {  // the same
    log::warning("the last operation can't be shown", {{"cause", error.what()}});
  }
  return status;
}

namespace {

// A member of the record, or null.
json::value recorded(const std::optional<BootState>& boot, const char* name) {
  if (!boot) return nullptr;
  return to_json(*boot).at(name);
}

json::value to_json(const std::optional<HealthRecord>& health, bool current) {
  if (!health) return nullptr;
  return json::object{{"verdict", health->healthy ? "good" : "bad"},
                      {"current", current},
                      {"when", health->when},
                      {"snapshot", health->snapshot},
                      {"why", health->why},
                      {"act", to_string(health->act)},
                      {"fallback", health->fallback ? json::value(to_json(*health->fallback)) : json::value(nullptr)}};
}

json::value operation_json(const NodeStatus& status) {
  if (!status.operation) return nullptr;
  json::object record = to_json(*status.operation);
  for (const char* name : {"format", "processStart", "bootId", "outcome"}) record.erase(name);
  record["state"] = to_string(status.operation_state);
  return record;
}

std::string progress_text(const OperationRecord::Bytes& bytes) {
  if (!bytes.total || *bytes.total == 0) return ", " + human_size(bytes.done);
  return fmt::format(", {} of {} ({} %)", human_size(bytes.done), human_size(*bytes.total),
                     bytes.done * 100 / *bytes.total);
}

std::string operation_text(const OperationRecord& record, OperationState state) {
  std::string text = record.operation;
  if (!record.image.empty()) text += fmt::format(" of {}", record.image);
  text += fmt::format(": {}", to_string(state));
  if (state == OperationState::running || state == OperationState::interrupted) {
    text += fmt::format(" {} {}", state == OperationState::running ? "with" : "while", record.phase);
    if (record.bytes) text += progress_text(*record.bytes);
  }
  return fmt::format("{}, {}", text, record.updated);
}

std::string health_text(const HealthRecord& health, bool current) {
  return fmt::format("{}{}, {}{}", health.healthy ? "good" : "bad", current ? "" : " at an earlier start", health.when,
                     health.healthy ? "" : ": " + health.why);
}

}  // namespace

json::object to_json(const NodeStatus& status) {
  return {{"mode", to_string(status.boot ? status.boot->mode : BootMode::other)},
          {"image", recorded(status.boot, "image")},
          {"medium", recorded(status.boot, "medium")},
          {"installed", recorded(status.boot, "installed")},
          {"failedVolumes", status.boot ? to_json(status.boot->failed_volumes) : json::array()},
          {"kernel", status.kernel},
          {"cairn", status.cairn},
          {"bootedAt", format_utc(status.booted_at)},
          {"health", to_json(status.health, status.health_is_current)},
          {"operation", operation_json(status)}};
}

std::string to_text(const NodeStatus& status) {
  std::string text;
  const auto line = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) text += fmt::format("{:<10} {}\n", name, printable(value, 300));
  };
  line("mode", status.boot ? to_string(status.boot->mode) : "other: this system was not booted by Cairn");
  if (status.boot) {
    const ImageIdentity& image = status.boot->image;
    line("system", image.title + (image.title.empty() || image.version.empty() ? "" : " ") + image.version);
    line("image", image.reference);
    line("digest", image.digest);
    line("platform", image.platform);
    line("created", image.created);
    if (const auto& medium = status.boot->medium) {
      line("medium", medium->id + (medium->device.empty() ? "" : " on " + medium->device));
    }
    if (const auto& installed = status.boot->installed) {
      line("snapshot", fmt::format("{} on {}{}", installed->snapshot, installed->disk,
                                   installed->fallback ? ", because another one did not start" : ""));
    }
    for (const auto& volume : status.boot->failed_volumes) line("failed", volume.path + ": " + volume.why);
  }
  line("kernel", status.kernel);
  line("cairn", status.cairn);
  line("booted at", format_utc(status.booted_at));
  if (status.health) {
    line("health", health_text(*status.health, status.health_is_current));
    if (const auto& fallback = status.health->fallback) {
      line("fallback",
           fmt::format("from snapshot {} to {}, {}: {}", fallback->from, fallback->to, fallback->when, fallback->why));
      if (fallback->refused) line("refused", fallback->digest);
    }
  }
  if (const auto& operation = status.operation) {
    line("operation", operation_text(*operation, status.operation_state));
    if (operation->failure)
      line("error", fmt::format("{} ({})", operation->failure->message, operation->failure->code));
    for (const std::string& warning : operation->warnings) line("warning", warning);
  }
  return text;
}

}  // namespace cairn::node
