// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/stream.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

namespace cairn::archive {

// Bytes of a source not consumed yet. Decoders look at `bytes()`, consume what they used, and refill.
class InputBuffer {
 public:
  explicit InputBuffer(std::unique_ptr<Source> source, std::size_t size = 128 * 1024)
      : source_(std::move(source)), storage_(size) {}

  Bytes bytes() const { return Bytes(storage_).subspan(begin_, end_ - begin_); }
  void consume(std::size_t count) { begin_ += count; }
  // Reads more when nothing is left; false at the end of the source.
  bool fill() {
    if (begin_ < end_) return true;
    begin_ = 0;
    end_ = source_->read(storage_);
    return end_ > 0;
  }

 private:
  std::unique_ptr<Source> source_;
  std::vector<std::byte> storage_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

// Whether only zero bytes follow to the end: the padding that gzip(1) lets pass behind the last member.
inline bool only_zeros_follow(InputBuffer& input) {
  while (input.fill()) {
    const Bytes rest = input.bytes();
    if (std::any_of(rest.begin(), rest.end(), [](std::byte b) { return b != std::byte{0}; })) return false;
    input.consume(rest.size());
  }
  return true;
}

}  // namespace cairn::archive
