// SPDX-License-Identifier: Apache-2.0
#include "oci/blob_cache.h"

#include "core/log.h"
#include "core/reasons.h"
#include "core/text.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace cairn::oci {
namespace fs = std::filesystem;
namespace {

constexpr milliseconds kLockPoll{100};
constexpr std::size_t kBuffer = 256 * 1024;
constexpr std::string_view kPartial = ".partial";

fs::path partial_of(const fs::path& path) { return path.string() + std::string(kPartial); }

struct stat status_of(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) throw system_error(errno, "looking at a cached blob");
  return status;
}

// Whether `path` still names the open file: another process may have renamed or removed it before we had the lock.
bool is_named(int fd, const fs::path& path) {
  struct stat named {};
  if (::stat(path.c_str(), &named) != 0) return false;
  const struct stat opened = status_of(fd);
  return named.st_dev == opened.st_dev && named.st_ino == opened.st_ino;
}

// Reads by offset, so that several readers may share one descriptor. Borrows it.
class PinnedSource final : public Source {
 public:
  PinnedSource(UniqueFd fd, fs::path path) : fd_(std::move(fd)), path_(std::move(path)) {}
  std::size_t read(MutableBytes out) override {
    while (true) {
      const ssize_t count = ::pread(fd_.get(), out.data(), out.size(), static_cast<off_t>(offset_));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) throw system_error(errno, fmt::format("reading {}", path_.string()));
      offset_ += static_cast<std::uint64_t>(count);
      return static_cast<std::size_t>(count);
    }
  }

 private:
  UniqueFd fd_;
  fs::path path_;
  std::uint64_t offset_ = 0;
};

// Drops the blob when its bytes are not what they should be.
class CachedSource final : public Source {
 public:
  CachedSource(std::unique_ptr<Source> inner, fs::path path) : inner_(std::move(inner)), path_(std::move(path)) {}
  std::size_t read(MutableBytes out) override {
    try {
      return inner_->read(out);
    } catch (Error& error) {  // recovers the next run: it will get the blob again
      if (error.kind() == ErrorKind::corrupt) {
        ::unlink(path_.c_str());
        error.set_remedy("The damaged copy was removed from the cache: run the command again.");
      }
      throw;
    }
  }

 private:
  std::unique_ptr<Source> inner_;
  fs::path path_;
};

}  // namespace

BlobCache::BlobCache(fs::path directory, std::uint64_t limit, Clock& clock)
    : directory_(std::move(directory)), limit_(limit), clock_(clock) {}

fs::path BlobCache::path_of(const Digest& digest) const {
  return directory_ / "blobs" / digest.algorithm() / digest.hex();
}

std::optional<BlobCache::Pin> BlobCache::find(const Descriptor& blob) const {
  const fs::path path = path_of(blob.digest);
  while (true) {
    UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!fd && errno == ENOENT) return std::nullopt;
    if (!fd) throw system_error(errno, fmt::format("opening {}", path.string()));
    if (::flock(fd.get(), LOCK_SH) != 0 && errno != EINTR)
      throw system_error(errno, fmt::format("locking {}", path.string()));
    if (!is_named(fd.get(), path)) continue;
    const struct stat status = status_of(fd.get());
    if (!S_ISREG(status.st_mode) || static_cast<std::uint64_t>(status.st_size) != blob.size) {
      // Not what publish() left: somebody damaged it, or another document promises another size for this digest.
      if (S_ISREG(status.st_mode)) return std::nullopt;
      throw Error(cairn::reason::kExists, "{} is not a file", path.string());
    }
    ::futimens(fd.get(), nullptr);  // the time of last use; a cache that is read-only works all the same
    return Pin(std::move(fd));
  }
}

