// SPDX-License-Identifier: Apache-2.0
#include "archive/pax.h"
#include "archive/reasons.h"
#include "archive/tar.h"
#include "archive/tar_header.h"
#include "core/reasons.h"
#include "core/text.h"

#include <algorithm>
#include <array>

namespace cairn::archive {
namespace {

constexpr std::size_t kMaxName = 100;           // of the name and link fields
constexpr std::uint64_t kMaxOctal7 = 07777777;  // of 8-byte fields
constexpr std::uint64_t kMaxOctal11 = 077777777777;

char type_flag(EntryType type) {
  switch (type) {
    case EntryType::file: return '0';
    case EntryType::hard_link: return '1';
    case EntryType::symlink: return '2';
    case EntryType::char_device: return '3';
    case EntryType::block_device: return '4';
    case EntryType::directory: return '5';
    case EntryType::fifo: return '6';
  }
  return '0';
}

// Records for what a ustar header can't hold.
std::string extended_records(const TarEntry& entry, const std::string& name) {
  std::string records;
  if (name.size() > kMaxName) records += pax_record("path", name);
  if (entry.link_target.size() > kMaxName) records += pax_record("linkpath", entry.link_target);
  if (entry.type == EntryType::file && entry.size > kMaxOctal11)
    records += pax_record("size", std::to_string(entry.size));
  if (entry.uid > kMaxOctal7) records += pax_record("uid", std::to_string(entry.uid));
  if (entry.gid > kMaxOctal7) records += pax_record("gid", std::to_string(entry.gid));
  if (entry.mtime < 0 || static_cast<std::uint64_t>(entry.mtime) > kMaxOctal11) {
    records += pax_record("mtime", std::to_string(entry.mtime));
  }
  for (const auto& [key, value] : entry.xattrs) {
    if (key.find('=') != std::string::npos) {
      throw Error(reason::kTarUnsupported, "\"{}\": the extended attribute {} has a \"=\" in its name",
                  printable(entry.path), printable(key, 64));
    }
    records += pax_record("SCHILY.xattr." + key, value);
  }
  return records;
}

void write_padding(Sink& out, std::uint64_t size) {
  static constexpr std::array<std::byte, kTarBlock> kZeros{};
  out.write(Bytes(kZeros).first((kTarBlock - size % kTarBlock) % kTarBlock));
}

}  // namespace

void TarWriter::add(const TarEntry& entry, Source* content) {
  const bool directory = entry.type == EntryType::directory;
  const std::string name = entry.path.empty() ? "./" : directory ? entry.path + "/" : entry.path;
  if (const std::string records = extended_records(entry, name); !records.empty()) {
    out_.write(as_bytes(make_tar_header({.name = "pax", .mode = 0644, .size = records.size(), .type = 'x'})));
    out_.write(as_bytes(records));
    write_padding(out_, records.size());
  }
  const std::uint64_t size = entry.type == EntryType::file ? entry.size : 0;
  out_.write(as_bytes(make_tar_header({.name = name,
                                       .link_name = entry.link_target,
                                       .mode = entry.mode,
                                       .uid = entry.uid,
                                       .gid = entry.gid,
                                       .size = size,
                                       .mtime = entry.mtime,
                                       .device_major = entry.device_major,
                                       .device_minor = entry.device_minor,
                                       .type = type_flag(entry.type)})));
  if (size == 0) return;
  std::array<std::byte, 64 * 1024> buffer;
  for (std::uint64_t left = size; left > 0;) {
    const std::size_t count = content->read(MutableBytes(buffer).first(std::min<std::uint64_t>(left, buffer.size())));
    if (count == 0) throw Error(cairn::reason::kDigestMismatch, "{} ended {} bytes too early", entry.path, left);
    out_.write(Bytes(buffer).first(count));
    left -= count;
  }
  write_padding(out_, size);
}

void TarWriter::finish() {
  static constexpr std::array<std::byte, 2 * kTarBlock> kZeros{};
  out_.write(kZeros);
}

}  // namespace cairn::archive
