// SPDX-License-Identifier: Apache-2.0
#include "disk/apply.h"

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

// A disk opened for a few writes that are on it when done() returns.
class OpenDisk {
 public:
  OpenDisk(Effects& effects, const fs::path& device) : effects_(effects), file_(effects.open(device)) {}
  OpenDisk(const OpenDisk&) = delete;
  OpenDisk& operator=(const OpenDisk&) = delete;
  ~OpenDisk() {
    if (!open_) return;
    try {
      effects_.close(file_);
    } catch (const Error&) {  // another error is on its way already
    }
  }

  void write(std::uint64_t offset, std::string_view bytes) { effects_.write(file_, offset, as_bytes(bytes)); }
  void flush() { effects_.sync(file_); }
  void done() {
    flush();
    open_ = false;
    effects_.close(file_);
  }

 private:
  Effects& effects_;
  Effects::Handle file_;
  bool open_ = true;
};

// No trace of what was: table, boot code, and superblocks at the start of what will be partitions, also of those that
// get no file system. The tail goes first: a disk that has only its head still says what it was.
void wipe(const DiskLayout& layout, const fs::path& device, Effects& effects) {
  const std::string zeros(kMiB, '\0');
  OpenDisk disk(effects, device);
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
  OpenDisk disk(effects, device);
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

// Tells the kernel of a partition. One that reads GPTs knows it already, and says that it is busy; small kernels for
// virtual machines don't read them.
void add_partition(const fs::path& disk, const PlannedPartition& partition) {
  blkpg_partition wanted{};
  wanted.start = static_cast<long long>(partition.offset);
  wanted.length = static_cast<long long>(partition.size);
  wanted.pno = static_cast<int>(partition.number);
  blkpg_ioctl_arg argument{};
  argument.op = BLKPG_ADD_PARTITION;
  argument.datalen = sizeof wanted;
  argument.data = &wanted;
  const UniqueFd fd = open_read(disk);
  if (::ioctl(fd.get(), BLKPG, &argument) != 0 && errno != EBUSY) {
    throw system_error(errno, fmt::format("adding partition {} of {}", partition.number, disk.string()));
  }
}

}  // namespace

void apply_layout(const DiskLayout& layout, const ApplyOptions& options, Effects& effects) {
  compose_gpt(to_gpt(layout));  // what can't be written is refused before anything is lost
  if (!options.is_empty) wipe(layout, options.device, effects);
  for (const PlannedPartition& partition : layout.partitions) make_file_system(partition, layout, options, effects);
  write_table(layout, options.device, effects);
}

void verify_layout(const DiskLayout& layout, const fs::path& device) {
  FileBlocks blocks(device);
  std::string problem;
  try {
    const GptReading reading = read_gpt(blocks, layout.geometry.sector_size);
    problem = reading.primary_problem + reading.backup_problem;
    if (problem.empty() && reading.table != to_gpt(layout)) problem = "it has another table";
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
  OpenDisk disk(effects, device);
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
  constexpr seconds kPatience{15};
  constexpr milliseconds kPause{100};
  const auto start = clock.steady();
  const auto wait = [&](const auto& is_done, const auto& give_up) {
    while (!is_done()) {
      if (clock.steady() - start >= kPatience) give_up();
      clock.sleep(kPause, stop);
    }
  };
  int cause = 0;
  const auto reread = [&] {
    const UniqueFd fd = open_read(device);
    cause = ::ioctl(fd.get(), BLKRRPART) == 0 ? 0 : errno;
    if (cause != 0 && cause != EBUSY) throw system_error(cause, "reading the partition table of " + device.string());
    return cause == 0;
  };
  // Busy for a moment: udev looks at a disk that was just closed.
  wait(reread, [&] { throw Error(reason::kDiskInUse, "{} still has a partition in use", device.string()); });
  for (const PlannedPartition& partition : layout.partitions) {
    add_partition(device, partition);
    const fs::path node = partition_device(device, partition.number);
    std::error_code ignored;  // what can't be looked at is not there yet
    wait([&] { return fs::exists(node, ignored); },
         [&] { throw Error(cairn::reason::kTimedOut, "{} did not appear", node.string()); });
  }
}

}  // namespace cairn::disk
