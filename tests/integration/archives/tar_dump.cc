// SPDX-License-Identifier: Apache-2.0
// tar_dump ARCHIVE: what our reader sees in it, one JSON object a member; or, last, why it refuses. For
// differential.py.
#include "archive/codec.h"
#include "archive/tar.h"
#include "core/digest.h"
#include "core/error.h"

#include <cstdio>
#include <fstream>

namespace cairn {
namespace {

class FileSource final : public Source {
 public:
  explicit FileSource(const char* path) : file_(path, std::ios::binary) {}
  std::size_t read(MutableBytes out) override {
    file_.read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(out.size()));
    return static_cast<std::size_t>(file_.gcount());
  }

 private:
  std::ifstream file_;
};

// Names are bytes: each that is not plain ASCII becomes \u00XX.
std::string quoted(std::string_view bytes) {
  std::string text = "\"";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\';
    text += plain ? std::string(1, c) : fmt::format("\\u{:04x}", byte);
  }
  return text + '"';
}

std::string digest_of(Source& content) {
  Hasher hasher;
  copy_all(content, hasher);
  return std::string(hasher.finish().hex());
}

void dump(const archive::TarEntry& entry, Source& content) {
  static constexpr std::string_view kTypes = "fhlcbdp";  // in the order of EntryType
  std::string xattrs;
  for (const auto& [name, value] : entry.xattrs) {
    xattrs += fmt::format("{}{}: {}", xattrs.empty() ? "" : ", ", quoted(name), quoted(value));
  }
  const bool is_file = entry.type == archive::EntryType::file;
  fmt::print(R"({{"path": {}, "type": "{}", "mode": {}, "uid": {}, "gid": {}, "mtime": {}, "size": {}, "link": {}, )"
             R"("device": [{}, {}], "xattrs": {{{}}}, "sha256": "{}"}})"
             "\n",
             quoted(entry.path), kTypes[static_cast<std::size_t>(entry.type)], entry.mode, entry.uid, entry.gid,
             entry.mtime, entry.size, quoted(entry.link_target), entry.device_major, entry.device_minor, xattrs,
             is_file ? digest_of(content) : "");
}

int run(const char* path) {
  try {
    const auto source = archive::open_decompressed(std::make_unique<FileSource>(path));
    archive::TarReader reader(*source, path);
    while (const auto entry = reader.next()) dump(*entry, reader.content());
    return 0;
  } catch (const Error& error) {  // the program's root
    fmt::print("{{\"code\": {}, \"message\": {}}}\n", quoted(error.reason().code), quoted(error.what()));
    return exit_code(error.kind());
  }
}

}  // namespace
}  // namespace cairn

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: tar_dump ARCHIVE\n", stderr);
    return 2;
  }
  return cairn::run(argv[1]);
}
