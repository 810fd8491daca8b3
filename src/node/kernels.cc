// SPDX-License-Identifier: Apache-2.0
#include "node/kernels.h"

#include "core/file.h"
#include "core/text.h"
#include "node/reasons.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <set>

namespace cairn::node {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kModules = "usr/lib/modules";
constexpr std::string_view kDrivers[] = {"ext4", "isofs", "loop", "overlay", "squashfs", "vfat"};
constexpr std::size_t kMaxModuleList = 16 << 20;

// Where distributions put a kernel's image.
std::vector<std::string> image_places(const std::string& version) {
  return {"boot/vmlinuz-" + version, fmt::format("{}/{}/vmlinuz", kModules, version), "boot/Image-" + version,
          fmt::format("{}/{}/Image", kModules, version)};
}

bool is_newer(const InstalledKernel& left, const InstalledKernel& right) {
  return ::strverscmp(left.version.c_str(), right.version.c_str()) > 0;
}

// Names of modules in a list of their paths (modules.dep, modules.builtin): "kernel/fs/isofs/isofs.ko.xz: ..." ->
// "isofs".
void add_module_names(const fs::path& list, std::set<std::string, std::less<>>& names) {
  if (!fs::exists(list)) return;
  for (const std::string& line : split(read_file(list, kMaxModuleList), '\n')) {
    std::string name = fs::path(line.substr(0, line.find(':'))).filename().string();
    name.erase(std::min(name.find(".ko"), name.size()));
    std::replace(name.begin(), name.end(), '-', '_');
    names.insert(name);
  }
}

}  // namespace

std::vector<InstalledKernel> get_installed_kernels(const fs::path& root) {
  std::vector<InstalledKernel> kernels;
  std::vector<std::string> bare;
  std::error_code absent;
  for (const auto& entry : fs::directory_iterator(root / kModules, absent)) {
    if (!entry.is_directory()) continue;
    const std::string version = entry.path().filename().string();
    const auto places = image_places(version);
    const auto place = std::find_if(places.begin(), places.end(), [&](const auto& p) { return fs::exists(root / p); });
    if (place != places.end()) {
      kernels.push_back({version, *place});
    } else {
      bare.push_back(version);
    }
  }
  if (kernels.empty() && bare.empty()) {
    throw Error(reason::kNoKernel, "there are no kernel modules: no folder in {}", (root / kModules).string());
  }
  if (kernels.empty()) {
    std::sort(bare.begin(), bare.end());
    throw Error(reason::kNoKernel, "there are modules of kernel {}, but not the kernel itself: looked for {}",
                bare.back(), fmt::join(image_places(bare.back()), ", "))
        .set_remedy("Install the kernel's own package in the Dockerfile, not only its modules.");
  }
  std::sort(kernels.begin(), kernels.end(), is_newer);
  return kernels;
}

void check_drivers(const fs::path& root, const std::string& version) {
  std::set<std::string, std::less<>> there;
  for (const std::string_view list : {"modules.dep", "modules.builtin"}) {
    add_module_names(root / kModules / version / list, there);
  }
  std::vector<std::string_view> missing;
  for (const std::string_view driver : kDrivers) {
    if (!there.contains(driver)) missing.push_back(driver);
  }
  if (missing.empty()) return;
  throw Error(reason::kMissingDrivers, "kernel {} has no {}: looked in modules.dep and modules.builtin of {}", version,
              fmt::join(missing, ", "), (root / kModules / version).string());
}

}  // namespace cairn::node
