// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace cairn::node::testing {

inline constexpr std::string_view kId = "0123456789abcdef";

// A manifest as `cairn build iso` writes it, with a squashfs of `size` bytes.
inline std::string sample_manifest(std::uint64_t size) {
  return fmt::format(
      R"({{"format": 1, "id": "{}", "kind": "iso", "label": "COS_LIVE", "created": "2026-01-01T00:00:00Z",
    "cairn": "0.1.0", "image": {{"reference": "registry/os:1", "digest": "sha256:00", "title": "Cairn OS", "version": "1",
    "platform": "linux/amd64"}}, "kernel": "6.1.0-1-amd64", "cmdline": ["quiet"],
    "files": [{{"path": "rootfs.squashfs", "size": {}, "sha256": "00"}}]}})",
      kId, size);
}

}  // namespace cairn::node::testing
