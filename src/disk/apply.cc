// SPDX-License-Identifier: Apache-2.0
#include "disk/apply.h"

#include "core/effect_file.h"
#include "core/file.h"
#include "core/reasons.h"
#include "disk/little_endian.h"
#include "disk/reasons.h"
#include "tool/filesystem.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/blkpg.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>

namespace cairn::disk {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

// No trace of what was: table, boot code, and superblocks at the start of what will be partitions, also of those that
// get no file system. The tail goes first: a disk that has only its head still says what it was.
void wipe(const DiskLayout& layout, const fs::path& device, Effects& effects) {
  const std::string zeros(kMiB, '\0');
  EffectFile disk(effects, effects.open(device));
  const std::uint64_t size = layout.geometry.sectors() * layout.geometry.sector_size;
  disk.write(size - kMiB, zeros);
  disk.write(0, zeros);
  disk.flush();
  for (const PlannedPartition& partition : layout.partitions) disk.write(partition.offset, zeros);
  disk.done();
}

void make_file_system(const PlannedPartition& partition, const DiskLayout& layout, const ApplyOptions& options,
                      Effects& effects) {
  if (partition.file_system == FileSystem::none) return;
  Command command =
      tool::make_filesystem_command(options.device, {.type = std::string(to_string(partition.file_system)),
                                                     .label = partition.label,
                                                     .uuid = partition.file_system_id.text(),
                                                     .where = {.offset = partition.offset, .size = partition.size},
                                                     .sector_size = layout.geometry.sector_size,
                                                     .time = options.time});
  command.stop = options.stop;
  with_context(fmt::format("making {} on partition {} of {}", to_string(partition.file_system), partition.number,
                           options.device.string()),
               [&] { effects.run(command); });
}

// The first sector makes a table of what stands behind it: firmware and kernel ignore a GPT without a protective MBR.
// One sector is written whole or not at all.
void write_table(const DiskLayout& layout, const fs::path& device, Effects& effects) {
  const GptBytes bytes = compose_gpt(to_gpt(layout));
  const std::uint32_t sector = layout.geometry.sector_size;
  EffectFile disk(effects, effects.open(device));
  disk.write(bytes.tail_offset, bytes.tail);
  disk.write(sector, std::string_view(bytes.head).substr(sector));
  disk.flush();
  disk.write(0, std::string_view(bytes.head).substr(0, sector));
  disk.done();
}

// Offsets in GRUB's images, from its boot.S and diskboot.S.
constexpr std::size_t kSector = 512;
constexpr std::size_t kBootCode = 440;       // bytes of the first sector that are code; behind it the table's
constexpr std::size_t kKernelSector = 0x5c;  // where core.img begins
constexpr std::size_t kBootDrive = 0x64;     // 0xff: the one that the BIOS says
constexpr std::size_t kDriveCheck = 0x66;    // a jump that hard disks don't need
constexpr std::size_t kRestSector = 0x1f4;   // in core.img's first sector: where its rest begins

std::string boot_sector(const DiskLayout& layout, const BiosLoader& loader, std::uint64_t core_sector) {
  if (loader.boot_image.size() != kSector || loader.boot_image.substr(510) != "\x55\xaa") {
    throw Error(reason::kBadLayout, "boot.img is not GRUB's: it has {} bytes", loader.boot_image.size());
  }
  std::string sector = compose_gpt(to_gpt(layout)).head.substr(0, kSector);
  sector.replace(0, kBootCode, loader.boot_image, 0, kBootCode);
  store_le(sector, kKernelSector, core_sector);
  sector[kBootDrive] = '\xff';
  sector.replace(kDriveCheck, 2, "\x90\x90");
  return sector;
}

std::string core_image(const BiosLoader& loader, const PlannedPartition& partition) {
  std::string core = loader.core_image;
  if (core.size() < 2 * kSector || core.size() > partition.size) {
    throw Error(reason::kBadLayout, "core.img has {} bytes; {} have room", core.size(), partition.size);
  }
  core.resize((core.size() + kSector - 1) / kSector * kSector, '\0');
  store_le(core, kRestSector, partition.offset / kSector + 1);
  return core;
}

// One request about a partition to the kernel; 0 or its errno.
int ask_kernel(const fs::path& disk, int operation, unsigned number, std::uint64_t offset, std::uint64_t size) {
  blkpg_partition wanted{};
  wanted.start = static_cast<long long>(offset);
  wanted.length = static_cast<long long>(size);
  wanted.pno = static_cast<int>(number);
  blkpg_ioctl_arg argument{};
  argument.op = operation;
  argument.datalen = sizeof wanted;
  argument.data = &wanted;
  const UniqueFd fd = open_read(disk);
  return ::ioctl(fd.get(), BLKPG, &argument) == 0 ? 0 : errno;
}

// Tells the kernel of a partition. One that reads GPTs knows it already, and says that it is busy; small kernels for
// virtual machines don't read them.
void add_partition(const fs::path& disk, unsigned number, std::uint64_t offset, std::uint64_t size) {
  const int cause = ask_kernel(disk, BLKPG_ADD_PARTITION, number, offset, size);
  if (cause != 0 && cause != EBUSY) {
    throw system_error(cause, fmt::format("adding partition {} of {}", number, disk.string()));
  }
}

constexpr seconds kPatience{15};
constexpr milliseconds kPause{100};

void wait_for_node(const fs::path& node, Clock& clock, const std::stop_token& stop) {
  const auto start = clock.steady();
  std::error_code ignored;  // what can't be looked at is not there yet
  while (!fs::exists(node, ignored)) {
    if (clock.steady() - start >= kPatience) {
      throw Error(cairn::reason::kTimedOut, "{} did not appear", node.string());
    }
    clock.sleep(kPause, stop);
  }
}

}  // namespace

