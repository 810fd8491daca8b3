// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/stream.h"
#include "core/unique_fd.h"

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace cairn {

// Opens a path, close-on-exec. Throws Error naming the path.
UniqueFd open_read(const std::filesystem::path& path);

// The whole file; throws reason::kTooLarge past `max_bytes`.
std::string read_file(const std::filesystem::path& path, std::size_t max_bytes);

// Reads a descriptor from its current offset.
class FileSource final : public Source {
 public:
  // `name` is used in errors.
  FileSource(UniqueFd fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)) {}
  explicit FileSource(const std::filesystem::path& path) : FileSource(open_read(path), path.string()) {}
  std::size_t read(MutableBytes out) override;

 private:
  UniqueFd fd_;
  std::string name_;
};

// Writes to a descriptor that the caller keeps open.
class FdSink final : public Sink {
 public:
  FdSink(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}
  void write(Bytes data) override;

 private:
  int fd_;
  std::string name_;
};

// Writes all of `data` at the descriptor's offset; throws Error naming `name`.
void write_all(int fd, Bytes data, std::string_view name);

// fsync of a directory, so that names in it are durable.
void sync_directory(const std::filesystem::path& directory);

// A file that appears under its final name only when complete: written as a hidden sibling, synced, renamed.
// Destroyed without commit() it leaves nothing behind.
class AtomicFile final : public Sink {
 public:
  explicit AtomicFile(std::filesystem::path path, mode_t mode = 0644);
  ~AtomicFile() override;
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(Bytes data) override;
  int fd() const { return fd_.get(); }
  const std::filesystem::path& temporary() const { return temporary_; }
  // fsync, rename over the final name, fsync of the directory.
  void commit();

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  UniqueFd fd_;
};

// AtomicFile in one call.
void atomic_write(const std::filesystem::path& path, Bytes data, mode_t mode = 0644);

// A directory, mode 0700, removed with all that is in it when the owner goes.
class TempDir {
 public:
  // Made as `parent`/.<prefix>-XXXXXX.
  TempDir(const std::filesystem::path& parent, std::string_view prefix);
  ~TempDir();
  TempDir(TempDir&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TempDir& operator=(TempDir&&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// $TMPDIR or /tmp.
std::filesystem::path default_temp_parent();

}  // namespace cairn
