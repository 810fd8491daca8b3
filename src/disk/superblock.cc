// SPDX-License-Identifier: Apache-2.0
#include "disk/superblock.h"

#include "core/text.h"
#include "disk/little_endian.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <vector>

namespace cairn::disk {
namespace {

// A piece of a disk; nothing when the disk is too short to have it.
std::optional<std::string> piece(BlockReader& blocks, std::uint64_t offset, std::size_t size) {
  if (offset > blocks.size() || size > blocks.size() - offset) return std::nullopt;
  std::string bytes(size, '\0');
  blocks.read(offset, std::as_writable_bytes(std::span(bytes.data(), bytes.size())));
  return bytes;
}

bool has(std::string_view bytes, std::size_t offset, std::string_view signature) {
  return bytes.substr(offset, signature.size()) == signature;
}

// Text of a field of fixed size: up to its first NUL, without blanks at the end.
std::string field(std::string_view bytes, std::size_t offset, std::size_t size) {
  std::string_view text = bytes.substr(offset, size);
  text = text.substr(0, text.find('\0'));
  return std::string(text.substr(0, text.find_last_not_of(' ') + 1));
}

// A UUID in the order of its text (RFC 9562), which is not that of GPT's GUIDs.
std::string uuid_at(std::string_view bytes, std::size_t offset) {
  std::string text;
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", static_cast<unsigned char>(bytes[offset + i]));
  }
  return text;
}

// Bytes of an ext file system; 0 if the superblock can't be right.
std::uint64_t ext_size(Bytes block, bool is_64bit) {
  constexpr std::size_t kBlocks = 0x4;
  constexpr std::size_t kLogBlockSize = 0x18;  // of blocks in KiB
  constexpr std::size_t kBlocksHigh = 0x150;
  constexpr std::uint32_t kLargestLog = 6;
  std::uint64_t count = load_le<std::uint32_t>(block, kBlocks);
  if (is_64bit) count |= std::uint64_t{load_le<std::uint32_t>(block, kBlocksHigh)} << 32;
  const auto log = load_le<std::uint32_t>(block, kLogBlockSize);
  return log > kLargestLog || count > UINT64_MAX >> (10 + log) ? 0 : count << (10 + log);
}

std::optional<Superblock> probe_ext(BlockReader& blocks) {
  constexpr std::size_t kCompatible = 0x5c;
  constexpr std::size_t kIncompatible = 0x60;
  constexpr std::uint32_t kJournal = 0x4;  // has_journal
  constexpr std::uint32_t k64Bit = 0x80;
  constexpr std::uint32_t kExt4Only = 0x40 | k64Bit | 0x200;  // extent, 64bit, flex_bg
  constexpr std::uint32_t kJournalDevice = 0x8;
  const auto block = piece(blocks, 1024, 1024);
  if (!block || !has(*block, 0x38, "\x53\xef")) return std::nullopt;
  const auto compatible = load_le<std::uint32_t>(as_bytes(*block), kCompatible);
  const auto incompatible = load_le<std::uint32_t>(as_bytes(*block), kIncompatible);
  const char* type = (incompatible & kJournalDevice) != 0 ? "jbd"
                     : (incompatible & kExt4Only) != 0    ? "ext4"
                     : (compatible & kJournal) != 0       ? "ext3"
                                                          : "ext2";
  return Superblock{.type = type,
                    .label = field(*block, 0x78, 16),
                    .uuid = uuid_at(*block, 0x68),
                    .size = ext_size(as_bytes(*block), (incompatible & k64Bit) != 0)};
}

std::optional<Superblock> probe_fat(BlockReader& blocks) {
  const auto sector = piece(blocks, 0, 512);
  if (!sector || !has(*sector, 510, "\x55\xaa")) return std::nullopt;
  const bool fat32 = has(*sector, 82, "FAT32   ");
  if (!fat32 && !has(*sector, 54, "FAT12   ") && !has(*sector, 54, "FAT16   ")) return std::nullopt;
  const std::size_t serial_at = fat32 ? 67 : 39;
  const auto serial = load_le<std::uint32_t>(as_bytes(*sector), serial_at);
  std::string label = field(*sector, serial_at + 4, 11);
  if (label == "NO NAME") label.clear();
  return Superblock{
      .type = "vfat", .label = std::move(label), .uuid = fmt::format("{:04X}-{:04X}", serial >> 16, serial & 0xffff)};
}

std::optional<Superblock> probe_iso9660(BlockReader& blocks) {
  constexpr std::size_t kModified = 830;
  const auto descriptor = piece(blocks, 32768, 2048);
  if (!descriptor || !has(*descriptor, 0,
                          "\x01"
                          "CD001")) {
    return std::nullopt;
  }
  // The UUID is the time of modification, YYYYMMDDhhmmsscc (docs/formats/media.md).
  const std::string_view time = std::string_view(*descriptor).substr(kModified, 16);
  std::string uuid;
  if (std::all_of(time.begin(), time.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    uuid = fmt::format("{}-{}-{}-{}-{}-{}-{}", time.substr(0, 4), time.substr(4, 2), time.substr(6, 2),
                       time.substr(8, 2), time.substr(10, 2), time.substr(12, 2), time.substr(14, 2));
  }
  return Superblock{.type = "iso9660", .label = field(*descriptor, 40, 32), .uuid = std::move(uuid)};
}

// Kinds that are known by a signature in one place.
struct Simple {
  std::string_view type;
  std::uint64_t offset;  // of the superblock
  std::size_t signature_at;
  std::string_view signature;
  std::size_t label_at, label_size;  // size 0: it has none
  std::size_t uuid_at;               // 0: it has none
};
constexpr std::array<Simple, 8> kSimple = {{
    {"squashfs", 0, 0, "hsqs", 0, 0, 0},
    {"xfs", 0, 0, "XFSB", 108, 12, 32},
    {"btrfs", 65536, 64, "_BHRfS_M", 299, 256, 32},
    {"luks", 0, 0, "LUKS\xba\xbe", 0, 0, 0},
    {"swap", 0, 4086, "SWAPSPACE2", 1052, 16, 1036},
    {"lvm2", 512, 0, "LABELONE", 0, 0, 0},
    {"raid", 4096, 0, "\xfc\x4e\x2b\xa9", 0, 0, 16},  // md 1.2
    {"raid", 0, 0, "\xfc\x4e\x2b\xa9", 0, 0, 16},     // md 1.1
}};

std::optional<Superblock> probe_simple(BlockReader& blocks) {
  for (const Simple& kind : kSimple) {
    const std::size_t size = std::max({kind.signature_at + kind.signature.size(), kind.label_at + kind.label_size,
                                       kind.uuid_at == 0 ? 0 : kind.uuid_at + 16});
    const auto block = piece(blocks, kind.offset, size);
    if (!block || !has(*block, kind.signature_at, kind.signature)) continue;
    return Superblock{.type = std::string(kind.type),
                      .label = kind.label_size == 0 ? "" : field(*block, kind.label_at, kind.label_size),
                      .uuid = kind.uuid_at == 0 ? "" : uuid_at(*block, kind.uuid_at)};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Superblock> probe_superblock(BlockReader& blocks) {
  // An ISO that boots from sticks begins like a disk, with anything in its first sectors; ext4 leaves the first KiB to
  // others. So those two come first.
  for (const auto probe : {probe_iso9660, probe_ext, probe_simple, probe_fat}) {
    if (auto found = probe(blocks)) return found;
  }
  return std::nullopt;
}

}  // namespace cairn::disk
