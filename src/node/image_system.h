// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/progress.h"
#include "node/system_transactions.h"
#include "oci/image.h"
#include "osimage/boot_files.h"
#include "osimage/root_tree.h"
#include "rootfs/squashfs_writer.h"

#include <optional>
#include <stop_token>

namespace cairn::node {

// The system in an image: what an upgrade writes. The root tree goes through the squashfs writer straight into the
// snapshot's file; kernel and initramfs are taken out of it again.
class ImageSystem {
 public:
  struct Options {
    rootfs::SquashfsOptions squashfs = {.level = 1};  // a node's processor is weak and its disk is near
  };
  ImageSystem(oci::Image image, const Options& options, Progress& progress, std::stop_token stop);
  ~ImageSystem();

  const oci::Image& image() const { return image_; }
  // What content() reserves for an image, in bytes.
  static std::uint64_t room_for(const oci::Image& image);
  // `cairn` is this program's version, `now` the time of writing (RFC 3339). The result refers to this object, and can
  // be used once.
  SystemContent content(std::string_view cairn, std::string_view now);

 private:
  void write_root(snapshot::SnapshotFile& file);
  void copy_out(const std::string& path, snapshot::SnapshotFile& file);

  oci::Image image_;
  Options options_;
  Progress& progress_;
  std::stop_token stop_;
  std::optional<osimage::SquashfsOutput> output_;
  osimage::BootFiles boot_;
};

}  // namespace cairn::node
