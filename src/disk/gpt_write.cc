// SPDX-License-Identifier: Apache-2.0
#include "core/text.h"
#include "disk/gpt_format.h"
#include "disk/little_endian.h"
#include "disk/reasons.h"
#include "disk/utf16.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <set>

namespace cairn::disk {
namespace gpt_format {

std::string find_problem(const GptTable& table) {
  if (table.first_usable > table.last_usable) return "it has no usable space";
  std::set<unsigned> numbers;
  std::vector<const GptPartition*> sorted;
  for (const GptPartition& partition : table.partitions) {
    if (partition.first > partition.last || partition.first < table.first_usable ||
        partition.last > table.last_usable) {
      return fmt::format("partition {} (sectors {} to {}) is not within the usable space ({} to {})", partition.number,
                         partition.first, partition.last, table.first_usable, table.last_usable);
    }
    if (!numbers.insert(partition.number).second)
      return fmt::format("two partitions have the number {}", partition.number);
    sorted.push_back(&partition);
  }
  std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    if (sorted[i]->first <= sorted[i - 1]->last) {
      return fmt::format("partitions {} and {} overlap", sorted[i - 1]->number, sorted[i]->number);
    }
  }
  return {};
}

}  // namespace gpt_format

namespace {

using namespace gpt_format;

constexpr std::size_t kEntryBytes = std::size_t{kEntryCount} * kEntrySize;

std::uint64_t entry_sectors(const Geometry& geometry) { return kEntryBytes / geometry.sector_size; }

void store_bytes(std::string& bytes, std::size_t offset, Bytes from) {
  std::copy_n(as_text(from).begin(), from.size(), bytes.begin() + static_cast<std::ptrdiff_t>(offset));
}

// One partition over the whole disk, so that programs that don't know GPT see no free space (UEFI 2.10, 5.2.3).
std::string protective_mbr(const Geometry& geometry) {
  constexpr std::size_t kRecord = 446;
  constexpr std::string_view kFirstChs("\x00\x02\x00", 3);
  constexpr std::string_view kBeyondChs = "\xff\xff\xff";
  std::string mbr(geometry.sector_size, '\0');
  store_bytes(mbr, kRecord + 1, as_bytes(kFirstChs));
  mbr[kRecord + 4] = '\xee';
  store_bytes(mbr, kRecord + 5, as_bytes(kBeyondChs));
  store_le<std::uint32_t>(mbr, kRecord + 8, 1);
  const std::uint64_t length =
      std::min<std::uint64_t>(geometry.sectors() - 1, std::numeric_limits<std::uint32_t>::max());
  store_le(mbr, kRecord + 12, static_cast<std::uint32_t>(length));
  store_bytes(mbr, 510, as_bytes("\x55\xaa"));
  return mbr;
}

std::string compose_entries(const GptTable& table) {
  std::string entries(kEntryBytes, '\0');
  std::set<Guid> ids;
  for (const GptPartition& partition : table.partitions) {
    if (!ids.insert(partition.id).second) {
      throw Error(reason::kBadLayout, "two partitions have the id {}", partition.id.text());
    }
    const auto name = utf16_of_utf8(partition.name);
    if (partition.number == 0 || partition.number > kEntryCount || partition.type.is_zero() ||
        name.size() > kNameUnits || partition.name.find('\0') != std::string::npos) {
      throw Error(reason::kBadLayout, "partition {} \"{}\" does not fit into a GPT", partition.number,
                  printable(partition.name));
    }
    const std::size_t at = std::size_t{partition.number - 1} * kEntrySize;
    store_bytes(entries, at + entry::kType, partition.type.bytes());
    store_bytes(entries, at + entry::kId, partition.id.bytes());
    store_le(entries, at + entry::kFirst, partition.first);
    store_le(entries, at + entry::kLast, partition.last);
    store_le(entries, at + entry::kAttributes, partition.attributes);
    for (std::size_t i = 0; i < name.size(); ++i) store_le(entries, at + entry::kName + 2 * i, name[i]);
  }
  return entries;
}

struct Place {
  std::uint64_t own, other, entries;  // sectors
};

std::string compose_header(const GptTable& table, const Place& place, std::uint32_t entries_crc) {
  std::string bytes(table.geometry.sector_size, '\0');
  store_bytes(bytes, 0, as_bytes(kSignature));
  store_le(bytes, header::kRevision, kRevision);
  store_le(bytes, header::kSize, kHeaderSize);
  store_le(bytes, header::kOwnSector, place.own);
  store_le(bytes, header::kOtherSector, place.other);
  store_le(bytes, header::kFirstUsable, table.first_usable);
  store_le(bytes, header::kLastUsable, table.last_usable);
  store_bytes(bytes, header::kDiskId, table.disk_id.bytes());
  store_le(bytes, header::kEntriesSector, place.entries);
  store_le(bytes, header::kEntryCount, kEntryCount);
  store_le(bytes, header::kEntrySize, kEntrySize);
  store_le(bytes, header::kEntriesCrc, entries_crc);
  store_le(bytes, header::kCrc, crc(as_bytes(bytes).first(kHeaderSize)));
  return bytes;
}

}  // namespace

