// SPDX-License-Identifier: Apache-2.0
#include "archive/gzip.h"
#include "archive/input_buffer.h"
#include "archive/reasons.h"

#include <isa-l/igzip_lib.h>

namespace cairn::archive {
namespace {

class IsalGzipSource final : public Source {
 public:
  explicit IsalGzipSource(std::unique_ptr<Source> inner)
      : input_(std::move(inner)), state_(std::make_unique<inflate_state>()) {
    begin_member();
  }

  std::size_t read(MutableBytes out) override {
    state_->next_out = reinterpret_cast<std::uint8_t*>(out.data());
    state_->avail_out = static_cast<std::uint32_t>(std::min<std::size_t>(out.size(), 1U << 30));
    const std::size_t wanted = state_->avail_out;
    while (!ended_ && state_->avail_out == wanted) step();
    return wanted - state_->avail_out;
  }

 private:
  void begin_member() {
    ::isal_inflate_init(state_.get());
    state_->crc_flag = ISAL_GZIP;
  }

  void step() {
    const bool more = input_.fill();
    const Bytes in = input_.bytes();
    state_->next_in = reinterpret_cast<std::uint8_t*>(const_cast<std::byte*>(in.data()));
    state_->avail_in = static_cast<std::uint32_t>(in.size());
    const std::uint32_t room = state_->avail_out;
    const int result = ::isal_inflate(state_.get());
    input_.consume(in.size() - state_->avail_in);
    if (result != ISAL_DECOMP_OK && result != ISAL_END_INPUT) {
      throw Error(reason::kBadCompression, "the gzip stream is damaged: ISA-L error {}", result);
    }
    if (state_->block_state == ISAL_BLOCK_FINISH) {
      end_member();
    } else if (!more && state_->avail_out == room) {
      throw Error(reason::kBadCompression, "the gzip stream is cut off");
    }
  }

  void end_member() {
    if (!input_.fill()) {
      ended_ = true;
    } else if (input_.bytes()[0] == std::byte{0}) {
      if (!only_zeros_follow(input_)) throw Error(reason::kBadCompression, "garbage follows the gzip stream");
      ended_ = true;
    } else {
      std::uint8_t* const next_out = state_->next_out;
      const std::uint32_t avail_out = state_->avail_out;
      begin_member();
      state_->next_out = next_out;
      state_->avail_out = avail_out;
    }
  }

  InputBuffer input_;
  std::unique_ptr<inflate_state> state_;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<Source> open_gzip_isal(std::unique_ptr<Source> inner) {
  return std::make_unique<IsalGzipSource>(std::move(inner));
}

}  // namespace cairn::archive
