// SPDX-License-Identifier: Apache-2.0
#include "archive/pax.h"
#include "archive/reasons.h"
#include "archive/tar.h"
#include "archive/tar_header.h"
#include "core/text.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace cairn::archive {
namespace {

constexpr std::uint64_t kMaxExtension = 1 << 20;        // bytes of one extended header
constexpr std::size_t kMaxPath = 4096;                  // bytes
constexpr std::size_t kMaxPart = 255;                   // bytes between slashes
constexpr std::uint64_t kMaxSize = 1ULL << 42;          // bytes stored of one member
constexpr std::uint64_t kMaxSparseSize = 64ULL << 30;   // bytes of a file with its holes
constexpr std::uint64_t kMaxId = 0xfffffffeU;           // the largest uid is no owner

// Without "/", "./", doubled and trailing slashes. Throws for what must not become a name.
std::string normal_path(std::string_view raw) {
  if (raw.find('\0') != std::string_view::npos) throw Error(reason::kBadTar, "a name holds a NUL");
  if (raw.size() > kMaxPath) throw Error(reason::kBadTar, "a name is longer than {} bytes", kMaxPath);
  std::string path;
  while (!raw.empty()) {
    const std::string_view part = raw.substr(0, raw.find('/'));
    raw.remove_prefix(std::min(raw.size(), part.size() + 1));
    if (part.empty() || part == ".") continue;
    if (part == "..") throw Error(reason::kBadTar, "a name has a \"..\" part");
    if (part.size() > kMaxPart) throw Error(reason::kBadTar, "a part of a name is longer than {} bytes", kMaxPart);
    if (!path.empty()) path += '/';
    path += part;
  }
  return path;
}

std::uint32_t bounded(std::uint64_t value, std::uint64_t most, std::string_view what) {
  if (value > most) throw Error(reason::kBadTar, "the {} {} is out of range", what, value);
  return static_cast<std::uint32_t>(value);
}

std::optional<EntryType> entry_type(const TarHeader& header) {
  switch (header.type) {
    case '\0':  // v7: a directory is told by its slash
      return header.name.ends_with('/') ? EntryType::directory : EntryType::file;
    case '0':
    case '7': return EntryType::file;
    case '1': return EntryType::hard_link;
    case '2': return EntryType::symlink;
    case '3': return EntryType::char_device;
    case '4': return EntryType::block_device;
    case '5': return EntryType::directory;
    case '6': return EntryType::fifo;
    default: return std::nullopt;
  }
}

// Runs in order, apart, within the file, and as many bytes as are stored.
void check_runs(const TarEntry& entry, std::uint64_t stored) {
  std::uint64_t position = 0;
  std::uint64_t total = 0;
  for (const SparseRun& run : entry.runs) {
    if (run.offset < position || run.offset > entry.size || run.size > entry.size - run.offset) {
      throw Error(reason::kBadTar, "the sparse map has runs out of order or outside of the file");
    }
    position = run.offset + run.size;
    total += run.size;
  }
  if (total != stored) {
    throw Error(reason::kBadTar, "the sparse map speaks of {} bytes, {} are stored", total, stored);
  }
}

}  // namespace

struct TarReader::State : Source {
  State(Source& from, std::string archive) : source(from), name(std::move(archive)) {}

  Source& source;
  std::string name;
  PaxRecords global;
  TarEntry entry;
  std::uint64_t stored_left = 0;  // bytes of the current member not read yet
  std::uint64_t padding = 0;      // behind it, to the block border
  std::uint64_t position = 0;     // in the content as a reader of the file sees it
  std::size_t run = 0;            // of entry.runs, when sparse
  std::uint64_t consumed = 0;     // bytes of `source` behind us
  bool ended = false;

  std::array<std::byte, 64 * 1024> buffer;
  std::size_t buffered_from = 0;
  std::size_t buffered_to = 0;

  std::optional<TarEntry> read_next();
  std::size_t read(MutableBytes out) override;

  bool read_block(MutableBytes block);
  std::size_t read_raw(MutableBytes out);
  std::string read_extension(const TarHeader& header);
  void skip(std::uint64_t count);
  void read_end();
  void begin_member(const TarHeader& header, PaxRecords records, const std::optional<std::string>& long_name,
                    const std::optional<std::string>& long_link);
  void begin_sparse(const PaxRecords& records);
  std::vector<SparseRun> read_sparse_map();
};

// Small reads come from a buffer, large ones go straight through.
std::size_t TarReader::State::read_raw(MutableBytes out) {
  if (buffered_from == buffered_to) {
    if (out.size() >= buffer.size()) {
      const std::size_t count = source.read(out);
      consumed += count;
      return count;
    }
    buffered_from = 0;
    buffered_to = source.read(buffer);
  }
  const std::size_t count = std::min(out.size(), buffered_to - buffered_from);
  std::memcpy(out.data(), buffer.data() + buffered_from, count);
  buffered_from += count;
  consumed += count;
  return count;
}

