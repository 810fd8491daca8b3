// SPDX-License-Identifier: Apache-2.0
#include "node/installed_root.h"

#include "core/file.h"
#include "core/reasons.h"
#include "disk/block_reader.h"
#include "disk/mount.h"
#include "disk/reasons.h"
#include "disk/superblock.h"
#include "node/directory_in.h"
#include "node/mount_plan.h"
#include "node/persistent.h"
#include "node/reasons.h"
#include "snapshot/store.h"
#include "tool/filesystem.h"
#include "tool/modprobe.h"

#include <fmt/core.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

namespace cairn::node {
namespace {

namespace fs = std::filesystem;
using disk::Role;
using std::chrono::seconds;

constexpr std::string_view kSquashfs = "rootfs.squashfs";
constexpr std::size_t kMaxConfig = 1 << 20;
constexpr seconds kCheckLimit{300};  // replaying a journal takes seconds, a whole check of a large disk minutes
constexpr seconds kVolumeLimit{10};  // for what is not on the disk that was booted; never longer than for that one

bool is_ext(std::string_view type) { return type == "ext2" || type == "ext3" || type == "ext4"; }

// Links of udev by the tag in front of a name.
fs::path link_of(const std::string& source, const fs::path& links) {
  const std::size_t equals = source.find('=');
  const std::string_view tag = std::string_view(source).substr(0, equals);
  const std::string name = source.substr(equals + 1);
  if (tag == "LABEL") return links / "by-label" / name;
  if (tag == "UUID") return links / "by-uuid" / name;
  if (tag == "PARTLABEL") return links / "by-partlabel" / name;
  return links / "by-partuuid" / name;
}

// An overlay's own root is that of its upper folder, so it gets what the folder below has.
void copy_mode(const fs::path& from, const fs::path& to) {
  struct stat status {};
  if (::stat(from.c_str(), &status) != 0) throw system_error(errno, fmt::format("looking at {}", from.string()));
  if (::chown(to.c_str(), status.st_uid, status.st_gid) != 0 || ::chmod(to.c_str(), status.st_mode & 07777) != 0) {
    throw system_error(errno, fmt::format("setting owner and mode of {}", to.string()));
  }
}

class RootBuilder {
 public:
  RootBuilder(const BootRequest& request, const disk::DiskFacts& disk, const InstalledRootPaths& paths,
              const RootTools& tools)
      : request_(request), disk_(disk), paths_(paths), tools_(tools), run_(paths.machine.run) {}

  BootState build(std::string_view version);

 private:
  bool recovery() const { return request_.mode == BootMode::recovery; }
  fs::path early_oem() const { return run_ / "oem"; }

  const disk::PartitionFacts& partition(Role role) const;
  void mount_system();
  // Runs `body`; what fails is told and does not stop the others.
  template <class Body>
  bool attempt(std::string_view path, Body&& body);
  void recover(const fs::path& device);
  void mount_partition(Role role, const fs::path& at, unsigned long flags);
  MountConfig read_config();
  void mount_root(const MountPlan& plan);
  void mount_overlay(const fs::path& target, std::string_view name);
  void mount_plan(const MountPlan& plan);
  void mount_bind(const fs::path& from, const std::string& to);
  void mount_volume(const MountConfig::Volume& volume);
  void write_machine_id();

