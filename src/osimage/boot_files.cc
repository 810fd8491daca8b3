// SPDX-License-Identifier: Apache-2.0
#include "osimage/boot_files.h"

#include "core/text.h"
#include "osimage/reasons.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace cairn::osimage {
namespace {

constexpr std::string_view kModules = "usr/lib/modules";
// Where distributions put them, `{}` is the version. The first that is there counts: `cairn init` writes
// boot/initrd-{}, so ours goes before what a distribution's own package made.
constexpr std::string_view kKernelPlaces[] = {"boot/vmlinuz-{}", "usr/lib/modules/{}/vmlinuz",
                                              "boot/Image-{}",   "usr/lib/modules/{}/Image",
                                              "boot/zImage-{}",  "boot/vmlinux-{}"};
constexpr std::string_view kInitramfsPlaces[] = {"boot/initrd-{}",        "usr/lib/modules/{}/initrd",
                                                 "boot/initramfs-{}.img", "usr/lib/modules/{}/initramfs.img",
                                                 "boot/initrd.img-{}",    "boot/elemental.initrd-{}"};

template <std::size_t count>
std::string find_file(const rootfs::Tree& tree, const std::string_view (&places)[count], const std::string& version) {
  for (const std::string_view place : places) {
    std::string path = fmt::format(fmt::runtime(place), version);
    const rootfs::Inode* inode = tree.find(path);
    if (inode != nullptr && inode->type == rootfs::NodeType::file && inode->size > 0) return path;
  }
  return {};
}

template <std::size_t count>
std::string list_places(const std::string_view (&places)[count], const std::string& version) {
  std::vector<std::string> paths;
  for (const std::string_view place : places) paths.push_back("/" + fmt::format(fmt::runtime(place), version));
  return fmt::format("{}", fmt::join(paths, ", "));
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

int compare_versions(std::string_view left, std::string_view right) {
  while (!left.empty() && !right.empty()) {
    const auto number = [](std::string_view& text) {
      const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
      std::string_view digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
      text.remove_prefix(digits.size());
      digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
      return digits;
    };
    if (is_digit(left.front()) && is_digit(right.front())) {
      const std::string_view a = number(left);
      const std::string_view b = number(right);
      if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
      if (const int order = a.compare(b); order != 0) return order;
      continue;
    }
    if (left.front() != right.front()) return left.front() < right.front() ? -1 : 1;
    left.remove_prefix(1);
    right.remove_prefix(1);
  }
  return static_cast<int>(!left.empty()) - static_cast<int>(!right.empty());
}

std::vector<BootFiles> find_kernels(const rootfs::Tree& tree) {
  std::vector<BootFiles> found;
  const rootfs::Inode* modules = tree.find(kModules);
  if (modules == nullptr) return found;
  for (const auto& [version, inode] : modules->children) {
    if (inode->type != rootfs::NodeType::directory) continue;
    found.push_back({version, find_file(tree, kKernelPlaces, version), find_file(tree, kInitramfsPlaces, version)});
  }
  std::sort(found.begin(), found.end(),
            [](const BootFiles& a, const BootFiles& b) { return compare_versions(a.version, b.version) > 0; });
  return found;
}

BootFiles get_boot_files(const rootfs::Tree& tree) {
  const std::vector<BootFiles> kernels = find_kernels(tree);
  if (kernels.empty()) {
    throw Error(reason::kNotBootable, "the image has no kernel modules: no folder in /{}", kModules)
        .set_remedy("Install a kernel package in the Dockerfile, then RUN cairn init.");
  }
  for (const BootFiles& kernel : kernels) {
    if (!kernel.kernel.empty() && !kernel.initramfs.empty()) return kernel;
  }
  const auto with_kernel =
      std::find_if(kernels.begin(), kernels.end(), [](const auto& k) { return !k.kernel.empty(); });
  if (with_kernel == kernels.end()) {
    throw Error(reason::kNotBootable, "the image has no kernel of version {}: looked for {}",
                printable(kernels.front().version), list_places(kKernelPlaces, kernels.front().version))
        .set_remedy("Install the kernel package in the Dockerfile, not only its modules.");
  }
  throw Error(reason::kNotBootable, "the image has no initramfs for kernel {}: looked for {}",
              printable(with_kernel->version), list_places(kInitramfsPlaces, with_kernel->version))
      .set_remedy("Add `RUN cairn init` to the Dockerfile after the kernel was installed.");
}

}  // namespace cairn::osimage
