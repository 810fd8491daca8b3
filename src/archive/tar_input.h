// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "archive/reasons.h"
#include "core/stream.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace cairn::archive {

[[noreturn]] inline void throw_cut_off() { throw Error(reason::kBadTar, "the archive is cut off"); }

// The archive's bytes. Small reads come from a buffer, large ones go straight through.
class TarInput {
 public:
  explicit TarInput(Source& source) : source_(source), buffer_(64 * 1024) {}

  std::uint64_t position() const { return position_; }

  std::size_t read(MutableBytes out) {
    if (begin_ == end_ && out.size() >= buffer_.size()) {
      const std::size_t count = source_.read(out);
      position_ += count;
      return count;
    }
    if (!fill()) return 0;
    const std::size_t count = std::min(out.size(), end_ - begin_);
    std::memcpy(out.data(), buffer_.data() + begin_, count);
    consume(count);
    return count;
  }

  // All of `out`; false at the end of the stream.
  bool read_whole(MutableBytes out) {
    std::size_t done = 0;
    while (done < out.size()) {
      const std::size_t count = read(out.subspan(done));
      if (count == 0) break;
      done += count;
    }
    if (done > 0 && done < out.size()) throw_cut_off();
    return done > 0;
  }

  void skip(std::uint64_t count) {
    while (count > 0) {
      if (!fill()) throw_cut_off();
      const std::size_t step = std::min<std::uint64_t>(count, end_ - begin_);
      consume(step);
      count -= step;
    }
  }

  bool only_zeros_follow() {
    while (fill()) {
      const Bytes rest = Bytes(buffer_).subspan(begin_, end_ - begin_);
      if (std::any_of(rest.begin(), rest.end(), [](std::byte b) { return b != std::byte{0}; })) return false;
      consume(rest.size());
    }
    return true;
  }

 private:
  bool fill() {
    if (begin_ < end_) return true;
    begin_ = 0;
    end_ = source_.read(buffer_);
    return end_ > 0;
  }
  void consume(std::size_t count) {
    begin_ += count;
    position_ += count;
  }

  Source& source_;
  std::vector<std::byte> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t position_ = 0;
};

}  // namespace cairn::archive