  const BootRequest& request_;
  const disk::DiskFacts& disk_;
  const InstalledRootPaths& paths_;
  const RootTools& tools_;
  const fs::path run_;
  disk::Mounts mounts_;
  std::optional<PersistentStore> persistent_;
  BootState state_;
};

const disk::PartitionFacts& RootBuilder::partition(Role role) const {
  if (const auto* found = disk_.find(role)) return *found;
  throw Error(reason::kNoVolume, "{} has no partition {}, or more than one", disk_.device.string(), to_string(role));
}

template <class Body>
bool RootBuilder::attempt(std::string_view path, Body&& body) {
  std::string why;
  try {
    body();
    return true;
  } catch (const Error& error) {  // a node that lacks a volume can still be reached; see the header
    if (error.kind() == ErrorKind::canceled) throw;
    why = error.what();
  } catch (const fs::filesystem_error& error) {  // the same
    why = error.what();
  }
  tools_.say(fmt::format("{} is not as it should be: {}", path, why));
  state_.failed_volumes.push_back({std::string(path), why});
  return false;
}

// The snapshot's root tree at run/rootfs.
void RootBuilder::mount_system() {
  const Role role = recovery() ? Role::recovery : Role::state;
  const fs::path store_path = paths_.machine.mount_point(role);
  mounts_.add({.source = partition(role).device.string(),
               .target = store_path,
               .type = "ext4",
               .flags = kStoreFlags | MS_RDONLY,
               .options = "errors=remount-ro"});
  const snapshot::SnapshotStore store(store_path, system_effects());
  const snapshot::Manifest manifest = store.manifest(request_.snapshot);
  state_.image = {.reference = manifest.reference,
                  .digest = manifest.digest,
                  .title = manifest.title,
                  .version = manifest.version,
                  .platform = manifest.platform,
                  .created = manifest.image_created};
  const fs::path squashfs = store.directory(request_.snapshot) / kSquashfs;
  const disk::LoopDevice loop(squashfs);
  for (const snapshot::FileRecord& file : manifest.files) {
    if (file.path != kSquashfs || file.size == fs::file_size(squashfs)) continue;
    throw Error(reason::kBadSystem, "{} has {} bytes instead of {}", squashfs.string(), fs::file_size(squashfs),
                file.size);
  }
  mounts_.add({.source = loop.path(), .target = run_ / "rootfs", .type = "squashfs", .flags = MS_RDONLY});
}

void RootBuilder::recover(const fs::path& device) {
  try {
    tool::recover_ext(device, kCheckLimit, tools_.runner, tools_.stop);
  } catch (const Error& error) {  // an image may lack the program; the kernel replays the journal without it
    if (!error.is(cairn::reason::kToolMissing)) throw;
  }
}

void RootBuilder::mount_partition(Role role, const fs::path& at, unsigned long flags) {
  const fs::path& device = partition(role).device;
  recover(device);
  mounts_.add({.source = device.string(), .target = at, .type = "ext4", .flags = flags | MS_NOATIME});
}

// The image's own, then the machine's.
MountConfig RootBuilder::read_config() {
  MountConfig config = default_mounts();
  for (const fs::path& path : {run_ / "rootfs/usr/lib/cairn/mounts.yaml", early_oem() / "mounts.yaml"}) {
    if (!fs::is_regular_file(path)) continue;
    attempt(path.string(), [&] { add_mounts(config, read_file(path, kMaxConfig), path.string()); });
  }
  return config;
}

void RootBuilder::mount_overlay(const fs::path& target, std::string_view name) {
  const fs::path upper = run_ / "overlay" / name / "upper";
  const fs::path work = run_ / "overlay" / name / "work";
  fs::create_directories(upper);
  fs::create_directories(work);
  const fs::path lower = target == paths_.sysroot ? run_ / "rootfs" : target;
  copy_mode(lower, upper);
  mounts_.add(
      {.source = fmt::format("cairn-{}", name),
       .target = target,
       .type = "overlay",
       .options = fmt::format("lowerdir={},upperdir={},workdir={}", lower.string(), upper.string(), work.string())});
}

void RootBuilder::mount_root(const MountPlan& plan) {
  mounts_.add({.source = "cairn-overlay",
               .target = run_ / "overlay",
               .type = "tmpfs",
               .options = fmt::format("mode=0755,size={}", plan.memory)});
  if (plan.root == MountPlan::Root::read_only) {
    mounts_.add({.source = run_ / "rootfs", .target = paths_.sysroot, .type = "none", .flags = MS_BIND});
    return;
  }
  mount_overlay(paths_.sysroot, "%root");  // no path's name
  if (plan.root == MountPlan::Root::writable) return;
  for (const std::string& path : plan.missing) {
    tools_.say(fmt::format("the image lacks {}: made in memory; `cairn init` makes it in the image", path));
    attempt(path, [&] { ensure_directory_in(paths_.sysroot, path); });
  }
  if (::mount(nullptr, paths_.sysroot.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) != 0) {
    throw system_error(errno, fmt::format("making {} read-only", paths_.sysroot.string()));
  }
}

void RootBuilder::mount_bind(const fs::path& from, const std::string& to) {
  mounts_.add({.source = from, .target = ensure_directory_in(paths_.sysroot, to), .type = "none", .flags = MS_BIND});
}

void RootBuilder::mount_volume(const MountConfig::Volume& volume) {
  fs::path device = volume.source;
  if (!volume.source.starts_with('/')) device = link_of(volume.source, paths_.links);
  device = wait_for_device(device.parent_path(), device.filename().string(), "volume",
                           std::min(kVolumeLimit, request_.wait), tools_);
  disk::FileBlocks blocks(device);
  const auto content = disk::probe_superblock(blocks);
  if (!content) throw Error(disk::reason::kNotMountable, "{} holds no file system that we know", device.string());
  if (is_ext(content->type)) recover(device);
  mounts_.add({.source = device.string(),
               .target = ensure_directory_in(paths_.sysroot, volume.path),
               .type = content->type,
               .flags = MS_NOATIME | (volume.read_only ? static_cast<unsigned long>(MS_RDONLY) : 0UL)});
}

void RootBuilder::mount_plan(const MountPlan& plan) {
  for (const std::string& path : plan.overlays) {
    attempt(path, [&] { mount_overlay(ensure_directory_in(paths_.sysroot, path), escape_path(path)); });
  }
  if (plan.root != MountPlan::Root::writable) {
    attempt("/tmp", [&] {
      mounts_.add({.source = "tmpfs",
                   .target = ensure_directory_in(paths_.sysroot, "/tmp"),
                   .type = "tmpfs",
                   .flags = MS_NODEV | MS_NOSUID,
                   .options = fmt::format("mode=1777,size={}", plan.memory)});
    });
  }
  for (const std::string& path : plan.binds) {
    attempt(path, [&] {
      const auto image = find_directory_in(run_ / "rootfs", path);
      mount_bind(persistent_->ensure(path, image.value_or("")), path);
    });
  }
  for (const MountConfig::Volume& volume : plan.volumes) attempt(volume.path, [&] { mount_volume(volume); });
}

// Before systemd starts, so that it never makes one of its own that the next boot does not know.
void RootBuilder::write_machine_id() {
  const std::string id = persistent_ ? persistent_->machine_id() : make_machine_id();
  atomic_write(ensure_directory_in(paths_.sysroot, "/etc") / "machine-id", as_bytes(id + "\n"), 0444);
}

BootState RootBuilder::build(std::string_view version) {
  state_.mode = request_.mode;
  state_.cairn = version;
  state_.installed = BootState::Installed{
      .esp = request_.esp, .disk = disk_.device.string(), .snapshot = request_.snapshot, .fallback = request_.fallback};
  tool::load_kernel_modules({"loop", "squashfs", "overlay", "ext4"}, tools_.runner, tools_.stop);
  mount_system();
  // Its configuration says what else to mount, and it can't be at its place before the root is.
  const bool has_oem = attempt("/oem", [&] { mount_partition(Role::oem, early_oem(), MS_NODEV | MS_NOSUID); });
  const MountConfig config = read_config();
  if (!recovery()) {
    attempt("COS_PERSISTENT", [&] {
      const fs::path at = paths_.machine.mount_point(Role::persistent);
      mount_partition(Role::persistent, at, 0);
      persistent_.emplace(at, tools_.runner, tools_.stop);
    });
  }
  const MountPlan plan = plan_mounts(
      config, {.recovery = recovery(), .persistent = persistent_.has_value(), .has_directory = [&](const auto& path) {
                 return find_directory_in(run_ / "rootfs", path).has_value();
               }});
  mount_root(plan);
  mount_plan(plan);
  attempt("/etc/machine-id", [&] { write_machine_id(); });
  if (has_oem) {
    attempt("/oem", [&] {
      mount_bind(early_oem(), "/oem");
      ::umount2(early_oem().c_str(), MNT_DETACH);
    });
  }
  write_boot_record(state_, paths_.machine.state_file(), paths_.sentinels);
  mounts_.keep();
  return std::move(state_);
}

}  // namespace

BootState mount_installed_root(const BootRequest& request, const disk::DiskFacts& disk, const InstalledRootPaths& paths,
                               std::string_view version, const RootTools& tools) {
  return RootBuilder(request, disk, paths, tools).build(version);
}

}  // namespace cairn::node
