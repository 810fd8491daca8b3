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

  // GNU.sparse.*
  std::optional<std::uint64_t> sparse_major;
  std::optional<std::uint64_t> sparse_minor;
  std::optional<std::string> sparse_name;
  std::optional<std::uint64_t> sparse_real_size;  // GNU.sparse.size and GNU.sparse.realsize
  std::vector<SparseRun> sparse_runs;             // of formats 0.0 and 0.1
  bool sparse() const { return sparse_major || sparse_real_size || !sparse_runs.empty(); }
};

// Adds the records of one header's text to `records`. Throws reason::kBadTar; the caller adds which archive.
void parse_pax(std::string_view text, PaxRecords& records);

// One record: "LENGTH KEY=VALUE\n", LENGTH counting itself.
std::string pax_record(std::string_view key, std::string_view value);

}  // namespace cairn::archive
