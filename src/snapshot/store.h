// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/effects.h"
#include "snapshot/manifest.h"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace cairn::snapshot {

using Number = std::uint32_t;

inline constexpr Number kMaxNumber = 999'999;

// The snapshots on one mounted file system (docs/formats/snapshot.md). Knows nothing of which one starts: the caller
// says what is to stay. Calls must not overlap: the caller holds the node's lock.
class SnapshotStore {
 public:
  SnapshotStore(std::filesystem::path mount_point, Effects& effects);

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path directory(Number number) const;

  // Makes the directory for snapshots if it is not there.
  void ensure_root();
  // Numbers of complete snapshots, ascending.
  std::vector<Number> list() const;
  // Throws reason::kNoSnapshot, reason::kBadManifest.
  Manifest manifest(Number number) const;
  // Above every number that lies here and above `floor`, the highest that a boot state has. Throws reason::kNoNumber.
  Number next_number(Number floor) const;

  // Removes snapshots so that a loader never sees half of one. No boot state may name them any more.
  void remove(const std::vector<Number>& numbers);
  // Removes what an interrupted transaction or removal left.
  void remove_leftovers();

  // Images that failed on this machine.
  std::vector<RefusedImage> refused() const;
  bool is_refused(const std::string& digest) const;
  void refuse(RefusedImage image);
  // Takes it back; nothing happens if it was not refused.
  void allow(const std::string& digest);

  // The file system as a loader that never replays journals will read it.
  void settle() { effects_.settle_filesystem(mount_point_); }
  Effects& effects() { return effects_; }

 private:
  void remove_tree(const std::filesystem::path& directory);
  void write_refused(const std::vector<RefusedImage>& refused);

  std::filesystem::path mount_point_;
  std::filesystem::path root_;
  Effects& effects_;
};

// Room that a snapshot needs, in bytes, before anything is known but sizes (docs/formats/snapshot.md, "Writing one").
struct SizeHints {
  std::uint64_t rootfs = 0;  // uncompressed, as the image says; 0 = not said
  std::uint64_t layers = 0;  // as stored
  std::uint64_t kernel_and_initrd = 0;
};
std::uint64_t required_rootfs_bytes(const SizeHints& hints);
std::uint64_t required_bytes(const SizeHints& hints);

}  // namespace cairn::snapshot
