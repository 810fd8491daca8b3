// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "disk/block_reader.h"
#include "disk/guid.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// The GUID Partition Table (UEFI 2.10, 5.3) as values: read with every bound checked, written as bytes.
// docs/formats/disk.md says what we accept and what we write.
namespace cairn::disk {

// How large a disk is and in which units it is addressed. Two geometries with one `size` and different sectors have
// different tables.
struct Geometry {
  std::uint64_t size = 0;           // bytes
  std::uint32_t sector_size = 512;  // bytes of a logical sector: 512 or 4096

  std::uint64_t sectors() const { return size / sector_size; }
  friend bool operator==(const Geometry&, const Geometry&) = default;
};

struct GptPartition {
  unsigned number = 0;  // from 1: the place in the array, `2` of /dev/sda2
  Guid type = {};
  Guid id = {};             // PARTUUID
  std::uint64_t first = 0;  // sectors, both inclusive
  std::uint64_t last = 0;
  std::uint64_t attributes = 0;
  std::string name = {};  // UTF-8; at most 36 units of UTF-16

  std::uint64_t sectors() const { return last - first + 1; }
  friend bool operator==(const GptPartition&, const GptPartition&) = default;
};

struct GptTable {
  Guid disk_id = {};
  Geometry geometry;  // of the disk that the table was made for: its backup ends there
  std::uint64_t first_usable = 0;
  std::uint64_t last_usable = 0;
  std::vector<GptPartition> partitions;  // by number

  friend bool operator==(const GptTable&, const GptTable&) = default;
};

// An empty table with room for 128 partitions. Throws reason::kDiskTooSmall when it does not fit.
GptTable make_gpt(const Geometry& geometry, const Guid& disk_id);

// What was found on a disk. A damaged copy is described; the table is the good copy's, the primary's when both are
// good.
struct GptReading {
  GptTable table;
  std::string primary_problem;  // empty: the copy at the start is good
  std::string backup_problem;   // empty: the copy at the end is good and says the same
};

// Throws reason::kNoTable when there is no trace of a table, reason::kBadTable when neither copy is good.
// `sector_size` is the disk's own.
GptReading read_gpt(BlockReader& disk, std::uint32_t sector_size);
// The same for an image file, whose sector size is found by looking.
GptReading read_gpt_of_image(BlockReader& image);

// A table as bytes for the disk of its geometry.
struct GptBytes {
  std::string head;               // at offset 0: protective MBR (without boot code), primary header, entries
  std::string tail;               // entries, backup header
  std::uint64_t tail_offset = 0;  // bytes
};

// Throws reason::kBadLayout for partitions that overlap, leave the usable space, share a number or an id, or have names
// that don't fit.
GptBytes compose_gpt(const GptTable& table);

// The primary copy of a table with its entries behind their usual place, which stays untouched meanwhile: the way by
// which one table takes the place of another at once (docs/formats/disk.md, "Growing").
struct GptDetour {
  std::string header;  // sector 1
  std::string entries;
  std::uint64_t entries_offset = 0;  // bytes
};
// Throws as compose_gpt(), also when a partition begins where the entries would lie.
GptDetour compose_gpt_detour(const GptTable& table);

}  // namespace cairn::disk
