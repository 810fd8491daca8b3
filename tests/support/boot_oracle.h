// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/disk_view.h"
#include "support/model_volume.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace cairn::testing {

// A DiskView over trees, as the model gives them; a volume that is missing is empty.
class TreesView final : public DiskView {
 public:
  explicit TreesView(std::map<Place, Tree> trees) : trees_(std::move(trees)) {}
  std::optional<std::string> read(Place place, std::string_view path) const override;
  std::vector<std::string> list(Place place, std::string_view directory) const override;
  Tree& tree(Place place) { return trees_[place]; }
  const std::map<Place, Tree>& trees() const { return trees_; }

 private:
  std::map<Place, Tree> trees_;
};

// What the loader does with a disk, by docs/formats/bootstate.md, written a second time and without the product's code.
struct Boot {
  std::string mode;  // "active", "passive", "recovery", or "nothing"
  std::uint32_t number = 0;
  bool fallback = false;
  // What the loader writes to the ESP before: path and new content.
  std::optional<std::pair<std::string, std::string>> written = std::nullopt;

  // "passive 2 fallback", "nothing".
  std::string to_text() const;
};
Boot boot_of(const DiskView& loader);

// The image that a boot runs: the version in the manifest, if kernel, initramfs and kernel words as the loader reads
// them and the root tree as the system reads it are what the manifest says; else "MIX". "NONE" for nothing.
std::string image_of(const Boot& boot, const DiskView& loader, const DiskView& system);

}  // namespace cairn::testing
