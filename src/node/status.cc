// SPDX-License-Identifier: Apache-2.0
#include "node/status.h"

#include "core/file.h"
#include "core/reasons.h"
#include "core/text.h"

#include <fmt/chrono.h>
#include <fmt/core.h>

namespace cairn::node {
namespace {

constexpr std::size_t kMaxProcFile = 4 << 20;  // /proc/stat has a line a processor and a word an interrupt

std::string format_time(std::chrono::sys_seconds time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

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
  return {.boot = find_boot_state(paths.state),
          .kernel = std::string(trim(read_file(paths.kernel, kMaxProcFile))),
          .cairn = std::string(version),
          .booted_at = boot_time(paths.stat)};
}

namespace {

// A member of the record, or null.
json::value recorded(const std::optional<BootState>& boot, const char* name) {
  if (!boot) return nullptr;
  return to_json(*boot).at(name);
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
          {"bootedAt", format_time(status.booted_at)}};
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
  line("booted at", format_time(status.booted_at));
  return text;
}

}  // namespace cairn::node
