// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "node/medium_manifest.h"
#include "node/system_transactions.h"

#include <cstdint>
#include <filesystem>
#include <stop_token>

namespace cairn::node {

// The system on a medium that is mounted: what an install copies, verbatim (docs/formats/media.md, "ISO").
class MediumSystem {
 public:
  // `medium` is where it is mounted, or where `cairn mount` gathered what came over the network. Throws
  // reason::kBadMedium when a part is missing or has another size than the manifest says.
  explicit MediumSystem(std::filesystem::path medium);

  const MediumManifest& manifest() const { return manifest_; }
  // Of squashfs, kernel and initramfs together, bytes.
  std::uint64_t size() const;
  std::filesystem::path loaders() const { return medium_ / "loaders"; }
  // `cairn` is this program's version, `now` the time of writing (RFC 3339). The result refers to this object.
  SystemContent content(std::string_view cairn, std::string_view now, const std::stop_token& stop) const;

 private:
  std::filesystem::path medium_;
  MediumManifest manifest_;
};

}  // namespace cairn::node
