// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.h"
#include "oci/image.h"
#include "support/layers.h"
#include "support/sample_image.h"

#include <string>
#include <vector>

namespace cairn::testing {

// Members of a layer that looks like a system: nothing in it runs.
inline std::vector<LayerMember> sample_os_members() {
  std::vector<LayerMember> members = {
      layer_file("boot/vmlinuz-6.1", "kernel"),
      layer_file("boot/initrd-6.1", "initramfs"),
      layer_file("usr/lib/systemd/systemd", "init", 0755),
      layer_symlink("sbin", "usr/sbin"),
      layer_symlink("usr/sbin/init", "../lib/systemd/systemd"),
      layer_file("usr/bin/cairn", "cairn", 0755),
      layer_file("usr/lib/dracut/modules.d/50cairn/module-setup.sh", "x", 0755),
      layer_file("usr/lib/os-release", "ID=test\n"),
      layer_file("etc/machine-id", ""),
      layer_file("etc/shadow", "root:*:1::::::\ndaemon:!:1::::::\n"),
  };
  for (const char* module : {"loop", "squashfs", "overlay", "ext4", "vfat"}) {
    members.push_back(layer_file(fmt::format("usr/lib/modules/6.1/kernel/{}.ko", module), "m"));
  }
  members.push_back(layer_file("usr/lib/modules/6.1/modules.builtin", "kernel/fs/isofs/isofs.ko\n"));
  return members;
}

// An image of these layers as a layout in `tree`/layout, opened.
inline oci::Image open_sample_os(const TempTree& tree, const std::vector<std::vector<LayerMember>>& layers) {
  std::vector<std::string> tars;
  for (const auto& members : layers) tars.push_back(make_layer(members));
  make_sample_image(tars).write_layout(tree, "layout", "1");
  return oci::Image::open(oci::SourceSpec::parse("oci:" + tree.path("layout").string() + ":1"), oci::Platform{}, {});
}

}  // namespace cairn::testing
