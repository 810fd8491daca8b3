// SPDX-License-Identifier: Apache-2.0
#include "archive/pax.h"
#include "archive/reasons.h"
#include "archive/tar.h"
#include "archive/tar_header.h"
#include "archive/tar_input.h"
#include "core/text.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace cairn::archive {
namespace {

constexpr std::uint64_t kMaxExtension = 1 << 20;       // bytes of one extended header
constexpr std::size_t kMaxPath = 4096;                 // bytes
constexpr std::size_t kMaxPart = 255;                  // bytes between slashes
constexpr std::uint64_t kMaxSize = 1ULL << 42;         // bytes stored of one member
constexpr std::uint64_t kMaxSparseSize = 64ULL << 30;  // bytes of a file with its holes
constexpr std::uint64_t kMaxId = 0xfffffffeU;          // the largest uid is no owner

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

EntryType entry_type(const TarHeader& header, std::string_view raw_name) {
  switch (header.type) {
    case '\0':  // v7: a directory is told by its slash
      if (raw_name.ends_with('/') && raw_name == header.name) return EntryType::directory;
      [[fallthrough]];
    case '0':
    case '7':
      if (!raw_name.ends_with('/')) return EntryType::file;
      throw Error(reason::kBadTar, "the name of a file ends in a slash: some programs make a directory of it");
    case '1': return EntryType::hard_link;
    case '2': return EntryType::symlink;
    case '3': return EntryType::char_device;
    case '4': return EntryType::block_device;
    case '5': return EntryType::directory;
    case '6': return EntryType::fifo;
    default: throw Error(reason::kTarUnsupported, "the type '{}' is not supported", printable({&header.type, 1}));
  }
}

std::uint64_t padding_of(std::uint64_t size) { return (kTarBlock - size % kTarBlock) % kTarBlock; }

// Runs in order, apart, within the file, and as many bytes as are stored. GNU tar begins each run on a block border of
// the archive and ends the file with the last run, others don't: only maps for which that is the same are read.
void check_runs(const TarEntry& entry, std::uint64_t stored) {
  std::uint64_t position = 0;
  std::uint64_t total = 0;
  for (const SparseRun& run : entry.runs) {
    if (run.offset < position || run.offset > entry.size || run.size > entry.size - run.offset) {
      throw Error(reason::kBadTar, "the sparse map has runs out of order or outside of the file");
    }
    if (run.size > 0 && total % kTarBlock != 0) {
      throw Error(reason::kBadTar, "the sparse map has a run of no whole blocks before another");
    }
    position = run.offset + run.size;
    total += run.size;
  }
  if (total != stored) {
    throw Error(reason::kBadTar, "the sparse map speaks of {} bytes, {} are stored", total, stored);
  }
  if (position != entry.size) throw Error(reason::kBadTar, "the sparse map ends before the end of the file");
}

// What stood before a member's own header.
struct Extensions {
  std::optional<PaxRecords> pax;
  std::optional<std::string> long_name;
  std::optional<std::string> long_link;

  bool any() const { return pax || long_name || long_link; }
};

// A GNU long name (padded to whole blocks, `size` bytes by its header) ends at its NULs. Without any, some readers go
// on behind its size.
std::string long_name(std::string text, std::uint64_t size) {
  if (text.size() > size && text[size] != '\0' && !text.substr(0, size).ends_with('\0')) {
    throw Error(reason::kBadTar, "a GNU long name goes on behind its size");
  }
  text.resize(size);
  text.resize(text.find_last_not_of('\0') + 1);
  return text;
}

}  // namespace

struct TarReader::State : Source {
  State(Source& source, std::string archive) : input(source), name(std::move(archive)) {}

  TarInput input;
  std::string name;
  PaxRecords global;
  TarEntry entry;
  std::optional<std::string> member;  // the raw name of the current one, once it is known
  std::uint64_t header_at = 0;        // where the last header began
  std::uint64_t stored_left = 0;      // bytes of the current member not read yet
  std::uint64_t padding = 0;          // behind it, to the block border
  std::uint64_t position = 0;         // in the content as a reader of the file sees it
  std::uint64_t content_at = 0;       // where it begins in the input
  std::size_t run = 0;                // of entry.runs, when sparse
  bool ended = false;

  std::optional<TarEntry> read_next();
  std::size_t read(MutableBytes out) override;

