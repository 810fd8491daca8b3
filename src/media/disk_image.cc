// SPDX-License-Identifier: Apache-2.0
#include "media/disk_image.h"

#include "boot/bootstate.h"
#include "boot/grub_config.h"
#include "boot/reset_request.h"
#include "core/effects.h"
#include "core/file.h"
#include "core/text.h"
#include "core/utc.h"
#include "disk/apply.h"
#include "disk/grow.h"
#include "media/checksum.h"
#include "media/loaders.h"
#include "media/reasons.h"
#include "snapshot/manifest.h"
#include "tool/filesystem.h"
#include "tool/qemu_img.h"

#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace cairn::media {
namespace {

namespace fs = std::filesystem;

constexpr boot::SnapshotNumber kFirstSnapshot = 1;
constexpr std::size_t kMaxLoader = 2 << 20;  // bytes of GRUB for BIOS

class DiskBuild {
 public:
  DiskBuild(const MediumSpec& medium, const DiskImageSpec& spec, const fs::path& work, Runner& runner,
            Progress& progress, const std::stop_token& stop)
      : medium_(medium),
        spec_(spec),
        work_(work),
        staging_(work / "files"),
        runner_(runner),
        progress_(progress),
        stop_(stop) {
    fs::create_directories(work / "files/system");
    fs::create_directory(work / "esp");
  }

  MediumResult run(const fs::path& raw, const osimage::OnTree& on_tree) {
    system_ = stage_system(medium_,
                           {.root = "/system/rootfs.squashfs",
                            .kernel = "/system/vmlinuz",
                            .initramfs = "/system/initrd",
                            .cloud_configs = "/oem"},
                           staging_, on_tree, progress_, stop_);
    progress_.step("writing the disk");
    stage_texts();
    const std::string id = medium_id(decisions(), staging_.files());
    plan(id);
    if (::truncate(raw.c_str(), static_cast<off_t>(layout_.geometry.size)) != 0) {
      throw system_error(errno, fmt::format("making {}", raw.string()));
    }
    disk::apply_layout(layout_, {.device = raw, .is_empty = true, .time = time(), .stop = stop_}, system_effects());
    fill(raw);
    disk::write_bios_loader(layout_,
                            {.boot_image = read_file(medium_.loaders / "i386-pc/boot.img", kMaxLoader),
                             .core_image = read_file(medium_.loaders / "i386-pc/core.img", kMaxLoader)},
                            raw, system_effects());
    return {.id = id,
            .kernel = system_.boot.version,
            .size = layout_.geometry.size,
            .dropped_xattrs = system_.dropped_xattrs};
  }

 private:
  // File systems take 0 for "now".
  std::int64_t time() const { return std::max<std::int64_t>(system_.mtime, 1); }

  void stage_texts() {
    const oci::Image& image = medium_.images.front();
    const auto record = [](const MediumFile& file) {
      return snapshot::FileRecord{
          .path = fs::path(file.path).filename(), .size = file.size, .sha256 = std::string(file.digest.hex())};
    };
    staging_.write_text(
        "/system/manifest.json",
        snapshot::to_text({.created = format_utc(system_.mtime),
                           .cairn = medium_.program_version,
                           .reference = medium_.reference,
                           .digest = image.digest().text(),
                           .title = osimage::label_of(image, "org.opencontainers.image.title"),
                           .version = osimage::label_of(image, "org.opencontainers.image.version"),
                           .platform = image.config().platform.to_text(),
                           .image_created = image.config().created,
                           .files = {record(system_.root), record(system_.kernel), record(system_.initramfs)}}));
    staging_.write_text("/system/cmdline", boot::kernel_words_block(fmt::format("{}", fmt::join(system_.words, " "))));
    boot::BootState state{
        .active = kFirstSnapshot, .passives = {}, .verdict = boot::Verdict::good, .recovery = kFirstSnapshot};
    if (spec_.grow) {
      // Without a try left for an active system, which is not there yet, the loader starts recovery.
      state.verdict = boot::Verdict::trying;
      state.reset_asked = true;
      staging_.write_text(fmt::format("/oem/{}", boot::kResetRequestFile), boot::compose(boot::ResetRequest{}));
    }
    for (const char* name : {"a", "b"}) {
      ++state.sequence;
      staging_.write_text(fmt::format("/esp/cairn/bootstate.{}", name), boot::compose(state));
    }
    staging_.write_text("/esp/cairn/twin", boot::twin_block());
    staging_.copy("/esp/EFI/BOOT/BOOTX64.EFI", medium_.loaders / "x86_64-efi/BOOTX64.EFI");
  }

