// SPDX-License-Identifier: Apache-2.0
#include "snapshot/transaction.h"

#include "core/clock.h"
#include "core/file.h"
#include "core/log.h"
#include "snapshot/reasons.h"
#include "snapshot/xxh3.h"

#include <fcntl.h>

#include <algorithm>

namespace cairn::snapshot {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBufferSize = 1 << 20;

struct Sums {
  std::string xxh3;
  std::string sha256;
};

// Both sums of a file; `with_sha256` only where it is wanted, it is the slow one.
Sums sums_of(const fs::path& path, bool with_sha256) {
  FileSource source(path);
  std::vector<std::byte> buffer(kBufferSize);
  RunningXxh3 xxh3;
  Hasher sha256;
  while (const std::size_t count = source.read(buffer)) {
    const Bytes data = Bytes(buffer).first(count);
    xxh3.add(data);
    if (with_sha256) sha256.write(data);
  }
  return {xxh3.hex(), with_sha256 ? std::string(sha256.finish().hex()) : std::string()};
}

// What was flushed is dropped from the page cache, so that the next read comes from the disk.
void forget_cached(const fs::path& path) {
  const UniqueFd file = open_read(path);
  ::posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED);
}

}  // namespace

SnapshotFile::SnapshotFile(Effects& effects, fs::path path, std::uint64_t reserved)
    : effects_(effects),
      path_(std::move(path)),
      file_(effects.create(path_, 0600)),
      reserved_(reserved),
      xxh3_(std::make_unique<RunningXxh3>()),
      sha256_(std::make_unique<Hasher>()) {
  if (reserved_ == 0) return;
  try {
    effects_.allocate(file_, reserved_);
  } catch (const Error&) {  // recovers nothing: an object that was not made closes nothing
    close();
    throw;
  }
}

SnapshotFile::~SnapshotFile() {
  if (!open_) return;
  try {
    close();
  } catch (const Error&) {  // recovers nothing: whoever gave up this file has an error to report already
  }
}

void SnapshotFile::close() {
  open_ = false;
  effects_.close(file_);
}

void SnapshotFile::write_at(std::uint64_t offset, Bytes data) {
  effects_.write(file_, offset, data);
  only_appended_ = only_appended_ && offset == size_;
  if (only_appended_) {
    xxh3_->add(data);
    sha256_->write(data);
  }
  size_ = std::max(size_, offset + data.size());
}

void SnapshotFile::resize(std::uint64_t size) {
  if (size > size_) {
    const std::vector<std::byte> zeros(size - size_);
    write_at(size_, zeros);
  } else if (size < size_) {
    // Cut to size when the file is sealed.
    only_appended_ = false;
    written_ = std::max(written_, size_);
    size_ = size;
  }
}

FileRecord SnapshotFile::seal() {
  if (size_ < std::max(reserved_, written_)) effects_.truncate(file_, size_);
  const Sums written = only_appended_ ? Sums{xxh3_->hex(), std::string(sha256_->finish().hex())} : sums_of(path_, true);
  effects_.sync(file_);
  close();
  forget_cached(path_);
  if (sums_of(path_, false).xxh3 != written.xxh3) throw Error(reason::kReadBack, "reading back {}", path_.string());
  return {.path = path_.filename().string(), .size = size_, .sha256 = written.sha256};
}

Transaction::Transaction(SnapshotStore& store, Number number)
    : store_(store), number_(number), directory_(store.root() / fmt::format(".new-{}", number)) {
  store_.effects().make_directory(directory_, 0700);
}

Transaction::~Transaction() {
  if (!finished_) abandon();
}

SnapshotFile& Transaction::reserve(const std::string& name, std::uint64_t bytes) {
  return *files_.emplace_back(std::make_unique<SnapshotFile>(store_.effects(), directory_ / name, bytes));
}

void Transaction::write(SnapshotFile& file, Source& source, const std::stop_token& stop) {
  std::vector<std::byte> buffer(kBufferSize);
  while (const std::size_t count = read_full(source, buffer)) {
    check_canceled(stop);
    file.write_at(file.size(), Bytes(buffer).first(count));
  }
  seal(file);
}

void Transaction::seal(SnapshotFile& file) { records_.push_back(file.seal()); }

void Transaction::write_text(const std::string& name, std::string_view text) {
  SnapshotFile& file = reserve(name, 0);
  file.write_at(0, as_bytes(text));
  file.seal();
}

void Transaction::finish(Manifest manifest) {
  manifest.files = records_;
  write_text("manifest.json", to_text(manifest));
  Effects& effects = store_.effects();
  effects.sync_directory(directory_);
  effects.rename(directory_, store_.directory(number_));
  renamed_ = true;
  effects.sync_directory(store_.root());
  store_.settle();
  finished_ = true;
}

void Transaction::abandon() noexcept {
  files_.clear();
  try {
    if (renamed_) return store_.remove({number_});
    std::vector<fs::path> paths;
    for (const auto& entry : fs::directory_iterator(directory_)) paths.push_back(entry.path());
    for (const fs::path& path : paths) store_.effects().remove(path);
    store_.effects().remove(directory_);
  } catch (const std::exception& error) {  // the next transaction removes what is left
    log::warning("an abandoned snapshot was not removed", {{"number", number_}, {"error", error.what()}});
  }
}

}  // namespace cairn::snapshot
