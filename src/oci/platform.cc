// SPDX-License-Identifier: Apache-2.0
#include "core/text.h"
#include "oci/manifest.h"
#include "oci/reasons.h"

#include <sys/utsname.h>

#include <algorithm>

namespace cairn::oci {
namespace {

// Names of machines as kernels and people write them, and as images do (Go's GOARCH).
std::string normal_architecture(std::string_view name) {
  if (name == "x86_64" || name == "x86-64") return "amd64";
  if (name == "aarch64") return "arm64";
  if (name == "armv7l" || name == "armhf") return "arm";
  if (name == "i386" || name == "i686") return "386";
  return std::string(name);
}

// arm64 has one variant in use, which is written out or not.
std::string normal_variant(const Platform& platform) {
  if (platform.architecture == "arm64" && (platform.variant == "v8" || platform.variant == "8")) return "";
  return platform.variant;
}

bool is_word(std::string_view word) {
  return !word.empty() && word.size() <= 64 && std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  });
}

}  // namespace

Platform Platform::parse(std::string_view text) {
  const auto parts = split(to_lower(text), '/');
  const bool shaped = parts.size() == 2 || parts.size() == 3;
  if (!shaped || !std::all_of(parts.begin(), parts.end(), is_word)) {
    throw Error(reason::kBadReference, "\"{}\" is not a platform", printable(text, 80))
        .set_remedy("Write OS/ARCHITECTURE or OS/ARCHITECTURE/VARIANT, for example linux/arm64.");
  }
  return {.os = parts[0],
          .architecture = normal_architecture(parts[1]),
          .variant = parts.size() == 3 ? parts[2] : std::string()};
}

Platform Platform::host() {
  utsname names{};
  ::uname(&names);
  return {.os = "linux", .architecture = normal_architecture(names.machine), .variant = ""};
}

std::string Platform::to_text() const { return os + "/" + architecture + (variant.empty() ? "" : "/" + variant); }

bool Platform::accepts(const Platform& offered) const {
  if (os != offered.os || architecture != offered.architecture) return false;
  const std::string wanted = normal_variant(*this);
  return wanted.empty() || wanted == normal_variant(offered);
}

}  // namespace cairn::oci
