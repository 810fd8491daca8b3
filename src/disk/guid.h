// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/stream.h"

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cairn::disk {

// A GUID as UEFI writes it on disk: the first three fields little endian, the rest as it stands (UEFI 2.10, appendix
// A).
class Guid {
 public:
  static constexpr std::size_t kSize = 16;
  using Raw = std::array<std::uint8_t, kSize>;

  // All zeros: "no partition here".
  constexpr Guid() = default;
  constexpr explicit Guid(const Raw& raw) : raw_(raw) {}
  // 8-4-4-4-12 hexadecimal digits of either case; throws reason::kBadGuid.
  static Guid parse(std::string_view text);
  static std::optional<Guid> try_parse(std::string_view text);
  // `bytes` has kSize bytes in the order on disk.
  static Guid from_bytes(Bytes bytes);

  // Lower case, as udev names links in /dev/disk/by-partuuid.
  std::string text() const;
  const Raw& raw() const { return raw_; }
  Bytes bytes() const { return std::as_bytes(std::span(raw_)); }
  bool is_zero() const { return raw_ == Raw{}; }

  friend auto operator<=>(const Guid&, const Guid&) = default;

 private:
  Raw raw_{};
};

// Makes the GUIDs of a new disk, all of version 4.
class GuidSource {
 public:
  virtual ~GuidSource() = default;
  // `what` names the thing that gets it ("partition state"); each name is asked for once.
  virtual Guid make(std::string_view what) = 0;
};

// From the kernel's random numbers, for disks of machines: two disks never share one.
class RandomGuids final : public GuidSource {
 public:
  Guid make(std::string_view what) override;
};

// From SHA-256 of a seed and the name, for reproducible images.
class SeededGuids final : public GuidSource {
 public:
  explicit SeededGuids(std::string seed) : seed_(std::move(seed)) {}
  Guid make(std::string_view what) override;

 private:
  std::string seed_;
};

// Types of partitions.
extern const Guid kBiosBootType;
extern const Guid kEfiSystemType;
extern const Guid kLinuxDataType;

}  // namespace cairn::disk
