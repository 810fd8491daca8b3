// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::boot {

// Number of a snapshot, 1 to kMaxSnapshot.
using SnapshotNumber = std::uint32_t;

inline constexpr SnapshotNumber kMaxSnapshot = 999'999;
inline constexpr std::uint32_t kMaxSequence = 2'000'000'000;  // what GRUB compares as numbers
inline constexpr std::size_t kMaxPassives = 16;
inline constexpr unsigned kMaxTries = 9;

enum class Verdict { trying, good };

// Which system starts next (docs/formats/bootstate.md). A value; the functions below decide, the store commits.
struct BootState {
  std::uint32_t sequence = 0;  // set by the store; 0 = not committed yet
  SnapshotNumber active = 0;
  std::vector<SnapshotNumber> passives;  // the first is tried first
  unsigned tries = 0;
  Verdict verdict = Verdict::good;
  SnapshotNumber recovery = 0;  // 0 = none
  bool recovery_once = false;
  bool reset_asked = false;  // recovery is to reset the machine as the request in OEM says (docs/formats/reset.md)

  bool names(SnapshotNumber number) const;
  friend bool operator==(const BootState&, const BootState&) = default;
};

// One copy, kEnvBlockSize bytes. Throws reason::kBadBootState for a state that docs/formats/bootstate.md excludes.
std::string compose(const BootState& state);
// The state in a copy; nothing if it is not valid in every respect.
std::optional<BootState> parse(std::string_view copy);

enum class CopyName { a, b };

// What stands in the two files, and which of them counts.
struct Copies {
  std::optional<BootState> a;
  std::optional<BootState> b;

  // The valid copy with the higher sequence; null if none is valid.
  const BootState* current() const;
  // The one to overwrite: not the current one.
  CopyName older() const;
  // True if either valid copy names the snapshot: it must not be removed then.
  bool names(SnapshotNumber number) const;
};

}  // namespace cairn::boot
