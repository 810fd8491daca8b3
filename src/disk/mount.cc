// SPDX-License-Identifier: Apache-2.0
#include "disk/mount.h"

#include "core/error.h"
#include "disk/reasons.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/loop.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

#include <cerrno>

namespace cairn::disk {
namespace {

namespace fs = std::filesystem;

Error mount_error(int cause, const Mount& mount) {
  const std::string what = fmt::format("mounting {} ({}) at {}", mount.source, mount.type, mount.target.string());
  switch (cause) {
    case ENODEV: return {reason::kNoDriver, "{}: the kernel does not know this file system", what};
    case EINVAL:
    case EUCLEAN: return {reason::kNotMountable, "{}: there is no intact file system of this type", what};
    case EIO: return {reason::kNotMountable, "{}: it can't be read", what};
    default: return system_error(cause, what);
  }
}

void make_directories(const fs::path& path) {
  std::error_code problem;
  fs::create_directories(path, problem);
  if (problem) throw system_error(problem.value(), fmt::format("making {}", path.string()));
}

UniqueFd open_device(const std::string& path, int flags) {
  UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC));
  if (!fd && (errno == ENOENT || errno == ENXIO)) {
    throw Error(reason::kNoDriver, "opening {}: the kernel has no loop devices", path);
  }
  if (!fd) throw system_error(errno, fmt::format("opening {}", path));
  return fd;
}

}  // namespace

void use_private_mounts() {
  // Slaves: what the system mounts or unmounts below is not held here.
  if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) {
    throw system_error(errno, "making a mount namespace");
  }
}

Mounts::~Mounts() {
  for (auto target = targets_.rbegin(); target != targets_.rend(); ++target) ::umount2(target->c_str(), MNT_DETACH);
}

void Mounts::add(const Mount& mount) {
  std::error_code ignored;  // what can't be looked at is made
  if (!fs::exists(mount.target, ignored)) make_directories(mount.target);
  if (::mount(mount.source.c_str(), mount.target.c_str(), mount.type.c_str(), mount.flags,
              mount.options.empty() ? nullptr : mount.options.c_str()) != 0) {
    throw mount_error(errno, mount);
  }
  targets_.push_back(mount.target);
}

void Mounts::close() {
  while (!targets_.empty()) {
    const fs::path target = targets_.back();
    targets_.pop_back();
    if (::umount2(target.c_str(), UMOUNT_NOFOLLOW) == 0) continue;
    const int cause = errno;
    ::umount2(target.c_str(), MNT_DETACH);  // it must not stay in the way of those below
    throw system_error(cause, fmt::format("unmounting {}", target.string()));
  }
}

LoopDevice::LoopDevice(const fs::path& file, Access access, std::uint32_t sector_size) {
  const int flags = access == Access::read_only ? O_RDONLY : O_RDWR;
  const UniqueFd backing(::open(file.c_str(), flags | O_CLOEXEC));
  if (!backing) throw system_error(errno, fmt::format("opening {}", file.string()));
  const UniqueFd control = open_device("/dev/loop-control", O_RDWR);
  while (true) {
    const int number = ::ioctl(control.get(), LOOP_CTL_GET_FREE);
    if (number < 0) throw system_error(errno, "finding a free loop device");
    path_ = fmt::format("/dev/loop{}", number);
    fd_ = open_device(path_, flags);
    loop_config config{};
    config.fd = static_cast<__u32>(backing.get());
    config.block_size = sector_size;
    // A writable one stands for a disk, whose partitions are wanted, too.
    config.info.lo_flags = LO_FLAGS_AUTOCLEAR | (access == Access::read_only ? LO_FLAGS_READ_ONLY : LO_FLAGS_PARTSCAN);
    file.string().copy(reinterpret_cast<char*>(config.info.lo_file_name), LO_NAME_SIZE - 1);
    if (::ioctl(fd_.get(), LOOP_CONFIGURE, &config) == 0) return;
    // Somebody else took it between the two calls.
    if (errno != EBUSY) throw system_error(errno, fmt::format("attaching {} to {}", file.string(), path_));
  }
}

}  // namespace cairn::disk
