// SPDX-License-Identifier: Apache-2.0
#include "stage/root.h"

#include "core/random.h"
#include "core/text.h"
#include "stage/reasons.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

namespace cairn::stage {
namespace {

constexpr mode_t kParentMode = 0755;

UniqueFd open_in(int root, const std::string& path, int flags, mode_t mode = 0) {
  open_how how{};
  how.mode = mode;
  how.flags = static_cast<std::uint64_t>(flags) | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT;
  while (true) {
    UniqueFd fd(static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how)));
    // The kernel asks to try again when something was renamed meanwhile.
    if (fd || errno != EAGAIN) return fd;
  }
}

std::string parent_of(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return parent.empty() ? "/" : parent;
}

std::string file_name_of(const std::string& path) { return std::filesystem::path(path).filename().string(); }

void set_owner_and_mode(int fd, const Attributes& attributes, const std::string& name) {
  if (attributes.user || attributes.group) {
    const uid_t user = attributes.user.value_or(static_cast<uid_t>(-1));
    const gid_t group = attributes.group.value_or(static_cast<gid_t>(-1));
    if (::fchown(fd, user, group) != 0) throw system_error(errno, fmt::format("setting the owner of {}", name));
  }
  // After the owner: a change of owner takes setuid away.
  if (::fchmod(fd, attributes.mode) != 0) throw system_error(errno, fmt::format("setting the mode of {}", name));
}