// The partial file, locked for us alone; nothing if another process completed the blob meanwhile.
std::optional<UniqueFd> BlobCache::lock_partial(const Descriptor& blob, const std::stop_token& stop) const {
  const fs::path partial = partial_of(path_of(blob.digest));
  std::error_code problem;
  fs::create_directories(partial.parent_path(), problem);
  if (problem) throw system_error(problem.value(), fmt::format("creating {}", partial.parent_path().string()));
  for (bool told = false;;) {
    check_canceled(stop);
    UniqueFd fd(::open(partial.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!fd) throw system_error(errno, fmt::format("creating {}", partial.string()));
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) {
      if (!is_named(fd.get(), partial)) continue;
      if (!find(blob)) return fd;
      ::unlink(partial.c_str());
      return std::nullopt;
    }
    if (errno != EWOULDBLOCK) throw system_error(errno, fmt::format("locking {}", partial.string()));
    if (!std::exchange(told, true)) {
      log::info("another process gets the same blob, waiting", {{"digest", blob.digest.text()}});
    }
    clock_.sleep(kLockPoll, stop);
  }
}

BlobCache::Pin BlobCache::fetch(const Descriptor& blob, const OpenFrom& open, const OnBytes& on_bytes,
                                const std::stop_token& stop) const {
  for (bool downloaded = false;;) {
    if (auto pin = find(blob)) {
      if (!downloaded) on_bytes(blob.size);
      return *std::move(pin);
    }
    const auto partial = lock_partial(blob, stop);
    if (!partial) continue;
    download(partial->get(), blob, open, on_bytes, stop);
    publish(partial->get(), blob);
    downloaded = true;
  }
}

// Feeds what an earlier run left to `hasher`; returns how many bytes that are. The offset of `fd` ends behind them.
std::uint64_t BlobCache::rehash(int fd, const Descriptor& blob, Hasher& hasher, const OnBytes& on_bytes,
                                const std::stop_token& stop) const {
  const auto size = static_cast<std::uint64_t>(status_of(fd).st_size);
  if (size > blob.size && ::ftruncate(fd, 0) != 0) throw system_error(errno, "emptying a partial blob");
  ::lseek(fd, 0, SEEK_SET);
  std::vector<std::byte> buffer(kBuffer);
  FileSource source(UniqueFd(::fcntl(fd, F_DUPFD_CLOEXEC, 0)), partial_of(path_of(blob.digest)).string());
  std::uint64_t total = 0;
  while (const std::size_t count = source.read(buffer)) {
    check_canceled(stop);
    hasher.write(Bytes(buffer).first(count));
    on_bytes(count);
    total += count;
  }
  return total;
}

// Claims the disk space of the whole blob, so that a full disk is known before and not after the download.
void BlobCache::reserve(int fd, const Descriptor& blob, std::uint64_t have) const {
  const auto no_space = [&] {
    if (have == 0) ::unlink(partial_of(path_of(blob.digest)).c_str());
    Error error(cairn::reason::kNoSpace, "the cache {} has no room for blob {} of {}", directory_.string(),
                blob.digest.text(), human_size(blob.size));
    return error.set_remedy("Free space on that file system, or set XDG_CACHE_HOME to a directory on another.");
  };
  struct statvfs disk {};
  if (::fstatvfs(fd, &disk) == 0 && blob.size / disk.f_frsize > disk.f_blocks) throw no_space();
  make_room(blob.size - have, limit_);
  const auto claim = [&] {
    const int done = ::fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(blob.size));
    return done == 0 || (errno != ENOSPC && errno != EDQUOT);  // not every file system can; then writing will tell
  };
  if (blob.size == 0 || claim()) return;
  make_room(limit_, limit_);  // the disk is smaller than the limit: all that nobody uses has to go
  if (!claim()) throw no_space();
}

