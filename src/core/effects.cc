// SPDX-License-Identifier: Apache-2.0
#include "core/effects.h"

#include "core/file.h"
#include "core/reasons.h"
#include "core/text.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <mutex>

namespace cairn {
namespace {

// fs/ext4/ext4.h of Linux 5.14 and later, which no header for programs has; the argument is a pointer to flags.
constexpr unsigned long kExt4Checkpoint = _IOW('f', 43, std::uint32_t);

// 0 or errno: ENOTTY if the kernel or the file system does not know how.
int empty_journal(int directory) {
  std::uint32_t flags = 0;
  if (::ioctl(directory, kExt4Checkpoint, &flags) == 0) return 0;
  return errno == ENODEV ? 0 : errno;  // ENODEV: it has no journal
}

// The same with other means: freezing empties the journal, too. Who is killed in between would leave a file system that
// stops everybody for ever, and can't be killed then: a child of its own does both, whatever becomes of us.
int freeze_and_thaw(int directory) {
  const pid_t child = ::fork();
  if (child < 0) return errno;
  if (child == 0) {
    ::setsid();  // no Ctrl-C comes here
    const bool done = ::ioctl(directory, FIFREEZE, 0) == 0 && ::ioctl(directory, FITHAW, 0) == 0;
    ::_exit(done ? 0 : errno);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return errno;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
}

class SystemEffects final : public Effects {
 public:
  Handle create(const Path& path, mode_t mode) override {
    return keep(path, ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode), "creating");
  }
  Handle open(const Path& path) override { return keep(path, ::open(path.c_str(), O_WRONLY | O_CLOEXEC), "opening"); }
  void allocate(Handle file, std::uint64_t size) override {
    const int cause = ::posix_fallocate(file, 0, static_cast<off_t>(size));
    struct statvfs room {};
    if (cause == ENOSPC && ::fstatvfs(file, &room) == 0) {
      throw system_error(cause, fmt::format("reserving space for {}: {} are needed, {} are free", name(file).string(),
                                            human_size(size), human_size(room.f_bavail * room.f_frsize)));
    }
    check(cause, "reserving space for", name(file));
  }
  void write(Handle file, std::uint64_t offset, Bytes data) override {
    while (!data.empty()) {
      const ssize_t count = ::pwrite(file, data.data(), data.size(), static_cast<off_t>(offset));
      if (count < 0 && errno == EINTR) continue;
      check(count < 0 ? errno : 0, "writing", name(file));
      data = data.subspan(static_cast<std::size_t>(count));
      offset += static_cast<std::uint64_t>(count);
    }
  }
  void truncate(Handle file, std::uint64_t size) override {
    check_call(::ftruncate(file, static_cast<off_t>(size)), "truncating", name(file));
  }
  void sync(Handle file) override { check_call(::fsync(file), "syncing", name(file)); }
  void close(Handle file) override {
    const Path path = name(file);
    {
      const std::scoped_lock lock(mutex_);
      names_.erase(file);
    }
    check_call(::close(file), "closing", path);
  }

  void make_directory(const Path& path, mode_t mode) override {
    check_call(::mkdir(path.c_str(), mode), "making the directory", path);
  }
  void rename(const Path& from, const Path& to) override {
    check_call(::rename(from.c_str(), to.c_str()), "renaming to", to);
  }
  void remove(const Path& path) override {
    const int flags = std::filesystem::is_directory(std::filesystem::symlink_status(path)) ? AT_REMOVEDIR : 0;
    check_call(::unlinkat(AT_FDCWD, path.c_str(), flags), "removing", path);
  }
  void sync_directory(const Path& path) override { cairn::sync_directory(path); }
  void settle_filesystem(const Path& mount_point) override {
    const UniqueFd fd(::open(mount_point.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    check_call(fd ? 0 : -1, "opening", mount_point);
    check_call(::syncfs(fd.get()), "syncing the file system of", mount_point);
    const int cause = empty_journal(fd.get());
    check(cause == ENOTTY ? freeze_and_thaw(fd.get()) : cause, "emptying the journal of", mount_point);
  }
  void run(const Command& command) override { system_runner().run(command); }

 private:
  static void check(int error_number, std::string_view doing, const Path& path) {
    if (error_number != 0) throw system_error(error_number, fmt::format("{} {}", doing, path.string()));
  }
  static void check_call(int result, std::string_view doing, const Path& path) {
    check(result < 0 ? errno : 0, doing, path);
  }
  Handle keep(const Path& path, int fd, std::string_view doing) {
    check_call(fd, doing, path);
    const std::scoped_lock lock(mutex_);
    names_[fd] = path;
    return fd;
  }
  Path name(Handle file) const {
    const std::scoped_lock lock(mutex_);
    const auto found = names_.find(file);
    return found == names_.end() ? Path("a closed file") : found->second;
  }

  mutable std::mutex mutex_;
  std::map<Handle, Path> names_;  // for messages
};

}  // namespace

Effects& system_effects() {
  static SystemEffects effects;
  return effects;
}

}  // namespace cairn
