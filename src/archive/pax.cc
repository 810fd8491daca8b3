// SPDX-License-Identifier: Apache-2.0
#include "archive/pax.h"

#include "archive/reasons.h"
#include "core/base64.h"
#include "core/text.h"

#include <charconv>
#include <utility>

namespace cairn::archive {
namespace {

constexpr std::string_view kXattr = "SCHILY.xattr.";
constexpr std::string_view kLibarchiveXattr = "LIBARCHIVE.xattr.";
constexpr std::string_view kSparse = "GNU.sparse.";
constexpr std::size_t kMaxXattrName = 255;
constexpr std::size_t kMaxXattrValue = 64 * 1024;
constexpr std::size_t kMaxXattrs = 1024 * 1024;
constexpr std::size_t kMaxSparseRuns = 100'000;

std::uint64_t number(std::string_view key, std::string_view value) {
  if (const auto parsed = parse_number(value)) return *parsed;
  throw Error(reason::kBadTar, "the pax record {} is \"{}\", not a number", printable(key, 64), printable(value, 64));
}

// "-12.75": whole seconds, rounded down.
std::int64_t seconds(std::string_view key, std::string_view value) {
  const std::string_view whole = value.substr(0, value.find('.'));
  const std::string_view fraction = whole.size() < value.size() ? value.substr(whole.size() + 1) : std::string_view();
  std::int64_t parsed = 0;
  const auto [end, problem] = std::from_chars(whole.data(), whole.data() + whole.size(), parsed);
  const bool digits = fraction.find_first_not_of("0123456789") == std::string_view::npos;
  if (whole.empty() || problem != std::errc() || end != whole.data() + whole.size() || !digits) {
    throw Error(reason::kBadTar, "the pax record {} is \"{}\", not a time", printable(key, 64), printable(value, 64));
  }
  const bool round_down = whole.starts_with('-') && fraction.find_first_not_of('0') != std::string_view::npos;
  return round_down ? parsed - 1 : parsed;
}

std::string without_nul(std::string_view key, std::string_view value) {
  if (value.find('\0') != std::string_view::npos) {
    throw Error(reason::kBadTar, "the pax record {} holds a NUL", printable(key, 64));
  }
  return std::string(value);
}

void add_run(PaxRecords& records, SparseRun run) {
  if (records.sparse_runs.size() >= kMaxSparseRuns) {
    throw Error(reason::kBadTar, "a sparse map has more than {} runs", kMaxSparseRuns);
  }
  records.sparse_runs.push_back(run);
}

// "offset,size,offset,size,..."
void parse_sparse_map(std::string_view value, PaxRecords& records) {
  records.sparse_runs.clear();
  if (value.empty()) return;
  const auto parts = split(value, ',');
  if (parts.size() % 2 != 0) throw Error(reason::kBadTar, "a sparse map has an odd number of fields");
  for (std::size_t i = 0; i < parts.size(); i += 2) {
    add_run(records, {.offset = number("GNU.sparse.map", parts[i]), .size = number("GNU.sparse.map", parts[i + 1])});
  }
}

void take_sparse(std::string_view key, std::string_view value, PaxRecords& records) {
  if (key == "GNU.sparse.major") {
    records.sparse_major = number(key, value);
  } else if (key == "GNU.sparse.minor") {
    records.sparse_minor = number(key, value);
  } else if (key == "GNU.sparse.name") {
    records.sparse_name = without_nul(key, value);
  } else if (key == "GNU.sparse.size" || key == "GNU.sparse.realsize") {
    records.sparse_real_size = number(key, value);
  } else if (key == "GNU.sparse.map") {
    parse_sparse_map(value, records);
  } else if (key == "GNU.sparse.numblocks") {
    records.sparse_count = number(key, value);
  } else if (key == "GNU.sparse.offset") {  // format 0.0: pairs of records, in order
    if (records.sparse_offset) throw Error(reason::kBadTar, "a sparse map has two offsets in a row");
    records.sparse_offset = number(key, value);
  } else if (key == "GNU.sparse.numbytes") {
    if (!records.sparse_offset) throw Error(reason::kBadTar, "a sparse map has a size without an offset");
    add_run(records, {.offset = *std::exchange(records.sparse_offset, std::nullopt), .size = number(key, value)});
  } else {
    throw Error(reason::kTarUnsupported, "the pax record {} is not supported", printable(key, 64));
  }
}

void take_xattr(std::string_view name, std::string_view value, PaxRecords& records) {
  if (name.empty() || name.size() > kMaxXattrName || value.size() > kMaxXattrValue) {
    throw Error(reason::kBadTar, "the extended attribute {} has no name or is too large", printable(name, 64));
  }
  const auto [slot, is_new] = records.xattrs.try_emplace(without_nul("SCHILY.xattr", name));
  records.xattr_bytes += (is_new ? name.size() : 0) + value.size() - slot->second.size();
  if (records.xattr_bytes > kMaxXattrs) {
    throw Error(reason::kBadTar, "the extended attributes of one member are larger than {} bytes", kMaxXattrs);
  }
  slot->second = value;
}

// libarchive writes each attribute in two forms and reads both, others read one: they must say the same. Names that its
// form escapes are never the same.
void check_libarchive_xattrs(const PaxRecords& records) {
  for (const auto& [name, text] : records.libarchive_xattrs) {
    const auto same = records.xattrs.find(name);
    if (same == records.xattrs.end() || decode_base64(text) != same->second) {
      throw Error(reason::kBadTar, "the extended attribute {} has no equal {} record", printable(name, 64), kXattr);
    }
  }
}

std::string name(std::string_view key, std::string_view value) {
  // The standard says that an empty value takes the header's; most readers take the empty name.
  if (value.empty()) throw Error(reason::kBadTar, "the pax record {} is empty", key);
  return without_nul(key, value);
}

void take(std::string_view key, std::string_view value, PaxRecords& records) {
  if (key == "path") {
    records.path = name(key, value);
  } else if (key == "linkpath") {
    records.link_path = name(key, value);
  } else if (key == "size") {
    records.size = number(key, value);
  } else if (key == "uid") {
    records.uid = number(key, value);
  } else if (key == "gid") {
    records.gid = number(key, value);
  } else if (key == "mtime") {
    records.mtime = seconds(key, value);
  } else if (key.starts_with(kXattr)) {
    take_xattr(key.substr(kXattr.size()), value, records);
  } else if (key.starts_with(kLibarchiveXattr)) {
    records.libarchive_xattrs[std::string(key.substr(kLibarchiveXattr.size()))] = value;
  } else if (key.starts_with(kSparse)) {
    take_sparse(key, value, records);
  }
  // Others say nothing that a root tree keeps (comment, atime, uname, LIBARCHIVE.creationtime, SCHILY.dev and so on).
}

// Whether a record says more than whose a member is and when it was changed.
bool changes_content(std::string_view key) {
  return key == "path" || key == "linkpath" || key == "size" || key.starts_with(kXattr) || key.starts_with(kSparse);
}

}  // namespace

void parse_pax(std::string_view text, PaxScope scope, PaxRecords& records) {
  while (!text.empty()) {
    const std::size_t space = text.find(' ');
    const auto length = parse_number(text.substr(0, std::min(space, text.size())));
    if (space == std::string_view::npos || space > 20 || !length || *length <= space + 1 || *length > text.size() ||
        text[*length - 1] != '\n') {
      throw Error(reason::kBadTar, "a pax record has a wrong length");
    }
    const std::string_view record = text.substr(space + 1, *length - space - 2);
    const std::size_t equals = record.find('=');
    if (equals == std::string_view::npos || equals == 0) throw Error(reason::kBadTar, "a pax record has no key");
    const std::string_view key = record.substr(0, equals);
    if (scope == PaxScope::global && changes_content(key)) {
      throw Error(reason::kTarUnsupported, "a global header sets {}, which programs disagree about",
                  printable(key, 64));
    }
    take(key, record.substr(equals + 1), records);
    text.remove_prefix(*length);
  }
  if (records.sparse_offset) throw Error(reason::kBadTar, "a sparse map has an offset without a size");
  check_libarchive_xattrs(records);
}

std::string pax_record(std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;  // " ", "=", "\n"
  std::size_t length = rest + std::to_string(rest).size();
  if (std::to_string(length).size() + rest != length) ++length;  // the length itself grew a digit
  return fmt::format("{} {}={}\n", length, key, value);
}

}  // namespace cairn::archive
