// SPDX-License-Identifier: Apache-2.0
#include "core/file.h"

#include "core/reasons.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace cairn {
namespace fs = std::filesystem;

UniqueFd open_read(const fs::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw system_error(errno, fmt::format("opening {}", path.string()));
  return fd;
}

std::string read_file(const fs::path& path, std::size_t max_bytes) {
  FileSource source(path);
  return read_text(source, max_bytes, path.string());
}

std::size_t FileSource::read(MutableBytes out) {
  while (true) {
    const ssize_t count = ::read(fd_.get(), out.data(), out.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) throw system_error(errno, fmt::format("reading {}", name_));
  }
}

void write_all(int fd, Bytes data, std::string_view name) {
  while (!data.empty()) {
    const ssize_t count = ::write(fd, data.data(), data.size());
    if (count < 0) {
      if (errno == EINTR) continue;
      throw system_error(errno, fmt::format("writing {}", name));
    }
    data = data.subspan(static_cast<std::size_t>(count));
  }
}

void FdSink::write(Bytes data) { write_all(fd_, data, name_); }

void sync_directory(const fs::path& directory) {
  const UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) throw system_error(errno, fmt::format("syncing {}", directory.string()));
}

namespace {

fs::path parent_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

}  // namespace

AtomicFile::AtomicFile(fs::path path, mode_t mode) : path_(std::move(path)) {
  std::string name = (parent_of(path_) / fmt::format(".{}.XXXXXX", path_.filename().string())).string();
  fd_ = UniqueFd(::mkostemp(name.data(), O_CLOEXEC));
  if (!fd_) throw system_error(errno, fmt::format("creating {}", path_.string()));
  temporary_ = name;
  if (::fchmod(fd_.get(), mode) != 0) {
    const int cause = errno;
    ::unlink(temporary_.c_str());
    throw system_error(cause, fmt::format("setting the mode of {}", path_.string()));
  }
}

AtomicFile::~AtomicFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(Bytes data) { write_all(fd_.get(), data, path_.string()); }

void AtomicFile::commit() {
  if (::fsync(fd_.get()) != 0) throw system_error(errno, fmt::format("syncing {}", path_.string()));
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
    throw system_error(errno, fmt::format("renaming to {}", path_.string()));
  }
  temporary_.clear();
  fd_.reset();
  sync_directory(parent_of(path_));
}

void atomic_write(const fs::path& path, Bytes data, mode_t mode) {
  AtomicFile file(path, mode);
  file.write(data);
  file.commit();
}

TempDir::TempDir(const fs::path& parent, std::string_view prefix) {
  std::string name = (parent / fmt::format(".{}-XXXXXX", prefix)).string();
  if (::mkdtemp(name.data()) == nullptr) {
    throw system_error(errno, fmt::format("creating a work directory in {}", parent.string()));
  }
  path_ = name;
}

TempDir::~TempDir() {
  if (path_.empty()) return;
  std::error_code ignored;  // nothing sensible can be done about it in a destructor
  fs::remove_all(path_, ignored);
}

fs::path default_temp_parent() {
  const char* directory = std::getenv("TMPDIR");
  return directory != nullptr && *directory != '\0' ? fs::path(directory) : fs::path("/tmp");
}

}  // namespace cairn
