// SPDX-License-Identifier: Apache-2.0
#include "rootfs/unpack.h"

#include "core/clock.h"
#include "core/file.h"
#include "core/text.h"
#include "core/unique_fd.h"
#include "rootfs/reasons.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <unordered_map>
#include <vector>

namespace cairn::rootfs {
namespace {

namespace fs = std::filesystem;

// Contents lie here under their numbers until their names are known.
constexpr std::string_view kStore = ".cairn-contents";

[[noreturn]] void fail(std::string_view doing, const std::string& name) {
  throw system_error(errno, fmt::format("{} {}", doing, printable(name)));
}

UniqueFd open_beneath(int directory, const std::string& name) {
  open_how how{};
  how.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
  UniqueFd fd(static_cast<int>(::syscall(SYS_openat2, directory, name.c_str(), &how, sizeof how)));
  if (!fd) fail("opening", name);
  return fd;
}

// A directory that must be empty; made if missing, and emptied or removed again unless kept.
class Target {
 public:
  explicit Target(const fs::path& path) : path_(path) {
    std::error_code code;
    made_ = fs::create_directories(path, code);
    if (code) throw system_error(code.value(), fmt::format("making {}", path.string()));
    fd_ = UniqueFd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd_) fail("opening", path.string());
    if (!made_ && !fs::is_empty(path)) throw Error(reason::kNotEmpty, "{} is not empty", path.string());
    armed_ = true;
  }
  ~Target() {
    if (!armed_) return;
    std::error_code ignored;  // the error that led here is the one to tell
    open_folders(ignored);
    for (const auto& entry : fs::directory_iterator(path_, ignored)) fs::remove_all(entry.path(), ignored);
    if (made_) fs::remove(path_, ignored);
  }
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;

  int fd() const { return fd_.get(); }
  void keep() { armed_ = false; }

 private:
  // Folders that their modes close against their owner could not be emptied.
  void open_folders(std::error_code& ignored) const {
    const auto skip = fs::directory_options::skip_permission_denied;
    for (fs::recursive_directory_iterator at(path_, skip, ignored), end; at != end; at.increment(ignored)) {
      if (at->symlink_status(ignored).type() != fs::file_type::directory) continue;
      fs::permissions(at->path(), fs::perms::owner_all, fs::perm_options::add, ignored);
    }
  }

  fs::path path_;
  UniqueFd fd_;
  bool made_ = false;
  bool armed_ = false;
};

// Takes contents as files named by number.
class FileStore final : public ContentStore {
 public:
  explicit FileStore(int target) : target_(target) {
    const std::string name(kStore);
    if (::mkdirat(target, name.c_str(), 0700) != 0) fail("making", name);
    fd_ = open_beneath(target, name);
  }

  ContentId add(const std::string& path, Source& content, std::uint64_t size) override {
    const std::string name = std::to_string(next_);
    const UniqueFd file(::openat(fd_.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file) fail("making", name);
    std::uint64_t offset = 0;
    while (const std::size_t count = content.read(buffer_)) {
      write_block(file.get(), offset, Bytes(buffer_).first(count), path);
      offset += count;
    }
    if (offset != size) {
      throw Error(reason::kBadLayer, "\"{}\" brought {} bytes instead of {}", printable(path), offset, size);
    }
    if (::ftruncate(file.get(), static_cast<off_t>(size)) != 0) fail("writing", path);  // a hole at the end
    return next_++;
  }

  // A fresh name for what has several.
  std::string extra_name() { return fmt::format("x{}", extra_++); }
  int fd() const { return fd_.get(); }

  // Takes the folder away, with contents that nobody asked for.
  void close() {
    for (const auto& entry : fs::directory_iterator(fmt::format("/proc/self/fd/{}", fd_.get()))) {
      if (::unlinkat(fd_.get(), entry.path().filename().c_str(), 0) != 0) fail("removing", entry.path().string());
    }
    if (::unlinkat(target_, std::string(kStore).c_str(), AT_REMOVEDIR) != 0) fail("removing", std::string(kStore));
  }

 private:
  static constexpr std::size_t kBuffer = 256 * 1024;

  // Zeros become holes.
  static void write_block(int fd, std::uint64_t offset, Bytes data, const std::string& path) {
    if (std::all_of(data.begin(), data.end(), [](std::byte b) { return b == std::byte{0}; })) return;
    if (::lseek(fd, static_cast<off_t>(offset), SEEK_SET) < 0) fail("writing", path);
    write_all(fd, data, printable(path));
  }

  int target_;
  UniqueFd fd_;
  ContentId next_ = 0;
  std::size_t extra_ = 0;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(kBuffer);
};

class TreeMaker {
 public:
  TreeMaker(FileStore& store, const UnpackOptions& options, const std::stop_token& stop)
      : store_(store), options_(options), stop_(stop) {}

  void make(const Tree& tree, int target) {
    count_names(tree.root());
    fill(tree.root(), target);
    set_attributes(tree.root(), target, ".");
  }

 private:
  void count_names(const Inode& directory) {
    for (const auto& [name, child] : directory.children) {
      ++names_[child.get()];
      if (child->type == NodeType::directory) count_names(*child);
    }
  }