  template <class Body>
  auto locate_errors(Body&& body);
  std::optional<TarHeader> read_header();
  std::string read_extension(const TarHeader& header);
  void begin_member(const TarHeader& header, Extensions extensions);
  void set_link(const std::string& raw_link);
  void set_size(std::uint64_t stored);
  void begin_sparse(const PaxRecords& records);
  std::vector<SparseRun> read_sparse_map();
  std::size_t read_content(MutableBytes out);
};

// Errors say which archive and which member, or where in the archive. The text is made only when there is one.
template <class Body>
auto TarReader::State::locate_errors(Body&& body) {
  try {
    return body();
  } catch (Error& error) {  // recovers nothing: adds context and passes on
    error.add_context(member ? fmt::format("{}: member \"{}\"", name, printable(*member))
                             : fmt::format("{}: header at byte {}", name, header_at));
    throw;
  }
}

// Empty at the end marker and at a clean end of the stream.
std::optional<TarHeader> TarReader::State::read_header() {
  header_at = input.position();
  std::array<std::byte, kTarBlock> block;
  if (!input.read_whole(block)) return std::nullopt;
  auto header = parse_tar_header(block);
  if (!header && !input.only_zeros_follow()) throw Error(reason::kBadTar, "data follows the end of the archive");
  return header;
}

// The text of an extended header with its padding.
std::string TarReader::State::read_extension(const TarHeader& header) {
  if (header.size > kMaxExtension) {
    throw Error(reason::kBadTar, "an extended header of {} bytes is larger than {}", header.size, kMaxExtension);
  }
  std::string text(header.size + padding_of(header.size), '\0');
  if (!text.empty() && !input.read_whole(std::as_writable_bytes(std::span(text)))) throw_cut_off();
  return text;
}

std::optional<TarEntry> TarReader::State::read_next() {
  if (ended) return std::nullopt;
  input.skip(stored_left + padding);
  stored_left = padding = 0;
  member.reset();
  Extensions extensions;
  const auto only_once = [](bool seen) {
    if (seen) throw Error(reason::kBadTar, "two extended headers of one kind stand before one member");
  };
  while (true) {
    const auto header = read_header();
    if (!header) {
      if (extensions.any()) throw Error(reason::kBadTar, "an extended header stands before no member");
      ended = true;
      return std::nullopt;
    }
    switch (header->type) {
      case 'g':
        if (extensions.any()) throw Error(reason::kBadTar, "a global header stands between a member and its own");
        parse_pax(std::string_view(read_extension(*header)).substr(0, header->size), PaxScope::global, global);
        break;
      case 'x':
        only_once(extensions.pax.has_value());
        extensions.pax = global;
        parse_pax(std::string_view(read_extension(*header)).substr(0, header->size), PaxScope::member, *extensions.pax);
        break;
      case 'L':
        only_once(extensions.long_name.has_value());
        extensions.long_name = long_name(read_extension(*header), header->size);
        break;
      case 'K':
        only_once(extensions.long_link.has_value());
        extensions.long_link = long_name(read_extension(*header), header->size);
        break;
      default: begin_member(*header, std::move(extensions)); return entry;
    }
  }
}

void TarReader::State::begin_member(const TarHeader& header, Extensions extensions) {
  PaxRecords records = extensions.pax ? *std::move(extensions.pax) : global;
  // Readers disagree on which of two names counts, and that is how a name gets past a check: refuse.
  if ((extensions.long_name && records.path) || (extensions.long_link && records.link_path)) {
    throw Error(reason::kBadTar, "a member has both a pax and a GNU long name");
  }
  const std::string raw_name = records.sparse_name    ? *records.sparse_name
                               : records.path         ? *records.path
                               : extensions.long_name ? *extensions.long_name
                                                      : header.name;
  member = raw_name;
  entry = TarEntry{};
  entry.type = entry_type(header, raw_name);
  entry.path = normal_path(raw_name);
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
  set_link(records.link_path ? *records.link_path : extensions.long_link ? *extensions.long_link : header.link_name);
  // A size in a hard link's header says how large the target is: no content follows. In a record it is content.
  set_size(records.size.value_or(entry.type == EntryType::hard_link ? 0 : header.size));
  if ((records.sparse() || records.sparse_name) && entry.type != EntryType::file) {
    throw Error(reason::kBadTar, "something that is no file is sparse");
  }
  if (records.sparse()) begin_sparse(records);
  if (records.sparse_name && !records.sparse()) throw Error(reason::kBadTar, "a sparse name stands alone");
  content_at = input.position();
}

