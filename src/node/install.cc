// SPDX-License-Identifier: Apache-2.0
#include "node/install.h"

#include "boot/grub_config.h"
#include "core/effects.h"
#include "core/file.h"
#include "core/text.h"
#include "core/utc.h"
#include "disk/mount.h"
#include "node/boot_entry.h"
#include "node/cloud_configs.h"
#include "node/effect_files.h"
#include "node/reasons.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace cairn::node {
namespace {

namespace fs = std::filesystem;
using disk::DiskFacts;
using disk::Role;

constexpr std::size_t kMaxLoader = 4 << 20;  // bytes of one loader file

// Why a disk will not do without being asked for by name; empty if it will.
std::string find_objection(const DiskFacts& disk) {
  if (disk.removable) return "removable";
  if (disk.read_only) return "read-only";
  if (!disk.readable) return "not readable";
  if (disk.holds_our_os()) return "holds an installed system";
  try {
    disk::require_unused(disk);
  } catch (const Error& error) {  // recovers: another disk may do
    return error.message();
  }
  return "";
}

const DiskFacts& choose_disk(const std::vector<DiskFacts>& disks) {
  std::vector<const DiskFacts*> good;
  std::vector<std::string> lines;
  for (const DiskFacts& disk : disks) {
    const std::string objection = find_objection(disk);
    if (objection.empty()) good.push_back(&disk);
    lines.push_back(fmt::format("{} ({}{})", disk.device.string(), human_size(disk.size),
                                objection.empty() ? "" : ", " + objection));
  }
  if (good.size() == 1) return *good.front();
  const std::string all = lines.empty() ? "none" : fmt::format("{}", fmt::join(lines, ", "));
  throw Error(reason::kNoTarget, "{} disks would do; disks here: {}", good.empty() ? "no" : "several", all);
}

const DiskFacts& find_disk(const InstallSpec& spec, const std::vector<DiskFacts>& disks) {
  if (spec.target.empty() || spec.target == "auto") return choose_disk(disks);
  std::error_code ignored;  // what can't be resolved is taken as it is
  const fs::path wanted = fs::canonical(spec.target, ignored);
  const auto found = std::find_if(disks.begin(), disks.end(), [&](const DiskFacts& disk) {
    return disk.device == spec.target || disk.device == wanted;
  });
  if (found != disks.end()) return *found;
  std::vector<std::string> names;
  for (const DiskFacts& disk : disks) names.push_back(disk.device.string());
  throw Error(reason::kNoTarget, "there is no disk {}; disks here: {}", printable(spec.target),
              names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")));
}

class Installation {
 public:
  Installation(const InstallSpec& spec, const InstallPlan& plan, const MediumSystem& system, std::string_view version,
               const InstallTools& tools)
      : spec_(spec), plan_(plan), system_(system), version_(version), tools_(tools) {}

  void run() {
    // All that can fail without touching the disk comes first.
    read_inputs();
    tools_.hooks.before("install");
    tools_.progress.step("making partitions and file systems");
    const fs::path& device = plan_.disk.device;
    disk::apply_layout(plan_.layout, {.device = device, .stop = tools_.stop}, tools_.effects);
    disk::verify_layout(plan_.layout, device);
    disk::reload_partitions(plan_.layout, device, tools_.clock, tools_.stop);
    disk::Mounts mounts;
    for (const Role role : {Role::esp, Role::oem, Role::recovery, Role::state, Role::persistent}) mount(mounts, role);
    fill();
    mounts.close();
    disk::write_bios_loader(plan_.layout, bios_, device, tools_.effects);
    if (spec_.boot_entry) {
      try_put_boot_entry(plan_.layout.get(Role::esp), plan_.layout.geometry.sector_size, tools_.hooks.warn);
    }
    tools_.hooks.post("install");
    tools_.progress.finish();
  }

 private:
  fs::path at(Role role) const { return tools_.work / disk::to_string(role); }

  void read_inputs() {
    const fs::path loaders = system_.loaders();
    efi_loader_ = read_file(loaders / "x86_64-efi/BOOTX64.EFI", kMaxLoader);
    bios_ = {.boot_image = read_file(loaders / "i386-pc/boot.img", kMaxLoader),
             .core_image = read_file(loaders / "i386-pc/core.img", kMaxLoader)};
    cloud_configs_ = read_cloud_configs(spec_.cloud_configs);
  }

  void mount(disk::Mounts& mounts, Role role) {
    const disk::PlannedPartition& partition = plan_.layout.get(role);
    mounts.add({.source = disk::partition_device(plan_.disk.device, partition.number).string(),
                .target = at(role),
                .type = std::string(disk::to_string(partition.file_system))});
  }

  void fill() {
    EffectFiles esp(tools_.effects, at(Role::esp));
    EffectFiles oem(tools_.effects, at(Role::oem));
    for (std::size_t i = 0; i < cloud_configs_.size(); ++i) {
      oem.write(cloud_config_name(i), cloud_configs_[i], 0600);
    }
    esp.write("EFI/BOOT/BOOTX64.EFI", efi_loader_);
    esp.write("boot/grub/grub.cfg", boot::grub_config({.state_partition = plan_.layout.get(Role::state).number,
                                                       .recovery_partition = plan_.layout.get(Role::recovery).number}));
    tools_.progress.step("writing the system");
    const fs::path boot_states = at(Role::esp) / "cairn";
    tools_.effects.make_directory(boot_states, 0755);
    tools_.effects.sync_directory(at(Role::esp));
    esp.write("cairn/twin", boot::twin_block());
    boot::BootStateStore boot(boot_states, tools_.effects);
    snapshot::SnapshotStore state(at(Role::state), tools_.effects);
    snapshot::SnapshotStore recovery(at(Role::recovery), tools_.effects);
    const std::string now = format_utc(tools_.clock.wall());
    const auto content_of = [&](ImageSystem* image) {
      return image != nullptr ? image->content(version_, now) : system_.content(version_, now, tools_.stop);
    };
    const SystemContent for_recovery = content_of(tools_.recovery);
    SystemContent content = content_of(tools_.system);
    content.check = [&](const fs::path& directory) {
      run_after_hooks(
          tools_.hooks, "install", directory,
          {.oem = at(Role::oem), .persistent = at(Role::persistent), .esp = at(Role::esp), .oem_is_new = true});
    };
    install_systems({boot, state}, content, &recovery, &for_recovery, spec_.tries);
    tools_.effects.settle_filesystem(at(Role::oem));
  }

  const InstallSpec& spec_;
  const InstallPlan& plan_;
  const MediumSystem& system_;
  std::string_view version_;
  const InstallTools& tools_;
  std::string efi_loader_;
  disk::BiosLoader bios_;
  std::vector<std::string> cloud_configs_;
};

}  // namespace

InstallPlan plan_install(const InstallSpec& spec, const std::vector<DiskFacts>& disks, std::uint64_t system_size,
                         disk::GuidSource& guids) {
  InstallPlan plan{.disk = find_disk(spec, disks)};
  disk::require_unused(plan.disk);
  if (plan.disk.holds_our_os() && !spec.force) {
    throw Error(reason::kHoldsSystem, "{} holds an installed system", plan.disk.device.string());
  }
  disk::LayoutSpec layout = spec.layout;
  layout.system_size = system_size;
  plan.layout = disk::plan_layout(layout, plan.disk.geometry(), guids);
  return plan;
}

std::string to_text(const InstallPlan& plan) {
  std::string text = fmt::format("disk {}: {}{}{}\n", plan.disk.device.string(), human_size(plan.disk.size),
                                 plan.disk.model.empty() ? "" : ", " + printable(plan.disk.model, 40),
                                 plan.disk.partitions.empty()
                                     ? ", empty"
                                     : fmt::format(", {} partitions that will be lost", plan.disk.partitions.size()));
  for (const disk::PlannedPartition& partition : plan.layout.partitions) {
    text += fmt::format("  {}  {:<12} {:>10}  {:<5} {}\n", partition.number, partition.name, human_size(partition.size),
                        disk::to_string(partition.file_system), partition.label);
  }
  return text;
}

void install(const InstallSpec& spec, const InstallPlan& plan, const MediumSystem& system, std::string_view version,
             const InstallTools& tools) {
  with_context(fmt::format("installing to {}", plan.disk.device.string()),
               [&] { Installation(spec, plan, system, version, tools).run(); });
}

}  // namespace cairn::node
