// SPDX-License-Identifier: Apache-2.0
#include "node/machine.h"

#include "core/text.h"
#include "disk/mount.h"
#include "node/reasons.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace cairn::node {
namespace {

namespace fs = std::filesystem;
using disk::Role;

// Nobody but us reads the ESP.
std::string options_of(Role role) { return role == Role::esp ? "umask=0077" : "errors=remount-ro"; }

// Whether the device's file system is what one sees at `path`.
bool is_mounted_at(const fs::path& device, const fs::path& path) {
  struct stat of_device {};
  struct stat of_path {};
  return ::stat(device.c_str(), &of_device) == 0 && S_ISBLK(of_device.st_mode) && ::stat(path.c_str(), &of_path) == 0 &&
         of_path.st_dev == of_device.st_rdev;
}

bool is_read_only(const fs::path& path) {
  struct statvfs status {};
  if (::statvfs(path.c_str(), &status) != 0) throw system_error(errno, fmt::format("looking at {}", path.string()));
  return (status.f_flag & ST_RDONLY) != 0;
}

bool remount(const fs::path& path, unsigned long flags) {
  return ::mount(nullptr, path.c_str(), nullptr, MS_REMOUNT | kStoreFlags | flags, nullptr) == 0;
}

}  // namespace

fs::path MachinePaths::mount_point(Role role) const {
  switch (role) {
    case Role::esp: return run / "esp";
    case Role::oem: return oem;
    case Role::recovery: return run / "recovery";
    case Role::state: return run / "state";
    case Role::persistent: return run / "persistent";
    case Role::bios_boot:
    case Role::extra: break;
  }
  throw Error(reason::kNoVolume, "a partition {} has no place to be mounted", to_string(role));
}

const BootState::Installed& Machine::installed() const {
  if (boot && boot->installed) return *boot->installed;
  throw Error(reason::kNotInstalled, "this system does not run from its own disk, its mode is {}", to_string(mode()));
}

const disk::PartitionFacts& Machine::partition(Role role) const {
  installed();
  if (const disk::PartitionFacts* found = disk->find(role)) return *found;
  throw Error(reason::kNoVolume, "{} has no partition {}, or more than one", disk->device.string(), to_string(role));
}

Machine get_machine(const MachinePaths& paths) {
  Machine machine{.boot = find_boot_state(paths.state_file()), .disk = std::nullopt};
  if (machine.boot && machine.boot->installed) {
    machine.disk = disk::get_boot_disk(disk::find_disks(paths.system), machine.boot->installed->esp,
                                       machine.boot->installed->disk);
  }
  return machine;
}

void require_machine(const oci::Platform& platform, std::string_view what, const oci::Platform& machine) {
  if (machine.accepts(platform)) return;
  throw Error(reason::kOtherMachine, "{} is for {}, this machine is {}", what, platform.to_text(), machine.to_text());
}

NodeLock::NodeLock(const MachinePaths& paths)
    : NodeLock(Wait{.limit = milliseconds(0), .clock = system_clock()}, paths) {}

NodeLock::NodeLock(const Wait& wait, const MachinePaths& paths) {
  constexpr milliseconds kPause{500};
  std::error_code problem;
  fs::create_directories(paths.run, problem);
  const fs::path path = paths.lock();
  fd_ = UniqueFd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd_) throw system_error(errno, fmt::format("opening {}", path.string()));
  const Clock::Steady end = wait.clock.steady() + wait.limit;
  bool told = false;
  for (std::string why = try_lock(path); !why.empty(); why = try_lock(path)) {
    if (wait.clock.steady() >= end) throw Error(reason::kBusy, "{}", why);
    if (!std::exchange(told, true) && wait.tell) wait.tell(why);
    wait.clock.sleep(kPause, wait.stop);
  }
}

std::string NodeLock::try_lock(const fs::path& path) {
  constexpr std::size_t kMaxHolder = 32;
  if (::flock(fd_.get(), LOCK_EX | LOCK_NB) == 0) {
    // Only for the message of others.
    const std::string holder = fmt::format("{:<10}\n", ::getpid());
    [[maybe_unused]] const auto written = ::pwrite(fd_.get(), holder.data(), holder.size(), 0);
    return "";
  }
  if (errno != EWOULDBLOCK) throw system_error(errno, fmt::format("locking {}", path.string()));
  char holder[kMaxHolder] = {};
  const ssize_t count = ::pread(fd_.get(), holder, sizeof holder, 0);
  const auto process =
      parse_number(trim(std::string_view(holder, static_cast<std::size_t>(std::max<ssize_t>(count, 0)))));
  return fmt::format("process {} changes this machine, it holds {}", process ? std::to_string(*process) : "?",
                     path.string());
}

Volume::Volume(const Machine& machine, Role role, Access access, const MachinePaths& paths)
    : path_(paths.mount_point(role)) {
  const disk::PartitionFacts& partition = machine.partition(role);
  const bool writable = access == Access::read_write;
  if (!is_mounted_at(partition.device, path_)) {
    disk::Mounts mounts;
    mounts.add({.source = partition.device.string(),
                .target = path_,
                .type = role == Role::esp ? "vfat" : "ext4",
                .flags = kStoreFlags | (writable ? 0UL : static_cast<unsigned long>(MS_RDONLY)),
                .options = options_of(role)});
    mounts.keep();
    undo_ = Undo::unmount;
  } else if (writable && is_read_only(path_)) {
    if (!remount(path_, 0)) throw system_error(errno, fmt::format("making {} writable", path_.string()));
    undo_ = Undo::make_read_only;
  }
}

Volume::~Volume() {
  if (undo_ == Undo::unmount) ::umount2(path_.c_str(), MNT_DETACH);
  if (undo_ == Undo::make_read_only) remount(path_, MS_RDONLY);
}

void Volume::close() {
  const Undo undo = std::exchange(undo_, Undo::nothing);
  if (undo == Undo::unmount && ::umount2(path_.c_str(), UMOUNT_NOFOLLOW) != 0) {
    const int cause = errno;
    ::umount2(path_.c_str(), MNT_DETACH);  // it must not stay in the way of the next one
    throw system_error(cause, fmt::format("unmounting {}", path_.string()));
  }
  if (undo == Undo::make_read_only && !remount(path_, MS_RDONLY)) {
    throw system_error(errno, fmt::format("making {} read-only again", path_.string()));
  }
}

}  // namespace cairn::node
