// SPDX-License-Identifier: Apache-2.0
#include "node/boot_entry.h"

#include "boot/firmware_entry.h"
#include "core/file.h"
#include "core/log.h"
#include "core/text.h"

#include <fmt/core.h>

namespace cairn::node {
namespace {

using Warn = std::function<void(const std::string&)>;

template <class Body>
void attempt(const Warn& warn, Body&& body) {
  try {
    if (boot::has_firmware_variables()) body();
  } catch (const std::exception& problem) {  // recovers: see the header
    const std::string text = fmt::format("the firmware's boot entry was not made: {}", problem.what());
    warn ? warn(text) : log::warning(text);
  }
}

}  // namespace

void try_put_boot_entry(const disk::PlannedPartition& esp, std::uint32_t sector_size, const Warn& warn) {
  attempt(warn, [&] {
    boot::put_firmware_entry({.partition = esp.number,
                              .first_sector = esp.offset / sector_size,
                              .sectors = esp.size / sector_size,
                              .id = esp.id});
  });
}

void try_put_boot_entry(const disk::DiskFacts& disk, const disk::SystemPaths& system, const Warn& warn) {
  constexpr std::size_t kMaxNumber = 64;
  constexpr std::uint64_t kSysfsSector = 512;  // whatever the disk's are
  attempt(warn, [&] {
    const disk::PartitionFacts* esp = disk.find(disk::Role::esp);
    if (esp == nullptr) return;
    const auto start = parse_number(trim(read_file(system.sys / "class/block" / esp->name / "start", kMaxNumber)));
    boot::put_firmware_entry({.partition = esp->number,
                              .first_sector = start.value_or(0) * kSysfsSector / disk.sector_size,
                              .sectors = esp->size / disk.sector_size,
                              .id = esp->id});
  });
}

}  // namespace cairn::node
