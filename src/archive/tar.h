// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/stream.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::archive {

enum class EntryType { file, hard_link, symlink, char_device, block_device, directory, fifo };

// A run of data bytes in a sparse file; the rest reads as zeros.
struct SparseRun {
  std::uint64_t offset;
  std::uint64_t size;
};

// One member of a tar archive, its extensions already applied.
struct TarEntry {
  // As in the archive but for this: no leading "/" or "./", no empty and no "." parts, no trailing "/".
  // The root itself is "". Never has a ".." part, a NUL, a part over 255 bytes, or over 4096 bytes in all.
  std::string path;
  EntryType type = EntryType::file;
  std::uint32_t mode = 0;  // permission, setuid, setgid and sticky bits only (07777)
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::int64_t mtime = 0;   // seconds; fractions are dropped
  std::uint64_t size = 0;   // content size as a reader of the file sees it (holes included)
  std::string link_target;  // of hard links: normalised like `path`; of symlinks: as it is
  std::uint32_t device_major = 0;
  std::uint32_t device_minor = 0;
  std::map<std::string, std::string> xattrs;  // from SCHILY.xattr.*; at most 64 KiB each and 1 MiB in all
  std::vector<SparseRun> runs;                // of sparse files (PAX 0.0, 0.1, 1.0); empty = not sparse
};

// Streaming reader: POSIX ustar and PAX (IEEE 1003.1-2017, pax), GNU long names and links ('L', 'K'), GNU base-256
// numbers, PAX sparse files. Old GNU sparse, multi-volume and other extensions are refused, not skipped.
// Everything is bounded (docs/formats/tar.md); each violation throws reason::kBadTar naming the entry and the rule.
class TarReader {
 public:
  // `source` must outlive the reader; `name` stands for the archive in errors.
  TarReader(Source& source, std::string name);
  ~TarReader();
  TarReader(const TarReader&) = delete;
  TarReader& operator=(const TarReader&) = delete;

  // The next entry, with what was not read of the one before skipped; empty at the end of the archive.
  // After the end marker the rest of `source` is read and may hold zeros only.
  std::optional<TarEntry> next();

  // The content of the current entry, holes as zeros; valid until next().
  Source& content();

  // Where the content of the current entry begins in `source`, in bytes from where reading began; for entries that are
  // not sparse its bytes lie there in one piece.
  std::uint64_t content_offset() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Writes PAX tar. Same entries, same bytes.
class TarWriter {
 public:
  explicit TarWriter(Sink& out) : out_(out) {}
  // `content` must bring exactly entry.size bytes for files; it is not read for others. Throws on a short source.
  void add(const TarEntry& entry, Source* content);
  // The two zero blocks at the end.
  void finish();

 private:
  Sink& out_;
};

}  // namespace cairn::archive