void BlobCache::download(int fd, const Descriptor& blob, const OpenFrom& open, const OnBytes& on_bytes,
                         const std::stop_token& stop) const {
  const fs::path partial = partial_of(path_of(blob.digest));
  Hasher hasher(blob.digest.algorithm());
  const std::uint64_t kept = rehash(fd, blob, hasher, on_bytes, stop);
  std::uint64_t have = kept;
  reserve(fd, blob, have);
  std::vector<std::byte> buffer(kBuffer);
  const auto source = have < blob.size ? open(have) : nullptr;
  while (source) {
    check_canceled(stop);
    const std::size_t count = source->read(buffer);
    if (count == 0) break;
    if (count > blob.size - have) {
      ::unlink(partial.c_str());
      throw Error(cairn::reason::kDigestMismatch, "blob {} is longer than the {} bytes promised", blob.digest.text(),
                  blob.size);
    }
    hasher.write(Bytes(buffer).first(count));
    write_all(fd, Bytes(buffer).first(count), partial.string());
    have += count;
    on_bytes(count);
  }
  const Digest found = hasher.finish();
  if (have == blob.size && found == blob.digest) return;
  // Wrong bytes on our disk, from a crash say, must not be blamed on the registry: drop all and start from nothing.
  if (::ftruncate(fd, 0) != 0) throw system_error(errno, fmt::format("emptying {}", partial.string()));
  if (kept > 0) {
    log::warning("what an earlier download left is damaged, starting again", {{"digest", blob.digest.text()}});
    return download(
        fd, blob, open, [](std::uint64_t) {}, stop);
  }
  ::unlink(partial.c_str());
  if (have < blob.size) {
    throw Error(cairn::reason::kDigestMismatch, "blob {} ends after {} of {} bytes", blob.digest.text(), have,
                blob.size);
  }
  throw Error(cairn::reason::kDigestMismatch, "blob {} has digest {} instead", blob.digest.text(), found.text());
}

void BlobCache::publish(int fd, const Descriptor& blob) const {
  const fs::path path = path_of(blob.digest);
  if (::fsync(fd) != 0) throw system_error(errno, fmt::format("syncing {}", partial_of(path).string()));
  if (::rename(partial_of(path).c_str(), path.c_str()) != 0) {
    throw system_error(errno, fmt::format("renaming to {}", path.string()));
  }
  sync_directory(path.parent_path());
}

std::unique_ptr<Source> BlobCache::open(const Pin& pin, const Descriptor& blob) const {
  const fs::path path = path_of(blob.digest);
  UniqueFd fd(::fcntl(pin.fd(), F_DUPFD_CLOEXEC, 0));
  if (!fd) throw system_error(errno, fmt::format("opening {}", path.string()));
  auto verified = std::make_unique<VerifiedSource>(std::make_unique<PinnedSource>(std::move(fd), path), blob.digest,
                                                   blob.size, fmt::format("the cached blob {}", blob.digest.text()));
  return std::make_unique<CachedSource>(std::move(verified), path);
}

void BlobCache::make_room(std::uint64_t needed, std::uint64_t limit) const {
  struct Entry {
    fs::path path;
    std::uint64_t size;
    fs::file_time_type used;
  };
  std::vector<Entry> entries;
  std::uint64_t total = 0;
  std::error_code gone;  // another process may remove files while we look
  for (fs::recursive_directory_iterator at(directory_ / "blobs", gone), end; !gone && at != end; at.increment(gone)) {
    std::error_code unreadable;
    if (!at->is_regular_file(unreadable)) continue;
    const Entry entry{at->path(), at->file_size(unreadable), at->last_write_time(unreadable)};
    if (unreadable) continue;
    entries.push_back(entry);
    total += entry.size;
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.used < b.used; });
  for (const Entry& entry : entries) {
    if (total + needed <= limit || total == 0) return;
    const UniqueFd fd(::open(entry.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!fd || ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) continue;  // in use
    if (!is_named(fd.get(), entry.path)) continue;
    ::unlink(entry.path.c_str());
    total -= entry.size;
    log::debug("blob leaves the cache", {{"path", entry.path.string()}});
  }
}

}  // namespace cairn::oci
