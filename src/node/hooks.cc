// SPDX-License-Identifier: Apache-2.0
#include "node/hooks.h"

#include "disk/mount.h"
#include "node/directory_in.h"

#include <fmt/ranges.h>
#include <sys/mount.h>

namespace cairn::node {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxNamed = 8;

// The root of a system that was just written, as its own programs will see it.
class HookRoot {
 public:
  HookRoot(const fs::path& squashfs, const fs::path& work, const HookVolumes& volumes) : work_(work), loop_(squashfs) {
    mounts_.add({.source = loop_.path(), .target = work_ / "image", .type = "squashfs", .flags = MS_RDONLY});
    mounts_.add({.source = "cairn-hook", .target = work_ / "memory", .type = "tmpfs", .options = "mode=0755,size=25%"});
    fs::create_directories(upper());
    fs::create_directories(work_ / "memory/work");
    mounts_.add({.source = "cairn-hook",
                 .target = path(),
                 .type = "overlay",
                 .options = fmt::format("lowerdir={},upperdir={},workdir={}", (work_ / "image").string(),
                                        upper().string(), (work_ / "memory/work").string())});
    mounts_.add({.source = "proc", .target = inside("/proc"), .type = "proc"});
    mounts_.add({.source = "sysfs", .target = inside("/sys"), .type = "sysfs", .flags = MS_RDONLY});
    for (const char* shared : {"/dev", "/run"}) bind(shared, shared);
    bind(volumes.oem, "/oem");
    if (volumes.persistent) bind(*volumes.persistent, "/run/elemental/persistent");
    if (volumes.esp) bind(*volumes.esp, "/run/elemental/efi");
  }

  fs::path path() const { return work_ / "root"; }

  // What hooks changed in the root tree and thus in vain, without a leading slash.
  std::vector<std::string> changes() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(upper())) {
      if (!entry.is_directory() || entry.is_symlink()) found.push_back(entry.path().lexically_relative(upper()));
    }
    return found;
  }

 private:
  fs::path upper() const { return work_ / "memory/upper"; }
  fs::path inside(const fs::path& place) const { return ensure_directory_in(path(), place); }
  void bind(const fs::path& from, const fs::path& to) {
    const fs::path target = inside(to);
    mounts_.add({.source = from.string(), .target = target, .type = "none", .flags = MS_BIND});
    // What is mounted below it later must not appear in the running system.
    ::mount(nullptr, target.c_str(), nullptr, MS_PRIVATE, nullptr);
  }

  fs::path work_;
  disk::LoopDevice loop_;
  disk::Mounts mounts_;
};

void tell_changes(const Hooks& hooks, const std::string& stage, std::vector<std::string> changes) {
  if (changes.empty() || !hooks.warn) return;
  const std::size_t count = changes.size();
  if (count > kMaxNamed) changes.resize(kMaxNamed);
  hooks.warn(fmt::format("{} changed /{}{} in the new root, which never changes: that is lost", stage,
                         fmt::join(changes, ", /"),
                         count > kMaxNamed ? fmt::format(" and {} more", count - kMaxNamed) : ""));
}

}  // namespace

void Hooks::before(std::string_view operation) const {
  if (run) run({.stage = fmt::format("before-{}", operation)});
}

void Hooks::post(std::string_view operation) const {
  if (run) run({.stage = fmt::format("post-{}", operation)});
}

void run_after_hooks(const Hooks& hooks, std::string_view operation, const fs::path& snapshot,
                     const HookVolumes& volumes) {
  if (!hooks.run) return;
  const std::string chroot_stage = fmt::format("after-{}-chroot", operation);
  std::optional<HookRoot> root;
  try {
    root.emplace(snapshot / "rootfs.squashfs", hooks.work, volumes);
  } catch (const std::exception& problem) {  // whether that stops the operation is not ours to say
    if (!hooks.failed) throw;
    hooks.failed(problem);
  }
  if (root) {
    hooks.run({.stage = chroot_stage, .root = root->path()});
    tell_changes(hooks, chroot_stage, root->changes());
    root.reset();  // a program that a hook left behind keeps it, and holds up nobody
  }
  Hook on_host{.stage = fmt::format("after-{}", operation)};
  if (volumes.oem_is_new) on_host.more.push_back(volumes.oem);
  hooks.run(on_host);
}

}  // namespace cairn::node
