// SPDX-License-Identifier: Apache-2.0
#include "node/boot_disk.h"

#include "boot/env_block.h"
#include "core/file.h"
#include "disk/mount.h"
#include "disk/reasons.h"
#include "tool/modprobe.h"

#include <sys/mount.h>

namespace cairn::node {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kLookAgain{1};

// What the loader wrote on this disk, looked at without writing to it.
std::string mark_of(const disk::DiskFacts& disk, const fs::path& at) {
  const disk::PartitionFacts* esp = disk.find(disk::Role::esp);
  if (esp == nullptr) return {};
  try {
    disk::Mounts mounts;
    mounts.add({.source = esp->device.string(), .target = at, .type = "vfat", .flags = kStoreFlags | MS_RDONLY});
    std::string mark = read_twin_mark(at);
    mounts.close();
    return mark;
  } catch (const Error&) {  // recovers: the other copy may be the one
    return {};
  }
}

}  // namespace

std::string read_twin_mark(const fs::path& esp) {
  const fs::path file = esp / "cairn/twin";
  if (!fs::is_regular_file(file)) return {};
  const auto variables = boot::parse_env_block(read_file(file, boot::kEnvBlockSize));
  return variables && !variables->empty() && variables->front().first == "mark" ? variables->front().second : "";
}

disk::DiskFacts wait_for_boot_disk(const BootRequest& request, const InstalledRootPaths& paths,
                                   const RootTools& tools) {
  wait_for_device(paths.links / "by-partuuid", request.esp.text(), "partition with the id", request.wait, tools);
  if (request.twin.empty()) return disk::get_boot_disk(disk::find_disks(paths.machine.system), request.esp);
  tool::load_kernel_modules({"vfat"}, tools.runner, tools.stop);
  const auto start = tools.clock.steady();
  for (;;) {
    // The copy may be there before the one that was booted.
    const std::vector<disk::DiskFacts> disks = disk::find_disks(paths.machine.system);
    std::vector<const disk::DiskFacts*> marked;
    for (const disk::DiskFacts* disk : disk::find_disks_with(disks, request.esp)) {
      if (mark_of(*disk, paths.machine.mount_point(disk::Role::esp)) == request.twin) marked.push_back(disk);
    }
    if (marked.size() == 1) return *marked.front();
    if (tools.clock.steady() - start >= request.wait) {
      throw Error(disk::reason::kDiskTwice, "{} copies of the disk with partition {} have the loader's mark {}",
                  marked.size(), request.esp.text(), request.twin);
    }
    tools.clock.sleep(kLookAgain, tools.stop);
  }
}

}  // namespace cairn::node
