// SPDX-License-Identifier: Apache-2.0
#include "disk/gpt_format.h"
#include "disk/little_endian.h"
#include "disk/reasons.h"
#include "disk/utf16.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <utility>

namespace cairn::disk {
namespace {

using namespace gpt_format;

// Entries that tables in the wild have; the bounds keep a hostile header from asking for memory.
constexpr std::uint32_t kMaxEntries = 1024;
constexpr std::uint32_t kMaxEntrySize = 4096;
constexpr std::uint64_t kMaxEntryBytes = 1 << 20;

std::vector<std::byte> read_bytes(BlockReader& disk, std::uint64_t offset, std::uint64_t size) {
  std::vector<std::byte> bytes(size);
  disk.read(offset, bytes);
  return bytes;
}

// One copy of the table: what it says, or why it can't be believed.
struct Copy {
  bool traces = false;  // the signature is there
  std::string problem;
  GptTable table;
  std::uint64_t other_sector = 0;
};

struct Header {
  std::uint64_t entries_sector = 0;
  std::uint32_t entry_count = 0;
  std::uint32_t entry_size = 0;
  std::uint32_t entries_crc = 0;
};

// Checks and takes in the header in sector `own`; says what is wrong with it.
std::string read_header(Bytes sector, std::uint64_t own, std::uint64_t sectors_of_disk, Copy& copy, Header& fields) {
  const auto size = load_le<std::uint32_t>(sector, header::kSize);
  if (size < kHeaderSize || size > sector.size()) return fmt::format("its header claims {} bytes", size);
  std::string checked(as_text(sector.first(size)));
  store_le<std::uint32_t>(checked, header::kCrc, 0);
  if (crc(as_bytes(checked)) != load_le<std::uint32_t>(sector, header::kCrc)) return "its header has a wrong checksum";
  if (const auto revision = load_le<std::uint32_t>(sector, header::kRevision); revision != kRevision) {
    return fmt::format("its revision {:#x} is unknown", revision);
  }
  if (const auto place = load_le<std::uint64_t>(sector, header::kOwnSector); place != own) {
    return fmt::format("it was made for sector {}, not {}", place, own);
  }
  copy.other_sector = load_le<std::uint64_t>(sector, header::kOtherSector);
  copy.table.first_usable = load_le<std::uint64_t>(sector, header::kFirstUsable);
  copy.table.last_usable = load_le<std::uint64_t>(sector, header::kLastUsable);
  copy.table.disk_id = Guid::from_bytes(sector.subspan(header::kDiskId));
  fields = {.entries_sector = load_le<std::uint64_t>(sector, header::kEntriesSector),
            .entry_count = load_le<std::uint32_t>(sector, header::kEntryCount),
            .entry_size = load_le<std::uint32_t>(sector, header::kEntrySize),
            .entries_crc = load_le<std::uint32_t>(sector, header::kEntriesCrc)};
  if (fields.entry_size < kEntrySize || fields.entry_size > kMaxEntrySize || !std::has_single_bit(fields.entry_size) ||
      fields.entry_count == 0 || fields.entry_count > kMaxEntries) {
    return fmt::format("it has {} entries of {} bytes", fields.entry_count, fields.entry_size);
  }
  if (std::max(own, copy.other_sector) <= copy.table.last_usable) {
    return fmt::format("its space ends at sector {}, behind its copy in {}", copy.table.last_usable, copy.other_sector);
  }
  if (copy.table.last_usable >= sectors_of_disk) {
    return fmt::format("its space ends at sector {}, the disk has {}", copy.table.last_usable, sectors_of_disk);
  }
  return {};
}

GptPartition read_entry(Bytes bytes, unsigned number) {
  return {.number = number,
          .type = Guid::from_bytes(bytes.subspan(entry::kType)),
          .id = Guid::from_bytes(bytes.subspan(entry::kId)),
          .first = load_le<std::uint64_t>(bytes, entry::kFirst),
          .last = load_le<std::uint64_t>(bytes, entry::kLast),
          .attributes = load_le<std::uint64_t>(bytes, entry::kAttributes),
          .name = utf8_of_utf16(bytes.subspan(entry::kName, 2 * kNameUnits))};
}

std::string read_entries(BlockReader& disk, const Geometry& geometry, const Header& fields, Copy& copy) {
  const std::uint64_t size = std::uint64_t{fields.entry_count} * fields.entry_size;
  if (size > kMaxEntryBytes) return fmt::format("its entries take {} bytes", size);
  const std::uint64_t needed = (size + geometry.sector_size - 1) / geometry.sector_size;
  if (fields.entries_sector < 2 || fields.entries_sector >= geometry.sectors() ||
      needed > geometry.sectors() - fields.entries_sector) {
    return fmt::format("its entries are said to lie at sector {}", fields.entries_sector);
  }
  const auto bytes = read_bytes(disk, fields.entries_sector * geometry.sector_size, size);
  if (crc(bytes) != fields.entries_crc) return "its entries have a wrong checksum";
  for (unsigned i = 0; i < fields.entry_count; ++i) {
    const Bytes raw = Bytes(bytes).subspan(std::size_t{i} * fields.entry_size, kEntrySize);
    GptPartition partition = read_entry(raw, i + 1);
    if (!partition.type.is_zero()) copy.table.partitions.push_back(std::move(partition));
  }
  return find_problem(copy.table);
}

Copy read_copy(BlockReader& disk, const Geometry& geometry, std::uint64_t sector) {
  Copy copy;
  copy.table.geometry = geometry;
  if (sector < kPrimaryHeader || sector >= geometry.sectors()) {
    copy.problem = fmt::format("sector {}, where it should be, is not on the disk", sector);
    return copy;
  }
  const auto bytes = read_bytes(disk, sector * geometry.sector_size, geometry.sector_size);
  if (as_text(bytes).substr(0, kSignature.size()) != kSignature) {
    copy.problem = fmt::format("there is none in sector {}", sector);
    return copy;
  }
  copy.traces = true;
  Header fields;
  copy.problem = read_header(bytes, sector, geometry.sectors(), copy, fields);
  if (copy.problem.empty()) copy.problem = read_entries(disk, geometry, fields, copy);
  return copy;
}

// The disk that a table was made for ends with its backup header.
void set_made_for(GptTable& table, std::uint64_t backup_sector) {
  table.geometry.size = (backup_sector + 1) * table.geometry.sector_size;
}

}  // namespace

GptReading read_gpt(BlockReader& disk, std::uint32_t sector_size) {
  const Geometry geometry{.size = disk.size() - disk.size() % sector_size, .sector_size = sector_size};
  if (geometry.sectors() < 3) throw Error(reason::kNoTable, "{} bytes hold no partition table", disk.size());
  const std::uint64_t last = geometry.sectors() - 1;
  Copy primary = read_copy(disk, geometry, kPrimaryHeader);
  // A disk that grew has its backup where it used to end, which the primary knows.
  const bool primary_good = primary.problem.empty();
  const std::uint64_t backup_sector = primary_good ? primary.other_sector : last;
  Copy backup = read_copy(disk, geometry, backup_sector);
  if (primary_good) set_made_for(primary.table, std::min(backup_sector, last));
  if (backup.problem.empty()) set_made_for(backup.table, backup_sector);
  if (primary_good && backup.problem.empty() && primary.table != backup.table) {
    backup.problem = "it differs from the copy at the start";
  }
  if (primary_good) return {std::move(primary.table), {}, std::move(backup.problem)};
  if (backup.problem.empty()) return {std::move(backup.table), std::move(primary.problem), {}};
  if (!primary.traces && !backup.traces) throw Error(reason::kNoTable, "there is no GPT");
  throw Error(reason::kBadTable, "no copy of the GPT is intact; at the start: {}; at the end: {}", primary.problem,
              backup.problem);
}

GptReading read_gpt_of_image(BlockReader& image) {
  for (const std::uint32_t sector_size : {512U, 4096U}) {
    if (image.size() < 2 * std::uint64_t{sector_size}) break;
    const auto found = read_bytes(image, sector_size, kSignature.size());
    if (as_text(found) == kSignature) return read_gpt(image, sector_size);
  }
  return read_gpt(image, 512);
}

}  // namespace cairn::disk
