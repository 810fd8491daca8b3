// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.h"
#include "core/stream.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace cairn::fuzz {

// The input as text.
inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// The input as a stream that gives at most `chunk` bytes a read.
class InputSource final : public Source {
 public:
  InputSource(std::string_view data, std::size_t chunk) : data_(data), chunk_(chunk) {}
  std::size_t read(MutableBytes out) override {
    const std::size_t count = std::min({out.size(), chunk_, data_.size()});
    std::copy_n(reinterpret_cast<const std::byte*>(data_.data()), count, out.data());
    data_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view data_;
  std::size_t chunk_;
};

// Runs `body`. Hostile input may be refused, by an Error of any kind but a defect of ours; all else is a finding.
template <class Body>
void allow_refusal(Body&& body) {
  try {
    body();
  } catch (const Error& error) {  // recovers nothing: a refusal is a right answer
    if (error.kind() == ErrorKind::internal) std::abort();
  }
}

}  // namespace cairn::fuzz