void TarReader::State::set_link(const std::string& raw_link) {
  if (entry.type != EntryType::hard_link && entry.type != EntryType::symlink) return;
  if (raw_link.empty() || raw_link.size() > kMaxPath || raw_link.find('\0') != std::string::npos) {
    throw Error(reason::kBadTar, "the target of a link is empty, too long or holds a NUL");
  }
  entry.link_target = entry.type == EntryType::hard_link ? normal_path(raw_link) : raw_link;
}

void TarReader::State::set_size(std::uint64_t stored) {
  if (stored > kMaxSize) throw Error(reason::kBadTar, "a size of {} bytes is out of range", stored);
  if (entry.type != EntryType::file && stored != 0) {
    throw Error(reason::kBadTar, "something that is no file has {} bytes of content", stored);
  }
  entry.size = stored_left = stored;
  padding = padding_of(stored);
  position = 0;
  run = 0;
}

void TarReader::State::begin_sparse(const PaxRecords& records) {
  const std::uint64_t major = records.sparse_major.value_or(0);
  if (major > 1 || records.sparse_minor.value_or(0) > 1 || (major == 1 && records.sparse_minor.value_or(0) != 0)) {
    throw Error(reason::kTarUnsupported, "the sparse format {}.{} is not known", major,
                records.sparse_minor.value_or(0));
  }
  if (!records.sparse_real_size) throw Error(reason::kBadTar, "a sparse file has no size");
  if (*records.sparse_real_size > kMaxSparseSize) {
    throw Error(reason::kBadTar, "a sparse file of {} is larger than {}", human_size(*records.sparse_real_size),
                human_size(kMaxSparseSize));
  }
  if (records.sparse_count.value_or(records.sparse_runs.size()) != records.sparse_runs.size()) {
    throw Error(reason::kBadTar, "a sparse map has {} runs, {} were promised", records.sparse_runs.size(),
                *records.sparse_count);
  }
  if (major == 1 && !records.sparse_runs.empty()) throw Error(reason::kBadTar, "a sparse file has two maps");
  entry.runs = major == 1 ? read_sparse_map() : records.sparse_runs;
  entry.size = *records.sparse_real_size;
  check_runs(entry, stored_left);
  // An empty file: an empty run says "sparse" where an empty list would say "not sparse".
  if (entry.runs.empty()) entry.runs.push_back({.offset = 0, .size = 0});
}

// Format 1.0: decimal lines in front of the content, padded to the block border: count, then offset and size of each.
std::vector<SparseRun> TarReader::State::read_sparse_map() {
  std::string text;
  std::size_t used = 0;
  std::size_t searched = 0;
  const auto next_number = [&] {
    std::size_t end = text.find('\n', searched);
    while (end == std::string::npos) {
      if (stored_left < kTarBlock || text.size() >= kMaxExtension) {
        throw Error(reason::kBadTar, "the sparse map is cut off or too long");
      }
      searched = text.size();
      text.resize(searched + kTarBlock);
      if (!input.read_whole(std::as_writable_bytes(std::span(text)).subspan(searched))) throw_cut_off();
      stored_left -= kTarBlock;
      end = text.find('\n', searched);
    }
    const auto value = parse_number(std::string_view(text).substr(used, end - used));
    if (!value) throw Error(reason::kBadTar, "the sparse map holds something that is no number");
    used = searched = end + 1;
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
  return locate_errors([&] { return read_content(out); });
}

std::size_t TarReader::State::read_content(MutableBytes out) {
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
  const std::size_t count = input.read(out.first(most));
  if (count == 0) throw_cut_off();
  position += count;
  stored_left -= count;
  return count;
}

TarReader::TarReader(Source& source, std::string name) : state_(std::make_unique<State>(source, std::move(name))) {}
TarReader::~TarReader() = default;

std::optional<TarEntry> TarReader::next() {
  return state_->locate_errors([&] { return state_->read_next(); });
}

Source& TarReader::content() { return *state_; }

std::uint64_t TarReader::content_offset() const { return state_->content_at; }

}  // namespace cairn::archive
