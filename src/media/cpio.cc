// SPDX-License-Identifier: Apache-2.0
#include "media/cpio.h"

#include "core/text.h"
#include "media/reasons.h"

#include <fmt/core.h>

#include <vector>

namespace cairn::media {
namespace {

constexpr std::uint64_t kMaxMember = 0xffffffff;
constexpr std::uint32_t kDirectoryMode = 0040755;
constexpr std::uint32_t kFileMode = 0100644;

}  // namespace

void CpioWriter::write(Bytes bytes) {
  out_.write(bytes);
  offset_ += bytes.size();
}

void CpioWriter::pad() {
  static constexpr std::byte kZeros[4] = {};
  write(Bytes(kZeros).first((4 - offset_ % 4) % 4));
}

void CpioWriter::add_header(std::string_view path, std::uint32_t mode, std::uint32_t links, std::uint32_t size) {
  // magic, inode, mode, uid, gid, links, mtime, size, device and rdevice (major, minor), name's size, check
  const std::string header =
      fmt::format("070701{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}", ++inode_,
                  mode, 0, 0, links, 0, size, 0, 0, 0, 0, path.size() + 1, 0);
  write(as_bytes(header));
  write(as_bytes(path));
  static constexpr std::byte kEnd[1] = {};
  write(kEnd);
  pad();
}

void CpioWriter::add_directory(std::string_view path) { add_header(path, kDirectoryMode, 2, 0); }

std::uint64_t CpioWriter::add_file(std::string_view path, std::uint64_t size, Source& content) {
  if (size > kMaxMember) {
    throw Error(reason::kTooLargeForMedium, "{} has {}, and an initramfs holds files up to 4 GiB", path,
                human_size(size))
        .set_remedy("Build an ISO, or make the image smaller.");
  }
  add_header(path, kFileMode, 1, static_cast<std::uint32_t>(size));
  const std::uint64_t begin = offset_;
  std::vector<std::byte> buffer(256 * 1024);
  while (const std::size_t count = content.read(buffer)) write(Bytes(buffer).first(count));
  if (offset_ - begin != size) {
    throw Error(reason::kBadMedium, "{} brought {} bytes instead of {}", path, offset_ - begin, size);
  }
  pad();
  return begin;
}

void CpioWriter::finish() { add_header("TRAILER!!!", 0, 1, 0); }

}  // namespace cairn::media
