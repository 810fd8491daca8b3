// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "disk/guid.h"

#include <cstdint>
#include <filesystem>
#include <string>

namespace cairn::boot {

// An entry of the firmware's boot menu: a loader on a partition (UEFI 2.10, 3.1.3, EFI_LOAD_OPTION).
struct FirmwareEntry {
  std::string name = "cairn";  // ASCII; there is one entry of a name
  unsigned partition = 0;      // number in the GPT
  std::uint64_t first_sector = 0;
  std::uint64_t sectors = 0;
  disk::Guid id = {};  // PARTUUID
  std::string loader = "\\EFI\\BOOT\\BOOTX64.EFI";
};

// The firmware's variables as the kernel shows them (efivarfs): attributes of 4 bytes, then the value.
inline constexpr const char* kFirmwareVariables = "/sys/firmware/efi/efivars";

// Whether this machine was started by UEFI and its variables can be written.
bool has_firmware_variables(const std::filesystem::path& variables = kFirmwareVariables);
// Makes the entry, or corrects the one of that name, and puts it first. What is right already is not written again: the
// memory wears out. Throws what the file system says: a firmware may refuse any write. Not crash-safe, and need not
// be: without an entry the firmware takes the removable path, which is the same loader.
void put_firmware_entry(const FirmwareEntry& entry, const std::filesystem::path& variables = kFirmwareVariables);

// The value of its variable Boot####.
std::string to_load_option(const FirmwareEntry& entry);

}  // namespace cairn::boot