  // All that decides the bytes beside the files.
  std::vector<std::string> decisions() const {
    std::vector<std::string> all = decisions_of("disk", medium_, system_);
    const disk::LayoutSpec& layout = spec_.layout;
    all.push_back(fmt::format("size={}", spec_.size.value_or(0)));
    all.push_back(fmt::format("sector={}", spec_.sector_size));
    for (const disk::PartitionSpec* part :
         {&layout.esp, &layout.oem, &layout.recovery, &layout.state, &layout.persistent}) {
      all.push_back(fmt::format("partition={} {}", part->label, part->size.value_or(0)));
    }
    for (const disk::ExtraPartition& extra : layout.extra) {
      all.push_back(fmt::format("extra={} {} {} {}", extra.name, extra.label, extra.size.value_or(0),
                                disk::to_string(extra.file_system)));
    }
    all.push_back(fmt::format("snapshots={}", layout.snapshots));
    all.push_back(fmt::format("grow={}", spec_.grow));
    return all;
  }

  // GUIDs follow from the id: equal images are equal to the byte, different ones can be told apart in one machine.
  void plan(const std::string& id) {
    disk::LayoutSpec layout = spec_.layout;
    layout.system_size = system_.root.size + system_.kernel.size + system_.initramfs.size;
    layout.compact = layout.compact || !spec_.size || spec_.grow;
    disk::SeededGuids guids(id);
    layout_ = disk::plan_layout(
        layout, {.size = spec_.size.value_or(disk::needed_size(layout)), .sector_size = spec_.sector_size}, guids);
    staging_.write_text("/esp/boot/grub/grub.cfg",
                        boot::grub_config({.state_partition = layout_.get(disk::Role::state).number,
                                           .recovery_partition = layout_.get(disk::Role::recovery).number}));
    if (!spec_.grow) return;
    layout_ = disk::cut_behind_recovery(std::move(layout_));
    if (spec_.size) layout_.geometry.size = *spec_.size;
  }

  // Files staged below `folder`, as they are to lie in a file system.
  tool::FileMap files_below(std::string_view folder, const std::string& target) const {
    tool::FileMap files;
    for (const MediumFile& file : staging_.files()) {
      if (!file.path.starts_with(folder)) continue;
      files[target + file.path.substr(folder.size())] = staging_.path_of(file.path);
    }
    return files;
  }

  void fill(const fs::path& raw) {
    const auto where = [&](disk::Role role) {
      const disk::PlannedPartition& partition = layout_.get(role);
      return tool::Extent{.offset = partition.offset, .size = partition.size};
    };
    const auto snapshot = files_below("/system/", fmt::format(".snapshots/{}/", kFirstSnapshot));
    if (!spec_.grow) tool::fill_ext(raw, where(disk::Role::state), snapshot, time(), runner_, stop_);
    tool::fill_ext(raw, where(disk::Role::recovery), snapshot, time(), runner_, stop_);
    tool::fill_ext(raw, where(disk::Role::oem), files_below("/oem/", ""), time(), runner_, stop_);
    tool::fill_fat(raw, where(disk::Role::esp), files_below("/esp/", ""), time(), work_ / "esp", runner_, stop_);
  }

  const MediumSpec& medium_;
  const DiskImageSpec& spec_;
  fs::path work_;
  Staging staging_;
  Runner& runner_;
  Progress& progress_;
  const std::stop_token& stop_;
  StagedSystem system_;
  disk::DiskLayout layout_;
};

}  // namespace

MediumResult build_disk(const MediumSpec& medium, const DiskImageSpec& spec, const fs::path& out,
                        const osimage::OnTree& on_tree, Runner& runner, Progress& progress,
                        const std::stop_token& stop) {
  check_loaders_for(medium.images.front().config().platform);
  AtomicFile disk(out);
  AtomicFile sum(out.string() + ".sha256");
  const TempDir work(fs::absolute(out).parent_path(), "cairn-disk");
  const fs::path raw = spec.format == DiskFormat::raw ? disk.temporary() : work.path() / "disk.raw";
  if (spec.format != DiskFormat::raw) atomic_write(raw, {});
  const MediumResult result = DiskBuild(medium, spec, work.path(), runner, progress, stop).run(raw, on_tree);
  if (spec.format == DiskFormat::qcow2) tool::convert_to_qcow2(raw, disk.temporary(), runner, stop);
  progress.step("checking what was written");
  sum.write(as_bytes(sum_line(disk.temporary(), out)));
  sum.commit();
  disk.commit();
  return result;
}

}  // namespace cairn::media