// A new file without its final name; removed again unless it gets that.
class HiddenFile {
 public:
  HiddenFile(int directory, std::string file, const std::string& shown)
      : directory_(directory), hidden_(fmt::format(".{}.{}", file, make_random_text(8, kAlphanumerics))) {
    fd_ = UniqueFd(::openat(directory, hidden_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!fd_) throw system_error(errno, fmt::format("creating {}", shown));
  }
  HiddenFile(const HiddenFile&) = delete;
  HiddenFile& operator=(const HiddenFile&) = delete;
  ~HiddenFile() {
    if (!hidden_.empty()) ::unlinkat(directory_, hidden_.c_str(), 0);
  }

  int fd() const { return fd_.get(); }
  // False when the name is a mount point, which nothing can be renamed over.
  bool rename_to(const std::string& file, const std::string& shown) {
    if (::renameat(directory_, hidden_.c_str(), directory_, file.c_str()) != 0) {
      if (errno == EBUSY) return false;
      if (errno == EISDIR) throw Error(reason::kInTheWay, "{}: a directory of that name is in the way", shown);
      throw system_error(errno, fmt::format("renaming to {}", shown));
    }
    hidden_.clear();
    if (::fsync(directory_) != 0) throw system_error(errno, fmt::format("syncing the directory of {}", shown));
    return true;
  }
  UniqueFd open_again(const std::string& shown) const {
    UniqueFd fd(::openat(directory_, hidden_.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) throw system_error(errno, fmt::format("reading {}", shown));
    return fd;
  }

 private:
  int directory_;
  std::string hidden_;
  UniqueFd fd_;
};

bool has_attributes(const struct stat& status, const Attributes& attributes) {
  return (status.st_mode & 07777) == attributes.mode && status.st_uid == attributes.user.value_or(::geteuid()) &&
         status.st_gid == attributes.group.value_or(::getegid());
}

// Whether the file is as it should become.
bool is_same(int directory, const std::string& file, Bytes data, const Attributes& attributes) {
  UniqueFd fd(::openat(directory, file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return false;
  if (!has_attributes(status, attributes) || status.st_size != static_cast<off_t>(data.size())) return false;
  FileSource source(std::move(fd), file);
  return read_text(source, data.size(), file) == as_text(data);
}

}  // namespace

Root::Root(const std::filesystem::path& path) : path_(std::filesystem::weakly_canonical(path)) {
  fd_ = UniqueFd(::open(path_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd_) throw system_error(errno, fmt::format("opening the root {}", path.string()));
}

std::string Root::name_of(const std::string& path) const {
  return is_system() ? path : path_.string() + (path.starts_with('/') ? "" : "/") + path;
}

Root Root::enter(const std::string& path) const {
  return {std::filesystem::path(name_of(path)), open(path, O_PATH | O_DIRECTORY)};
}

UniqueFd Root::open(const std::string& path, int flags, mode_t mode) const {
  UniqueFd fd = open_in(fd_.get(), path, flags, mode);
  if (!fd) throw system_error(errno, fmt::format("opening {}", name_of(path)));
  return fd;
}

bool Root::exists(const std::string& path) const { return static_cast<bool>(open_in(fd_.get(), path, O_PATH)); }

bool Root::is_directory(const std::string& path) const {
  return static_cast<bool>(open_in(fd_.get(), path, O_PATH | O_DIRECTORY));
}

std::optional<Attributes> Root::find_attributes(const std::string& path) const {
  const UniqueFd fd = open_in(fd_.get(), path, O_PATH);
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) return std::nullopt;
  return Attributes{.mode = status.st_mode & 07777, .user = status.st_uid, .group = status.st_gid};
}

std::optional<std::string> Root::find_file(const std::string& path, std::size_t max_bytes) const {
  // A FIFO must not stop us.
  UniqueFd fd = open_in(fd_.get(), path, O_RDONLY | O_NONBLOCK);
  if (!fd && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
  if (!fd) throw system_error(errno, fmt::format("opening {}", name_of(path)));
  FileSource source(std::move(fd), name_of(path));
  return read_text(source, max_bytes, name_of(path));
}

std::vector<std::string> Root::list(const std::string& path) const {
  UniqueFd fd = open_in(fd_.get(), path, O_RDONLY | O_DIRECTORY);
  if (!fd && (errno == ENOENT || errno == ENOTDIR)) return {};
  if (!fd) throw system_error(errno, fmt::format("opening {}", name_of(path)));
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::fdopendir(fd.get()), ::closedir);
  if (!directory) throw system_error(errno, fmt::format("reading {}", name_of(path)));
  static_cast<void>(fd.release());  // closedir closes it
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

UniqueFd Root::open_directory(const std::string& path) const {
  std::string made;
  UniqueFd directory = open("/", O_RDONLY | O_DIRECTORY);
  for (const std::string& part : split(path, '/')) {
    if (part.empty()) continue;
    made += "/" + part;
    UniqueFd next = open_in(fd_.get(), made, O_RDONLY | O_DIRECTORY);
    if (!next && errno == ENOENT) {
      if (::mkdirat(directory.get(), part.c_str(), kParentMode) != 0 && errno != EEXIST) {
        throw system_error(errno, fmt::format("making the directory {}", name_of(made)));
      }
      next = open_in(fd_.get(), made, O_RDONLY | O_DIRECTORY);
      if (!next && errno == ENOENT) {
        throw Error(reason::kInTheWay, "{}: a link that leads nowhere is in the way", name_of(made));
      }
    }
    if (!next && errno == ENOTDIR) {
      throw Error(reason::kInTheWay, "{}: something that is no directory is in the way", name_of(made));
    }
    if (!next) throw system_error(errno, fmt::format("opening the directory {}", name_of(made)));
    directory = std::move(next);
  }
  return directory;
}

UniqueFd Root::open_parent(const std::string& path) const { return open_directory(parent_of(path)); }

void Root::write_file(const std::string& path, Bytes data, const Attributes& attributes) const {
  const UniqueFd parent = open_parent(path);
  if (is_same(parent.get(), file_name_of(path), data, attributes)) return;
  write_file(path, attributes, [&](Sink& sink) { sink.write(data); });
}

void Root::write_file(const std::string& path, const Attributes& attributes,
                      const std::function<void(Sink&)>& produce) const {
  const UniqueFd parent = open_parent(path);
  const std::string file = file_name_of(path);
  const std::string shown = name_of(path);
  HiddenFile hidden(parent.get(), file, shown);
  FdSink sink(hidden.fd(), shown);
  produce(sink);
  set_owner_and_mode(hidden.fd(), attributes, shown);
  if (::fsync(hidden.fd()) != 0) throw system_error(errno, fmt::format("syncing {}", shown));
  if (hidden.rename_to(file, shown)) return;
  const UniqueFd mounted(::openat(parent.get(), file.c_str(), O_WRONLY | O_TRUNC | O_NOFOLLOW | O_CLOEXEC));
  if (!mounted) throw system_error(errno, fmt::format("opening {}", shown));
  FileSource source(hidden.open_again(shown), shown);
  FdSink in_place(mounted.get(), shown);
  copy_all(source, in_place);
  set_owner_and_mode(mounted.get(), attributes, shown);
  if (::fsync(mounted.get()) != 0) throw system_error(errno, fmt::format("syncing {}", shown));
}

void Root::replace_file(const std::string& path, std::string_view text, const Attributes& attributes) const {
  write_file(path, as_bytes(text), find_attributes(path).value_or(attributes));
}

void Root::make_directory(const std::string& path, const Attributes& attributes) const {
  const UniqueFd directory = open_directory(path);
  set_owner_and_mode(directory.get(), attributes, name_of(path));
}

void Root::remove_file(const std::string& path) const {
  const UniqueFd parent = open_in(fd_.get(), parent_of(path), O_PATH | O_DIRECTORY);
  if (!parent) return;
  if (::unlinkat(parent.get(), file_name_of(path).c_str(), 0) != 0 && errno != ENOENT) {
    throw system_error(errno, fmt::format("removing {}", name_of(path)));
  }
}

}  // namespace cairn::stage
