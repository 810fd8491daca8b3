// SPDX-License-Identifier: Apache-2.0
#include "tool/dracut.h"

#include "core/clock.h"

namespace cairn::tool {

void make_initramfs(const Initramfs& initramfs, Runner& runner, const std::stop_token& stop) {
  Command command{
      .program = "dracut",
      .args = {"--force", "--reproducible", "--no-hostonly", "--no-hostonly-cmdline", "--kver", initramfs.kernel},
      // Times inside the archive: any fixed one does.
      .environment = {{"LC_ALL", "C"}, {"SOURCE_DATE_EPOCH", std::to_string(source_date_epoch(0))}},
      .stop = stop};
  if (initramfs.zstd) command.args.push_back("--zstd");
  command.args.push_back(initramfs.output.string());
  if (initramfs.root != "/") {
    command.args.insert(command.args.begin(), {initramfs.root.string(), command.program});
    command.program = "chroot";
  }
  runner.run(command);
}

}  // namespace cairn::tool
