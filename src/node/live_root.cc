// SPDX-License-Identifier: Apache-2.0
#include "node/live_root.h"

#include "core/file.h"
#include "core/text.h"
#include "disk/mount.h"
#include "disk/reasons.h"
#include "node/reasons.h"
#include "tool/modprobe.h"

#include <sys/mount.h>
#include <sys/stat.h>

#include <cerrno>

namespace cairn::node {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kManifest = ".cairn/manifest.json";
constexpr std::string_view kSquashfs = "rootfs.squashfs";

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

// The change of root removes the files of the initramfs. What an install needs of them is kept where a medium would be
// mounted, under the names of its manifest: the squashfs by a mount of its own, not once more in memory.
void keep_network_medium(const MediumManifest& manifest, const LiveRootPaths& paths, disk::Mounts& mounts) {
  fs::remove_all(paths.medium);
  fs::create_directories(paths.medium);
  for (const char* name : {".cairn", "cloud-config", "loaders"}) {
    if (fs::exists(paths.initramfs / name)) {
      fs::copy(paths.initramfs / name, paths.medium / name, fs::copy_options::recursive);
    }
  }
  for (const auto& [name, in_root] : manifest.in_root) {
    fs::create_symlink(paths.run / "rootfs" / fs::path(in_root).relative_path(),
                       paths.medium / fs::path(name).filename());
  }
  atomic_write(paths.medium / kSquashfs, {});
  mounts.add(
      {.source = paths.initramfs / kSquashfs, .target = paths.medium / kSquashfs, .type = "none", .flags = MS_BIND});
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
                          const RootTools& tools) {
  tool::load_kernel_modules({"loop", "squashfs", "overlay", "isofs"}, tools.runner, tools.stop);
  disk::Mounts mounts;
  fs::path medium = paths.initramfs;
  BootState::Medium booted;
  if (request.mode == BootMode::live) {
    const fs::path device = wait_for_device(paths.disks, request.uuid, "medium with the UUID", request.wait, tools);
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
  if (request.mode == BootMode::netboot) keep_network_medium(manifest, paths, mounts);
  mount_overlay(paths, mounts);
  const BootState state{.mode = request.mode, .medium = booted, .image = manifest.image, .cairn = std::string(version)};
  write_boot_record(state, paths.run / "state.json", paths.sentinels);
  mounts.keep();
  return state;
}

}  // namespace cairn::node
