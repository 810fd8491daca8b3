// SPDX-License-Identifier: Apache-2.0
#include "node/mounts.h"

#include "core/file.h"
#include "node/reasons.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

#include <cerrno>

namespace cairn::node {
namespace {

namespace fs = std::filesystem;

Error mount_error(int cause, const Mount& mount) {
  const std::string what = fmt::format("mounting {} ({}) at {}", mount.source, mount.type, mount.target.string());
  switch (cause) {
    case ENODEV: return {reason::kNoFileSystem, "{}: the kernel does not know this file system", what};
    case EINVAL:
    case EUCLEAN: return {reason::kBadMedium, "{}: there is no intact file system of this type", what};
    case EIO: return {reason::kBadMedium, "{}: it can't be read", what};
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
    throw Error(reason::kNoFileSystem, "opening {}: the kernel has no loop devices", path);
  }
  if (!fd) throw system_error(errno, fmt::format("opening {}", path));
  return fd;
}

}  // namespace

Mounts::~Mounts() {
  for (auto target = targets_.rbegin(); target != targets_.rend(); ++target) ::umount2(target->c_str(), MNT_DETACH);
}

void Mounts::add(const Mount& mount) {
  make_directories(mount.target);
  if (::mount(mount.source.c_str(), mount.target.c_str(), mount.type.c_str(), mount.flags,
              mount.options.empty() ? nullptr : mount.options.c_str()) != 0) {
    throw mount_error(errno, mount);
  }
  targets_.push_back(mount.target);
}

LoopDevice::LoopDevice(const fs::path& file) {
  const UniqueFd backing = open_read(file);
  const UniqueFd control = open_device("/dev/loop-control", O_RDWR);
  while (true) {
    const int number = ::ioctl(control.get(), LOOP_CTL_GET_FREE);
    if (number < 0) throw system_error(errno, "finding a free loop device");
    path_ = fmt::format("/dev/loop{}", number);
    fd_ = open_device(path_, O_RDONLY);
    loop_config config{};
    config.fd = static_cast<__u32>(backing.get());
    config.info.lo_flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR;
    file.string().copy(reinterpret_cast<char*>(config.info.lo_file_name), LO_NAME_SIZE - 1);
    if (::ioctl(fd_.get(), LOOP_CONFIGURE, &config) == 0) return;
    // Somebody else took it between the two calls.
    if (errno != EBUSY) throw system_error(errno, fmt::format("attaching {} to {}", file.string(), path_));
  }
}

}  // namespace cairn::node
