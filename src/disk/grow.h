// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/effects.h"
#include "disk/layout.h"

#include <filesystem>
#include <optional>

// Disks that are larger than the ones their tables were made for: an image that was copied to a disk, a virtual disk
// that was enlarged (docs/formats/disk.md, "Growing").
namespace cairn::disk {

// What an image has of a layout that gets the rest on its machine: all up to recovery, on a disk that ends right behind
// it. Numbers stay those of the whole layout.
DiskLayout cut_behind_recovery(DiskLayout layout);

// The table that a disk of ours is to have; nothing if it has it. Decides; touches nothing. Every partition that is
// there keeps its number, ids, place and, unless it is the last one, its size.
// - Without `state` the disk gets what is missing of the layout that an install by `spec` would have made; `recovery`
//   becomes longer if it would be there. `spec` needs no sizes of what is there. Throws reason::kDiskTooSmall, and
//   reason::kBadLayout when what is there is not the beginning of such a layout.
// - A disk that has `state` and grew: `persistent` gets what came, if it is last.
// - A copy that is damaged, or that an interrupted growth left: both are to be whole.
std::optional<GptTable> plan_growth(const GptReading& found, const LayoutSpec& spec, const Geometry& disk,
                                    GuidSource& guids);

// Puts `grown` in place of `found`, and removes what looks like a file system where partitions were added. The disk may
// be in use. Cut short anywhere, the disk has one of the two tables, whole and at its start; the backup may be damaged.
void apply_growth(const GptTable& found, const GptTable& grown, const std::filesystem::path& device, Effects& effects);

}  // namespace cairn::disk
