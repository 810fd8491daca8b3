// SPDX-License-Identifier: Apache-2.0
#include "tool/xorriso.h"

namespace cairn::tool {

void write_iso(const std::filesystem::path& output, const IsoImage& image, Runner& runner,
               const std::stop_token& stop) {
  runner.run({
      .program = "xorriso",
      .args = {"-as",
               "mkisofs",
               "-quiet",
               "-o",
               output.string(),
               "-V",
               image.label,
               "-iso-level",
               "3",
               "-r",
               "--modification-date=" + image.modified,
               "--grub2-mbr",
               image.boot_sector.string(),
               "-partition_offset",
               "16",
               "-append_partition",
               "2",
               "0xef",
               image.esp.string(),
               "-appended_part_as_gpt",
               "-c",
               "boot/boot.cat",
               "-b",
               image.bios_loader,
               "-no-emul-boot",
               "-boot-load-size",
               "4",
               "-boot-info-table",
               "--grub2-boot-info",
               "-eltorito-alt-boot",
               "-e",
               "--interval:appended_partition_2:all::",
               "-no-emul-boot",
               image.tree.string()},
      .environment = {{"SOURCE_DATE_EPOCH", std::to_string(image.mtime)}, {"TZ", "UTC"}},
      .stop = stop,
  });
}

}  // namespace cairn::tool
