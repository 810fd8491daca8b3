// SPDX-License-Identifier: Apache-2.0
// A partition table. The input is the beginning and the end of a disk of 2 MiB. Bit 0 of its last byte chooses large
// sectors, bit 1 has the checksums corrected, so that what lies behind them is reached. The table is read or refused,
// within bounds; what fits into a table of ours can be written and reads as the same.
#include "disk/gpt.h"
#include "disk/gpt_format.h"
#include "disk/little_endian.h"
#include "fuzz_input.h"

namespace cairn::fuzz {
namespace {

constexpr std::size_t kDiskSize = 2 << 20;

std::string disk_of(std::string_view data) {
  std::string disk(kDiskSize, '\0');
  const std::string_view head = data.substr(0, data.size() / 2);
  const std::string_view tail = data.substr(head.size());
  std::copy(head.begin(), head.end(), disk.begin());
  std::copy(tail.begin(), tail.end(), disk.end() - static_cast<std::ptrdiff_t>(tail.size()));
  return disk;
}

// Gives the table whose header lies at `at` the checksums that its bytes have.
void correct_checksums(std::string& disk, std::size_t at, std::uint32_t sector_size) {
  using namespace disk::gpt_format;
  const Bytes all = as_bytes(disk);
  const auto entries_at = disk::load_le<std::uint64_t>(all, at + header::kEntriesSector);
  const std::uint64_t size = std::uint64_t{disk::load_le<std::uint32_t>(all, at + header::kEntryCount)} *
                             disk::load_le<std::uint32_t>(all, at + header::kEntrySize);
  if (entries_at < kDiskSize / sector_size && size <= kDiskSize - entries_at * sector_size) {
    disk::store_le(disk, at + header::kEntriesCrc, crc(all.subspan(entries_at * sector_size, size)));
  }
  const auto header_size = disk::load_le<std::uint32_t>(all, at + header::kSize);
  disk::store_le<std::uint32_t>(disk, at + header::kCrc, 0);
  if (header_size <= sector_size) disk::store_le(disk, at + header::kCrc, crc(all.subspan(at, header_size)));
}

std::string disk_with(const disk::GptTable& table) {
  const disk::GptBytes bytes = disk::compose_gpt(table);
  std::string disk(table.geometry.size, '\0');
  disk.replace(0, bytes.head.size(), bytes.head);
  disk.replace(bytes.tail_offset, bytes.tail.size(), bytes.tail);
  return disk;
}

void check(std::string_view data) {
  if (data.empty()) return;
  const auto flags = static_cast<unsigned char>(data.back());
  const std::uint32_t sector_size = (flags & 1) != 0 ? 4096 : 512;
  std::string disk = disk_of(data.substr(0, data.size() - 1));
  if ((flags & 2) != 0) {
    correct_checksums(disk, sector_size, sector_size);
    correct_checksums(disk, kDiskSize - sector_size, sector_size);
  }
  disk::MemoryBlocks blocks(as_bytes(disk));
  const disk::GptTable table = disk::read_gpt(blocks, sector_size).table;
  const std::string written = disk_with(table);
  disk::MemoryBlocks again(as_bytes(written));
  const disk::GptReading reading = disk::read_gpt(again, sector_size);
  if (!(reading.table == table) || !reading.primary_problem.empty() || !reading.backup_problem.empty()) std::abort();
}

}  // namespace
}  // namespace cairn::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  cairn::fuzz::allow_refusal([&] { cairn::fuzz::check(cairn::fuzz::text_of(data, size)); });
  return 0;
}