// False at a clean end of the stream.
bool TarReader::State::read_block(MutableBytes block) {
  std::size_t done = 0;
  while (done < block.size()) {
    const std::size_t count = read_raw(block.subspan(done));
    if (count == 0) break;
    done += count;
  }
  if (done == 0) return false;
  if (done < block.size()) throw Error(reason::kBadTar, "the archive is cut off");
  return true;
}

void TarReader::State::skip(std::uint64_t count) {
  std::array<std::byte, 16 * 1024> scratch;
  while (count > 0) {
    const std::size_t read = read_raw(MutableBytes(scratch).first(std::min<std::uint64_t>(count, scratch.size())));
    if (read == 0) throw Error(reason::kBadTar, "the archive is cut off");
    count -= read;
  }
}

// After the first block of zeros: a second one, then zeros to the end.
void TarReader::State::read_end() {
  ended = true;
  std::array<std::byte, 16 * 1024> scratch;
  while (const std::size_t count = read_raw(scratch)) {
    const bool zeros = std::all_of(scratch.begin(), scratch.begin() + static_cast<std::ptrdiff_t>(count),
                                   [](std::byte b) { return b == std::byte{0}; });
    if (!zeros) throw Error(reason::kBadTar, "data follows the end of the archive");
  }
}

std::string TarReader::State::read_extension(const TarHeader& header) {
  if (header.size > kMaxExtension) {
    throw Error(reason::kBadTar, "an extended header of {} bytes is larger than {}", header.size, kMaxExtension);
  }
  std::string text(header.size, '\0');
  if (!text.empty() && !read_block(std::as_writable_bytes(std::span(text)))) {
    throw Error(reason::kBadTar, "the archive is cut off");
  }
  skip((kTarBlock - header.size % kTarBlock) % kTarBlock);
  return text;
}

std::optional<TarEntry> TarReader::State::read_next() {
  if (ended) return std::nullopt;
  skip(stored_left + padding);
  stored_left = padding = 0;
  std::optional<PaxRecords> local;
  std::optional<std::string> long_name;
  std::optional<std::string> long_link;
  const auto once = [](bool seen) {
    if (seen) throw Error(reason::kBadTar, "two extended headers of one kind stand before one member");
  };
  while (true) {
    std::array<std::byte, kTarBlock> block;
    const bool there = read_block(block);
    const std::optional<TarHeader> header = there ? parse_tar_header(block) : std::nullopt;
    if (!header) {
      if (local || long_name || long_link) throw Error(reason::kBadTar, "an extended header stands before no member");
      if (there) read_end();
      ended = true;
      return std::nullopt;
    }
    switch (header->type) {
      case 'g': parse_pax(read_extension(*header), global); break;
      case 'x':
        once(local.has_value());
        local = global;
        parse_pax(read_extension(*header), *local);
        break;
      case 'L':
        once(long_name.has_value());
        long_name = read_extension(*header);
        break;
      case 'K':
        once(long_link.has_value());
        long_link = read_extension(*header);
        break;
      default: begin_member(*header, local ? *std::move(local) : global, long_name, long_link); return entry;
    }
  }
}

void TarReader::State::begin_member(const TarHeader& header, PaxRecords records,
                                    const std::optional<std::string>& long_name,
                                    const std::optional<std::string>& long_link) {
  const auto type = entry_type(header);
  if (!type) {
    throw Error(reason::kTarUnsupported, "\"{}\" is of type '{}'", printable(header.name), printable({&header.type, 1}));
  }
  // Readers disagree on which of two names counts, and that is how a name gets past a check: refuse.
  if ((long_name && records.path) || (long_link && records.link_path)) {
    throw Error(reason::kBadTar, "a member has both a pax and a GNU long name");
  }
  const auto unterminated = [](std::string text) {
    if (text.ends_with('\0')) text.pop_back();
    return text;
  };
  entry = TarEntry{};
  entry.type = *type;
  std::string raw_name = records.path ? *records.path : long_name ? unterminated(*long_name) : header.name;
  if (records.sparse_name) raw_name = *records.sparse_name;
  const std::string raw_link = records.link_path ? *records.link_path : long_link ? unterminated(*long_link) : header.link_name;
  entry.path = normal_path(raw_name);
  with_context(fmt::format("member \"{}\"", printable(entry.path)), [&] {
    if (entry.path.empty() && entry.type != EntryType::directory) {
      throw Error(reason::kBadTar, "the root is not a directory");
    }
    entry.mode = static_cast<std::uint32_t>(header.mode & 07777);
    entry.uid = bounded(records.uid.value_or(header.uid), kMaxId, "owner");
    entry.gid = bounded(records.gid.value_or(header.gid), kMaxId, "group");
    entry.mtime = records.mtime.value_or(header.mtime);
    entry.device_major = bounded(header.device_major, 0xfff, "major device number");
    entry.device_minor = bounded(header.device_minor, 0xfffff, "minor device number");
    entry.xattrs = std::move(records.xattrs);
    const std::uint64_t stored = records.size.value_or(header.size);
    if (entry.type == EntryType::hard_link) {
      entry.link_target = normal_path(raw_link);
      if (records.size.value_or(0) != 0) throw Error(reason::kBadTar, "a hard link has content of its own");
      return;  // a size in the header says how large the target is: no content follows
    }
    if (entry.type == EntryType::symlink) {
      if (raw_link.empty() || raw_link.size() > kMaxPath || raw_link.find('\0') != std::string::npos) {
        throw Error(reason::kBadTar, "the target of a symlink is empty, too long or holds a NUL");
      }
      entry.link_target = raw_link;
    }
    if (stored > kMaxSize) throw Error(reason::kBadTar, "a size of {} bytes is out of range", stored);
    if (entry.type != EntryType::file && stored != 0) {
      throw Error(reason::kBadTar, "something that is no file has {} bytes of content", stored);
    }
    if (entry.type != EntryType::file) return;
    entry.size = stored_left = stored;
    padding = (kTarBlock - stored % kTarBlock) % kTarBlock;
    position = 0;
    run = 0;
    if (records.sparse()) begin_sparse(records);
  });
}

