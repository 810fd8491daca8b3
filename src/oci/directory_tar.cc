// SPDX-License-Identifier: Apache-2.0
#include "oci/directory_tar.h"

#include "archive/tar.h"
#include "core/file.h"
#include "core/text.h"
#include "oci/reasons.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <map>
#include <memory>

namespace cairn::oci {
namespace {

using archive::EntryType;
using archive::TarEntry;

constexpr std::size_t kMaxDepth = 500;  // each level holds a descriptor
constexpr std::size_t kMaxAttribute = 64 * 1024;

Error changed(const std::string& path) {
  return Error(reason::kDirectoryChanged, "{} changed while it was read", printable(path));
}

std::vector<std::string> names_in(int directory, const std::string& path) {
  // fdopendir takes the descriptor over.
  UniqueFd copy(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!copy) throw system_error(errno, fmt::format("opening {}", printable(path)));
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(copy.get()), ::closedir);
  if (!stream) throw system_error(errno, fmt::format("opening {}", printable(path)));
  copy.release();
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string_view name(entry->d_name);
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) throw system_error(errno, fmt::format("reading {}", printable(path)));
  std::sort(names.begin(), names.end());
  return names;
}

bool is_kept(std::string_view attribute) {
  const bool known =
      attribute.starts_with("user.") || attribute.starts_with("trusted.") || attribute.starts_with("security.");
  return known && attribute != "security.selinux";
}

// Extended attributes by the path below /proc/self/fd, which works for symlinks and devices as well.
std::map<std::string, std::string> attributes_of(int directory, const std::string& name, const std::string& path) {
  const std::string place = fmt::format("/proc/self/fd/{}/{}", directory, name);
  std::string list(kMaxAttribute, '\0');
  const ssize_t size = ::llistxattr(place.c_str(), list.data(), list.size());
  if (size < 0 && errno == ENOTSUP) return {};
  if (size < 0) throw system_error(errno, fmt::format("listing the extended attributes of {}", printable(path)));
  list.resize(static_cast<std::size_t>(size));
  std::map<std::string, std::string> attributes;
  for (const std::string& attribute : split(list, '\0')) {
    if (attribute.empty() || !is_kept(attribute)) continue;
    std::string value(kMaxAttribute, '\0');
    const ssize_t length = ::lgetxattr(place.c_str(), attribute.c_str(), value.data(), value.size());
    if (length < 0) throw system_error(errno, fmt::format("reading {} of {}", attribute, printable(path)));
    value.resize(static_cast<std::size_t>(length));
    attributes.emplace(attribute, std::move(value));
  }
  return attributes;
}

std::string link_target(int directory, const std::string& name, const std::string& path) {
  std::string target(PATH_MAX, '\0');
  const ssize_t size = ::readlinkat(directory, name.c_str(), target.data(), target.size());
  if (size < 0) throw system_error(errno, fmt::format("reading the link {}", printable(path)));
  target.resize(static_cast<std::size_t>(size));
  return target;
}

class DirectoryTar {
 public:
  explicit DirectoryTar(Sink& out) : writer_(out) {}

  void write(const std::filesystem::path& root) {
    const UniqueFd fd(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    struct stat status {};
    if (!fd || ::fstat(fd.get(), &status) != 0) throw system_error(errno, fmt::format("opening {}", root.string()));
    device_ = status.st_dev;
    name_ = root.string();
    TarEntry entry = make_entry(status, "");
    entry.type = EntryType::directory;
    entry.xattrs = attributes_of(fd.get(), ".", name_);
    writer_.add(entry, nullptr);
    walk(fd.get(), "", 0);
    writer_.finish();
  }

 private:
  static TarEntry make_entry(const struct stat& status, const std::string& path) {
    TarEntry entry;
    entry.path = path;
    entry.mode = status.st_mode & 07777;
    entry.uid = status.st_uid;
    entry.gid = status.st_gid;
    entry.mtime = status.st_mtim.tv_sec;
    return entry;
  }

  void walk(int directory, const std::string& path, std::size_t depth) {
    if (depth > kMaxDepth)
      throw Error(reason::kUnsupportedImage, "{} is nested deeper than {}", printable(path), kMaxDepth);
    for (const std::string& name : names_in(directory, name_ + "/" + path)) {
      add(directory, name, path.empty() ? name : path + "/" + name, depth);
    }
  }

  void add(int directory, const std::string& name, const std::string& path, std::size_t depth) {
    const std::string shown = name_ + "/" + path;
    struct stat status {};
    if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      throw system_error(errno, fmt::format("looking at {}", printable(shown)));
    }
    if (S_ISSOCK(status.st_mode)) return;
    TarEntry entry = make_entry(status, path);
    if (status.st_nlink > 1 && !S_ISDIR(status.st_mode)) {
      const auto [first, is_new] = links_.emplace(std::pair(status.st_dev, status.st_ino), path);
      if (!is_new) {
        entry.type = EntryType::hard_link;
        entry.link_target = first->second;
        writer_.add(entry, nullptr);
        return;
      }
    }
    entry.xattrs = attributes_of(directory, name, shown);
    switch (status.st_mode & S_IFMT) {
      case S_IFDIR: return add_directory(directory, name, entry, status, depth);
      case S_IFREG: return add_file(directory, name, entry, status);
      case S_IFLNK:
        entry.type = EntryType::symlink;
        entry.link_target = link_target(directory, name, shown);
        break;
      case S_IFIFO: entry.type = EntryType::fifo; break;
      default:
        entry.type = S_ISCHR(status.st_mode) ? EntryType::char_device : EntryType::block_device;
        entry.device_major = major(status.st_rdev);
        entry.device_minor = minor(status.st_rdev);
        break;
    }
    writer_.add(entry, nullptr);
  }

  // Opened without following and the same as what was looked at: nobody swaps a name under us.
  UniqueFd open_same(int directory, const std::string& name, int flags, const struct stat& status,
                     const std::string& path) {
    UniqueFd fd(::openat(directory, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | flags));
    if (!fd) throw system_error(errno, fmt::format("opening {}", printable(name_ + "/" + path)));
    struct stat opened {};
    if (::fstat(fd.get(), &opened) != 0 || opened.st_ino != status.st_ino || opened.st_dev != status.st_dev) {
      throw changed(name_ + "/" + path);
    }
    return fd;
  }

  void add_directory(int directory, const std::string& name, TarEntry& entry, const struct stat& status,
                     std::size_t depth) {
    entry.type = EntryType::directory;
    writer_.add(entry, nullptr);
    if (status.st_dev != device_) return;
    const UniqueFd fd = open_same(directory, name, O_DIRECTORY, status, entry.path);
    walk(fd.get(), entry.path, depth + 1);
  }

  void add_file(int directory, const std::string& name, TarEntry& entry, const struct stat& status) {
    entry.type = EntryType::file;
    entry.size = static_cast<std::uint64_t>(status.st_size);
    FileSource content(open_same(directory, name, 0, status, entry.path), name_ + "/" + entry.path);
    try {
      writer_.add(entry, &content);
    } catch (const Error& error) {  // recovers nothing: a file that became shorter gets its own name
      if (error.kind() == ErrorKind::corrupt) throw changed(name_ + "/" + entry.path);
      throw;
    }
  }

  archive::TarWriter writer_;
  std::string name_;
  dev_t device_ = 0;
  std::map<std::pair<dev_t, ino_t>, std::string> links_;
};

}  // namespace

void write_directory_tar(const std::filesystem::path& directory, Sink& out) { DirectoryTar(out).write(directory); }

}  // namespace cairn::oci
