// SPDX-License-Identifier: Apache-2.0
#include "tool/qemu_img.h"

namespace cairn::tool {

void convert_to_qcow2(const std::filesystem::path& raw, const std::filesystem::path& qcow2, Runner& runner,
                      const std::stop_token& stop) {
  // compat=1.1: what every QEMU since 2013 reads. One coroutine: the order of clusters, so the bytes, does not vary.
  runner.run(
      {.program = "qemu-img",
       .args = {"convert", "-f", "raw", "-O", "qcow2", "-o", "compat=1.1", "-m", "1", raw.string(), qcow2.string()},
       .stop = stop});
}

}  // namespace cairn::tool