void TarReader::State::begin_sparse(const PaxRecords& records) {
  const std::uint64_t major = records.sparse_major.value_or(0);
  if (major > 1 || records.sparse_minor.value_or(0) > 1 || (major == 1 && records.sparse_minor.value_or(0) != 0)) {
    throw Error(reason::kTarUnsupported, "the sparse format {}.{} is not known", major, records.sparse_minor.value_or(0));
  }
  if (!records.sparse_real_size) throw Error(reason::kBadTar, "a sparse file has no size");
  if (*records.sparse_real_size > kMaxSparseSize) {
    throw Error(reason::kBadTar, "a sparse file of {} is larger than {}", human_size(*records.sparse_real_size),
                human_size(kMaxSparseSize));
  }
  entry.runs = major == 1 ? read_sparse_map() : records.sparse_runs;
  entry.size = *records.sparse_real_size;
  check_runs(entry, stored_left);
  // A file that is one hole: an empty run says "sparse" where an empty list would say "not sparse".
  if (entry.runs.empty()) entry.runs.push_back({.offset = entry.size, .size = 0});
}

// Format 1.0: decimal lines in front of the content, padded to the block border: count, then offset and size of each.
std::vector<SparseRun> TarReader::State::read_sparse_map() {
  std::string text;
  std::size_t used = 0;
  const auto next_number = [&] {
    std::size_t end = text.find('\n', used);
    while (end == std::string::npos) {
      if (stored_left < kTarBlock || text.size() > kMaxExtension) {
        throw Error(reason::kBadTar, "the sparse map is cut off or too long");
      }
      std::array<std::byte, kTarBlock> block;
      if (!read_block(block)) throw Error(reason::kBadTar, "the archive is cut off");
      stored_left -= kTarBlock;
      text += as_text(block);
      end = text.find('\n', used);
    }
    const auto value = parse_number(std::string_view(text).substr(used, end - used));
    if (!value) throw Error(reason::kBadTar, "the sparse map holds something that is no number");
    used = end + 1;
    return *value;
  };
  std::vector<SparseRun> runs;
  for (std::uint64_t count = next_number(); count > 0; --count) {
    const std::uint64_t offset = next_number();
    runs.push_back({.offset = offset, .size = next_number()});
  }
  return runs;
}

std::size_t TarReader::State::read(MutableBytes out) {
  if (entry.type != EntryType::file || position == entry.size) return 0;
  std::uint64_t most = std::min<std::uint64_t>(out.size(), entry.size - position);
  if (!entry.runs.empty()) {
    while (run < entry.runs.size() && position >= entry.runs[run].offset + entry.runs[run].size) ++run;
    const std::uint64_t data_begins = run < entry.runs.size() ? entry.runs[run].offset : entry.size;
    if (position < data_begins) {
      most = std::min(most, data_begins - position);
      std::memset(out.data(), 0, most);
      position += most;
      return most;
    }
    most = std::min(most, entry.runs[run].offset + entry.runs[run].size - position);
  }
  const std::size_t count = read_raw(out.first(most));
  if (count == 0) throw Error(reason::kBadTar, "the archive is cut off");
  position += count;
  stored_left -= count;
  return count;
}

TarReader::TarReader(Source& source, std::string name) : state_(std::make_unique<State>(source, std::move(name))) {}
TarReader::~TarReader() = default;

std::optional<TarEntry> TarReader::next() {
  return with_context(state_->name, [&] { return state_->read_next(); });
}

Source& TarReader::content() { return *state_; }

std::uint64_t TarReader::content_offset() const { return state_->consumed; }

}  // namespace cairn::archive
