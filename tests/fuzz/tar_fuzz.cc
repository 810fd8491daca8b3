// SPDX-License-Identifier: Apache-2.0
// A tar archive: read whole and in small pieces it must say the same, and what was read can be written and read again.
#include "archive/tar.h"
#include "fuzz_input.h"

#include <vector>

namespace cairn::fuzz {
namespace {

using archive::TarEntry;

constexpr std::uint64_t kMaxContent = 1 << 16;  // bytes of one member; sparse ones may claim 64 GiB of zeros

struct Member {
  TarEntry entry;
  std::string content;
};

std::vector<Member> read_members(std::string_view data, std::size_t chunk) {
  InputSource source(data, chunk);
  archive::TarReader reader(source, "input");
  std::vector<Member> members;
  while (auto entry = reader.next()) {
    Member member{.entry = std::move(*entry), .content = {}};
    if (member.entry.size <= kMaxContent) member.content = read_text(reader.content(), kMaxContent, "content");
    members.push_back(std::move(member));
  }
  return members;
}

bool same(const Member& a, const Member& b) {
  const TarEntry& x = a.entry;
  const TarEntry& y = b.entry;
  return x.path == y.path && x.type == y.type && x.mode == y.mode && x.uid == y.uid && x.gid == y.gid &&
         x.mtime == y.mtime && x.size == y.size && x.link_target == y.link_target && x.device_major == y.device_major &&
         x.device_minor == y.device_minor && x.xattrs == y.xattrs && a.content == b.content;
}

void require_same(const std::vector<Member>& left, const std::vector<Member>& right) {
  if (!std::equal(left.begin(), left.end(), right.begin(), right.end(), same)) std::abort();
}

std::string write_members(const std::vector<Member>& members) {
  TextSink sink;
  archive::TarWriter writer(sink);
  for (const Member& member : members) {
    TarEntry entry = member.entry;
    entry.runs.clear();  // the content is written in full
    TextSource content(member.content);
    writer.add(entry, &content);
  }
  writer.finish();
  return sink.take();
}

void check(std::string_view data) {
  const std::vector<Member> members = read_members(data, 1 << 20);
  require_same(members, read_members(data, 7));
  const auto is_small = [](const Member& m) { return m.entry.size <= kMaxContent; };
  if (!std::all_of(members.begin(), members.end(), is_small)) return;
  const std::string written = write_members(members);
  require_same(members, read_members(written, 1 << 20));
}

}  // namespace
}  // namespace cairn::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  cairn::fuzz::allow_refusal([&] { cairn::fuzz::check(cairn::fuzz::text_of(data, size)); });
  return 0;
}
