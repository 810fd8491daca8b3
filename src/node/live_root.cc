// SPDX-License-Identifier: Apache-2.0
#include "node/live_root.h"

#include "core/file.h"
#include "core/text.h"
#include "disk/mount.h"
#include "disk/reasons.h"
#include "node/reasons.h"
#include "tool/modprobe.h"

#include <fmt/ranges.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>

namespace cairn::node {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

constexpr std::string_view kManifest = ".cairn/manifest.json";
constexpr std::string_view kSquashfs = "rootfs.squashfs";
constexpr milliseconds kPollInterval{100};
// A CD drive under a slow hypervisor takes some seconds; only then a person wants to know what is waited for.
constexpr seconds kQuiet{5};

std::vector<std::string> names_in(const fs::path& directory) {
  std::vector<std::string> names;
  std::error_code ignored;  // the folder appears with the first disk
  for (const auto& entry : fs::directory_iterator(directory, ignored))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

// The device of the medium, once udev has seen it.
fs::path wait_for_medium(const BootRequest& request, const fs::path& disks, const LiveRootTools& tools) {
  const fs::path link = disks / request.uuid;
  const auto start = tools.clock.steady();
  bool said = false;
  while (!fs::exists(link)) {
    const auto waited = tools.clock.steady() - start;
    if (waited >= request.wait) {
      const auto others = names_in(disks);
      throw Error(reason::kNoMedium, "no medium with the UUID {} appeared within {} s; file systems here: {}",
                  request.uuid, request.wait.count(),
                  others.empty() ? "none" : fmt::format("{}", fmt::join(others, ", ")));
    }
    if (!said && waited >= kQuiet) {
      tools.say(fmt::format("waiting up to {} s for the boot medium, UUID {}", request.wait.count(), request.uuid));
      said = true;
    }
    tools.clock.sleep(kPollInterval, tools.stop);
  }
  return fs::canonical(link);
}

std::uint64_t size_of(const fs::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) {
    if (errno == ENOENT) throw Error(reason::kBadMedium, "{} is missing", file.string());
    throw system_error(errno, fmt::format("looking at {}", file.string()));
  }
  return static_cast<std::uint64_t>(status.st_size);
}

// What can't be mounted of a medium is a damaged medium, which has its own remedy.
void mount_medium(disk::Mounts& mounts, const disk::Mount& mount) {
  try {
    mounts.add(mount);
  } catch (const Error& error) {  // recovers nothing: gives the reason that fits here
    if (&error.reason() != &disk::reason::kNotMountable) throw;
    throw Error(reason::kBadMedium, "{}", error.message());
  }
}

// Changes of the running system live in memory, at most half of it, and end with it.
void mount_overlay(const LiveRootPaths& paths, disk::Mounts& mounts) {
  const fs::path changes = paths.run / "overlay";
  mounts.add({.source = "cairn-overlay", .target = changes, .type = "tmpfs", .options = "mode=0755,size=50%"});
  fs::create_directory(changes / "upper");
  fs::create_directory(changes / "work");
  mounts.add({.source = "cairn-root",
              .target = paths.sysroot,
              .type = "overlay",
              .options = fmt::format("lowerdir={},upperdir={},workdir={}", (paths.run / "rootfs").string(),
                                     (changes / "upper").string(), (changes / "work").string())});
}

}  // namespace

MediumManifest check_medium(const BootRequest& request, const fs::path& medium) {
  const fs::path path = medium / kManifest;
  size_of(path);
  const MediumManifest manifest = parse_medium_manifest(read_file(path, kMaxManifestSize), path.string());
  if (!request.medium_id.empty() && manifest.id != request.medium_id) {
    throw Error(reason::kOtherMedium, "the medium at {} has the id {}, but {} was booted", medium.string(), manifest.id,
                request.medium_id);
  }
  const auto wanted = manifest.sizes.find(std::string(kSquashfs));
  if (wanted == manifest.sizes.end()) throw Error(reason::kBadMedium, "{} does not list {}", path.string(), kSquashfs);
  const fs::path squashfs = medium / kSquashfs;
  if (const std::uint64_t size = size_of(squashfs); size != wanted->second) {
    throw Error(reason::kBadMedium, "{} has {} bytes instead of {}", squashfs.string(), size, wanted->second);
  }
  return manifest;
}

BootState mount_live_root(const BootRequest& request, const LiveRootPaths& paths, std::string_view version,
                          const LiveRootTools& tools) {
  tool::load_kernel_modules({"loop", "squashfs", "overlay", "isofs"}, tools.runner, tools.stop);
  disk::Mounts mounts;
  fs::path medium = paths.initramfs;
  BootState::Medium booted;
  if (request.mode == BootMode::live) {
    const fs::path device = wait_for_medium(request, paths.disks, tools);
    mount_medium(mounts, {.source = device.string(),
                          .target = paths.medium,
                          .type = "iso9660",
                          .flags = MS_RDONLY | MS_NODEV | MS_NOSUID});
    medium = paths.medium;
    booted.device = device.string();
  }
  const MediumManifest manifest = check_medium(request, medium);
  booted.id = manifest.id;
  booted.kind = manifest.kind;
  booted.label = manifest.label;

  {
    const disk::LoopDevice squashfs(medium / kSquashfs);
    mount_medium(mounts,
                 {.source = squashfs.path(), .target = paths.run / "rootfs", .type = "squashfs", .flags = MS_RDONLY});
  }
  mount_overlay(paths, mounts);
  const BootState state{.mode = request.mode, .medium = booted, .image = manifest.image, .cairn = std::string(version)};
  const std::string text = to_pretty_text(to_json(state));
  atomic_write(paths.run / "state.json", as_bytes(text));
  mounts.keep();
  return state;
}

}  // namespace cairn::node
