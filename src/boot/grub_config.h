// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace cairn::boot {

// Where things are on an installed disk, for its loader.
struct GrubConfigSpec {
  unsigned state_partition = 0;     // number in the GPT, from 1
  unsigned recovery_partition = 0;  // 0 = none
  unsigned timeout = 3;             // seconds that the menu waits for a person
};

// The text of /boot/grub/grub.cfg on the ESP: decides by the boot state (docs/formats/bootstate.md) which snapshot
// starts. Written at install; upgrades of the OS never touch it. For Debian's GRUB 2.06 with the modules of
// images/loaders/build.
std::string grub_config(const GrubConfigSpec& spec);

// Content of /cairn/twin on the ESP, which the loader writes when the disk has a byte copy: `mark` is "0" until it did.
std::string twin_block(std::string_view mark = "0");

// Kernel words as the loader reads them from a snapshot's file `cmdline` (docs/formats/snapshot.md). Throws
// reason::kBadKernelWord naming the first word that the loader would not pass on as it is.
std::string kernel_words_block(const std::string& words);

}  // namespace cairn::boot
