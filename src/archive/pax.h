// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "archive/tar.h"

#include <optional>
#include <string>
#include <string_view>

// Extended header records of POSIX pax (IEEE 1003.1-2017, "pax extended header").
namespace cairn::archive {

// What records say about the next member. Later records override earlier ones; a global header's lie below.
struct PaxRecords {
  std::optional<std::string> path;
  std::optional<std::string> link_path;
  std::optional<std::uint64_t> size;
  std::optional<std::uint64_t> uid;
  std::optional<std::uint64_t> gid;
  std::optional<std::int64_t> mtime;
  std::map<std::string, std::string> xattrs;
  std::size_t xattr_bytes = 0;                           // of all names and values
  std::map<std::string, std::string> libarchive_xattrs;  // the same in libarchive's own form, values in base64

  // GNU.sparse.*
  std::optional<std::uint64_t> sparse_major;
  std::optional<std::uint64_t> sparse_minor;
  std::optional<std::string> sparse_name;
  std::optional<std::uint64_t> sparse_real_size;  // GNU.sparse.size and GNU.sparse.realsize
  std::optional<std::uint64_t> sparse_count;      // GNU.sparse.numblocks
  std::optional<std::uint64_t> sparse_offset;     // of format 0.0, its size not seen yet
  std::vector<SparseRun> sparse_runs;             // of formats 0.0 and 0.1
  bool sparse() const { return sparse_major || sparse_real_size || sparse_count || !sparse_runs.empty(); }
};

enum class PaxScope { member, global };

// Adds the records of one header's text to `records`. A global header may set owners and times only, because common
// readers leave global headers aside. Throws reason::kBadTar or kTarUnsupported; the caller adds where.
void parse_pax(std::string_view text, PaxScope scope, PaxRecords& records);

// One record: "LENGTH KEY=VALUE\n", LENGTH counting itself.
std::string pax_record(std::string_view key, std::string_view value);

}  // namespace cairn::archive