GptTable make_gpt(const Geometry& geometry, const Guid& disk_id) {
  const std::uint64_t head = 2 + entry_sectors(geometry);
  const std::uint64_t tail = 1 + entry_sectors(geometry);
  if (geometry.sectors() <= head + tail) {
    throw Error(reason::kDiskTooSmall, "a disk of {} has no room for a GPT", human_size(geometry.size));
  }
  return {.disk_id = disk_id,
          .geometry = {.size = geometry.sectors() * geometry.sector_size, .sector_size = geometry.sector_size},
          .first_usable = head,
          .last_usable = geometry.sectors() - tail - 1,
          .partitions = {}};
}

GptBytes compose_gpt(const GptTable& table) {
  if (const std::string problem = find_problem(table); !problem.empty()) {
    throw Error(reason::kBadLayout, "a partition table that can't be: {}", problem);
  }
  const std::uint64_t last = table.geometry.sectors() - 1;
  const GptTable room = make_gpt(table.geometry, table.disk_id);
  if (table.first_usable < room.first_usable || table.last_usable > room.last_usable) {
    throw Error(reason::kBadLayout, "a partition table that can't be: its usable space ({} to {}) leaves {} to {}",
                table.first_usable, table.last_usable, room.first_usable, room.last_usable);
  }
  const std::string entries = compose_entries(table);
  const std::uint32_t entries_crc = crc(as_bytes(entries));
  const std::uint64_t tail_entries = last - entry_sectors(table.geometry);
  return {.head = protective_mbr(table.geometry) +
                  compose_header(table, {.own = kPrimaryHeader, .other = last, .entries = 2}, entries_crc) + entries,
          .tail = entries +
                  compose_header(table, {.own = last, .other = kPrimaryHeader, .entries = tail_entries}, entries_crc),
          .tail_offset = tail_entries * table.geometry.sector_size};
}

GptDetour compose_gpt_detour(const GptTable& table) {
  const std::uint64_t place = 2 + entry_sectors(table.geometry);
  GptTable moved = table;
  moved.first_usable = std::max(table.first_usable, place + entry_sectors(table.geometry));
  if (const std::string problem = find_problem(moved); !problem.empty()) {
    throw Error(reason::kBadLayout, "there is no room to replace the partition table: {}", problem);
  }
  GptDetour detour{
      .header = {}, .entries = compose_entries(table), .entries_offset = place * table.geometry.sector_size};
  detour.header =
      compose_header(moved, {.own = kPrimaryHeader, .other = table.geometry.sectors() - 1, .entries = place},
                     crc(as_bytes(detour.entries)));
  return detour;
}

}  // namespace cairn::disk
