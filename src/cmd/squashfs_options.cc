// SPDX-License-Identifier: Apache-2.0
#include "cmd/squashfs_options.h"

#include "core/reasons.h"
#include "core/text.h"

namespace cairn::cmd {
namespace {

struct Method {
  std::string_view name;
  rootfs::SquashfsCompression compression;
  int default_level;
  int max_level;
};
constexpr Method kMethods[] = {{"zstd", rootfs::SquashfsCompression::zstd, 9, 22},
                               {"gzip", rootfs::SquashfsCompression::gzip, 9, 9},
                               {"none", rootfs::SquashfsCompression::none, 0, 0}};

void set_compression(rootfs::SquashfsOptions& options, const std::string& text) {
  const std::string name = text.substr(0, text.find(':'));
  for (const Method& method : kMethods) {
    if (method.name != name) continue;
    options.compression = method.compression;
    options.level = method.default_level;
    if (name.size() == text.size()) return;
    const auto level = parse_number(std::string_view(text).substr(name.size() + 1));
    if (level && *level >= 1 && *level <= static_cast<std::uint64_t>(method.max_level)) {
      options.level = static_cast<int>(*level);
      return;
    }
  }
  throw Error(reason::kUsage, "--compression: \"{}\" is not zstd, zstd:1 to zstd:22, gzip, gzip:1 to gzip:9 or none",
              printable(text, 40));
}

}  // namespace

std::vector<Option> with_squashfs_options(std::vector<Option> own) {
  const std::vector<Option> shared = {
      {.names = "--compression",
       .value = "METHOD[:LEVEL]",
       .help = "Compress with zstd:1 to zstd:22, gzip:1 to gzip:9 "
               "(for kernels without zstd), or none.",
       .fallback = "zstd:9"},
      {.names = "--block-size",
       .value = "KIB",
       .help = "Compress in blocks of 4 to 1024 KiB, a power of two.",
       .fallback = "128"},
      {.names = "--threads",
       .value = "N",
       .help = "Compress on N threads; the bytes do not depend on it. 0: one for each processor.",
       .fallback = "0"},
  };
  own.insert(own.end(), shared.begin(), shared.end());
  return own;
}

rootfs::SquashfsOptions make_squashfs_options(const Arguments& arguments) {
  rootfs::SquashfsOptions options;
  set_compression(options, arguments.get("compression"));
  const std::uint64_t kib = arguments.number("block-size", 1024).value_or(128);
  if (kib < 4 || (kib & (kib - 1)) != 0) {
    throw Error(reason::kUsage, "--block-size: {} is not a power of two from 4 to 1024", kib);
  }
  options.block_size = static_cast<std::uint32_t>(kib) * 1024;
  options.threads = static_cast<unsigned>(arguments.number("threads", 64).value_or(0));
  return options;
}

}  // namespace cairn::cmd