void apply_layout(const DiskLayout& layout, const ApplyOptions& options, Effects& effects) {
  compose_gpt(to_gpt(layout));  // what can't be written is refused before anything is lost
  if (!options.is_empty) wipe(layout, options.device, effects);
  for (const PlannedPartition& partition : layout.partitions) make_file_system(partition, layout, options, effects);
  write_table(layout, options.device, effects);
}

void verify_layout(const DiskLayout& layout, const fs::path& device) { verify_table(to_gpt(layout), device); }

void verify_table(const GptTable& table, const fs::path& device) {
  FileBlocks blocks(device);
  std::string problem;
  try {
    const GptReading reading = read_gpt(blocks, table.geometry.sector_size);
    problem = reading.primary_problem + reading.backup_problem;
    if (problem.empty() && reading.table != table) problem = "it has another table";
  } catch (const Error& error) {  // no table at all is the same failure here
    problem = error.message();
  }
  if (!problem.empty()) throw Error(reason::kNotWritten, "the partition table of {}: {}", device.string(), problem);
}

void write_bios_loader(const DiskLayout& layout, const BiosLoader& loader, const fs::path& device, Effects& effects) {
  if (layout.geometry.sector_size != kSector) return;
  const PlannedPartition& partition = layout.get(Role::bios_boot);
  const std::string core = core_image(loader, partition);
  const std::string first = boot_sector(layout, loader, partition.offset / kSector);
  EffectFile disk(effects, effects.open(device));
  disk.write(partition.offset, core);
  disk.flush();
  disk.write(0, first);
  disk.done();
}

fs::path partition_device(const fs::path& disk, unsigned number) {
  const std::string name = disk.string();
  const bool ends_in_digit = !name.empty() && name.back() >= '0' && name.back() <= '9';
  return fmt::format("{}{}{}", name, ends_in_digit ? "p" : "", number);
}

void reload_partitions(const DiskLayout& layout, const fs::path& device, Clock& clock, const std::stop_token& stop) {
  const auto start = clock.steady();
  while (true) {
    const UniqueFd fd = open_read(device);
    if (::ioctl(fd.get(), BLKRRPART) == 0) break;
    if (errno != EBUSY) throw system_error(errno, "reading the partition table of " + device.string());
    // Busy for a moment: udev looks at a disk that was just closed.
    if (clock.steady() - start >= kPatience) {
      throw Error(reason::kDiskInUse, "{} still has a partition in use", device.string());
    }
    clock.sleep(kPause, stop);
  }
  for (const PlannedPartition& partition : layout.partitions) {
    add_partition(device, partition.number, partition.offset, partition.size);
    wait_for_node(partition_device(device, partition.number), clock, stop);
  }
}

void update_partitions(const GptTable& table, const fs::path& device, Clock& clock, const std::stop_token& stop) {
  const std::uint64_t sector = table.geometry.sector_size;
  for (const GptPartition& partition : table.partitions) {
    const std::uint64_t offset = partition.first * sector;
    const std::uint64_t size = partition.sectors() * sector;
    const int cause = ask_kernel(device, BLKPG_RESIZE_PARTITION, partition.number, offset, size);
    if (cause == ENXIO) {  // the kernel does not know it yet
      add_partition(device, partition.number, offset, size);
    } else if (cause != 0) {
      throw system_error(cause, fmt::format("resizing partition {} of {}", partition.number, device.string()));
    }
    wait_for_node(partition_device(device, partition.number), clock, stop);
  }
}

}  // namespace cairn::disk
