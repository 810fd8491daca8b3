// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace cairn::media {

// "<hex>  <name>", as sha256sum -c reads it: of the bytes of `file`, under the last part of `name`.
std::string sum_line(const std::filesystem::path& file, const std::filesystem::path& name);

}  // namespace cairn::media