  void fill(const Inode& directory, int fd) {
    check_canceled(stop_);
    for (const auto& [name, child] : directory.children) {
      with_context(printable(name), [&, &leaf = name, &inode = *child] {
        if (inode.type == NodeType::directory) {
          if (::mkdirat(fd, leaf.c_str(), 0700) != 0) fail("making", leaf);
          const UniqueFd inner = open_beneath(fd, leaf);
          fill(inode, inner.get());
          set_attributes(inode, inner.get(), ".");
        } else {
          place(inode, fd, leaf);
        }
      });
    }
  }

  // One name of something that is no directory.
  void place(const Inode& inode, int fd, const std::string& name) {
    const bool device = inode.type == NodeType::char_device || inode.type == NodeType::block_device;
    if (device && !options_.keep_owner) return;
    if (names_.at(&inode) == 1) {
      create(inode, fd, name);
      set_attributes(inode, fd, name);
      return;
    }
    auto [known, is_new] = shared_.try_emplace(&inode);
    if (is_new) {
      known->second = store_.extra_name();
      create(inode, store_.fd(), known->second);
      set_attributes(inode, store_.fd(), known->second);
    }
    if (::linkat(store_.fd(), known->second.c_str(), fd, name.c_str(), 0) != 0) fail("linking", name);
  }

  void create(const Inode& inode, int fd, const std::string& name) {
    switch (inode.type) {
      case NodeType::file:
        if (inode.content) {
          if (::renameat(store_.fd(), std::to_string(*inode.content).c_str(), fd, name.c_str()) != 0)
            fail("making", name);
        } else if (!UniqueFd(::openat(fd, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600))) {
          fail("making", name);
        }
        return;
      case NodeType::symlink:
        if (::symlinkat(inode.target.c_str(), fd, name.c_str()) != 0) fail("making", name);
        return;
      case NodeType::char_device: return make_node(fd, name, S_IFCHR, inode);
      case NodeType::block_device: return make_node(fd, name, S_IFBLK, inode);
      case NodeType::fifo: return make_node(fd, name, S_IFIFO, inode);
      case NodeType::directory: return;
    }
  }

  static void make_node(int fd, const std::string& name, mode_t type, const Inode& inode) {
    const dev_t device = makedev(inode.device_major, inode.device_minor);
    if (::mknodat(fd, name.c_str(), type | 0600, device) != 0) fail("making", name);
  }

  // Owner first: it takes away setuid and capabilities. Mode behind the attributes: it may forbid the owner to write.
  // Time last: all others touch it.
  void set_attributes(const Inode& inode, int fd, const std::string& name) const {
    if (options_.keep_owner && ::fchownat(fd, name.c_str(), inode.uid, inode.gid, AT_SYMLINK_NOFOLLOW) != 0) {
      fail("setting the owner of", name);
    }
    const std::string path = fmt::format("/proc/self/fd/{}/{}", fd, name);
    for (const auto& [key, value] : inode.xattrs) {
      if (!options_.keep_owner && !key.starts_with("user.")) continue;
      if (::lsetxattr(path.c_str(), key.c_str(), value.data(), value.size(), 0) != 0) {
        fail(fmt::format("setting the attribute {} of", printable(key)), name);
      }
    }
    if (inode.type != NodeType::symlink && ::fchmodat(fd, name.c_str(), inode.mode, 0) != 0) {
      fail("setting the mode of", name);
    }
    const timespec times[2] = {{.tv_sec = inode.mtime, .tv_nsec = 0}, {.tv_sec = inode.mtime, .tv_nsec = 0}};
    // The folder's own name may not even be looked up in it now.
    const int result = inode.type == NodeType::directory ? ::futimens(fd, times)
                                                         : ::utimensat(fd, name.c_str(), times, AT_SYMLINK_NOFOLLOW);
    if (result != 0) fail("setting the time of", name);
  }

  FileStore& store_;
  const UnpackOptions& options_;
  const std::stop_token& stop_;
  std::unordered_map<const Inode*, std::size_t> names_;
  std::unordered_map<const Inode*, std::string> shared_;
};

}  // namespace

void unpack_layers(std::span<const LayerInput> layers, const fs::path& directory, const UnpackOptions& options,
                   const MergeLimits& limits, Progress& progress, const std::stop_token& stop) {
  Target target(directory);
  with_context(fmt::format("unpacking into {}", directory.string()), [&] {
    FileStore store(target.fd());
    const Tree tree = merge_layers(layers, store, limits, progress, stop);
    if (tree.root().children.contains(kStore)) {
      throw Error(reason::kBadLayer, "the image has the name /{}, which is used while unpacking", kStore);
    }
    TreeMaker(store, options, stop).make(tree, target.fd());
    store.close();
    // The store's folder was made and removed in the root: its time again.
    const timespec times[2] = {{.tv_sec = tree.root().mtime, .tv_nsec = 0},
                               {.tv_sec = tree.root().mtime, .tv_nsec = 0}};
    if (::futimens(target.fd(), times) != 0) fail("setting the time of", directory.string());
  });
  target.keep();
}

}  // namespace cairn::rootfs
