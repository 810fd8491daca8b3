// SPDX-License-Identifier: Apache-2.0
#include "media/checksum.h"

#include "core/digest.h"
#include "core/file.h"

#include <fmt/core.h>

namespace cairn::media {

std::string sum_line(const std::filesystem::path& file, const std::filesystem::path& name) {
  FileSource source(file);
  Hasher hasher;
  copy_all(source, hasher);
  return fmt::format("{}  {}\n", hasher.finish().hex(), name.filename().string());
}

}  // namespace cairn::media
