// SPDX-License-Identifier: Apache-2.0
#include "media/loaders.h"

#include "media/reasons.h"

#include <fmt/ranges.h>

#include <string>
#include <vector>

namespace cairn::media {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kNeeded[] = {"x86_64-efi/BOOTX64.EFI", "i386-pc/boot_hybrid.img", "i386-pc/eltorito.img",
                                        "i386-pc/boot.img",       "i386-pc/core.img",        "loaders.json"};

// The first that is missing; empty if none is.
std::string find_missing(const fs::path& folder) {
  std::error_code ignored;  // what can't be looked at is missing
  for (const std::string_view name : kNeeded) {
    if (!fs::is_regular_file(folder / name, ignored)) return std::string(name);
  }
  return {};
}

std::vector<fs::path> places() {
  std::vector<fs::path> found;
  std::error_code code;
  const fs::path program = fs::read_symlink("/proc/self/exe", code);
  if (!code) found.push_back(program.parent_path().parent_path() / "share/cairn/loaders");
  found.emplace_back("/usr/share/cairn/loaders");
  return found;
}

}  // namespace

fs::path find_loaders(const std::optional<fs::path>& given) {
  const std::vector<fs::path> candidates = given ? std::vector{*given} : places();
  std::vector<std::string> why;
  for (const fs::path& folder : candidates) {
    const std::string missing = find_missing(folder);
    if (missing.empty()) return folder;
    why.push_back(fmt::format("{} has no {}", folder.string(), missing));
  }
  throw Error(reason::kNoLoaders, "no boot loader files: {}", fmt::join(why, ", "));
}

bool has_loaders_for(const oci::Platform& platform) { return platform.architecture == "amd64"; }

void check_loaders_for(const oci::Platform& platform) {
  if (has_loaders_for(platform)) return;
  throw Error(reason::kBadMedium, "there are no loader files for {}", platform.to_text())
      .set_remedy("Build for linux/amd64, or a netboot set.");
}

}  // namespace cairn::media
