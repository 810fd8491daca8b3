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
    state_->crc_flag = ISAL_GZIP_NO_HDR_VER;  // the trailer is its work, the header ours
    ::isal_gzip_header_init(&header_);
    in_header_ = true;
  }

  // ISA-L forgets the flags of a header that comes in pieces unless the caller keeps them between calls.
  void read_header() {
    constexpr std::uint32_t kReservedFlags = 0xe0;  // RFC 1952 2.3.1.2: must be zero
    const bool more = give_input();
    const int result = ::isal_read_gzip_header(state_.get(), &header_);
    take_input();
    if (result == ISAL_DECOMP_OK) {
      if ((header_.flags & kReservedFlags) != 0) {
        throw Error(reason::kBadCompression, "the gzip stream is damaged: its header sets reserved flags");
      }
      in_header_ = false;
    } else if (result != ISAL_END_INPUT) {
      fail(result);
    } else if (!more) {
      throw Error(reason::kBadCompression, "the gzip stream is cut off");
    }
  }

  bool give_input() {
    const bool more = input_.fill();
    const Bytes in = input_.bytes();
    state_->next_in = reinterpret_cast<std::uint8_t*>(const_cast<std::byte*>(in.data()));
    state_->avail_in = static_cast<std::uint32_t>(in.size());
    return more;
  }
  void take_input() { input_.consume(input_.bytes().size() - state_->avail_in); }

  [[noreturn]] static void fail(int result) {
    throw Error(reason::kBadCompression, "the gzip stream is damaged: ISA-L error {}", result);
  }

  void step() {
    if (in_header_) return read_header();
    const bool more = give_input();
    const std::uint32_t room = state_->avail_out;
    const int result = ::isal_inflate(state_.get());
    take_input();
    if (result != ISAL_DECOMP_OK && result != ISAL_END_INPUT) fail(result);
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
  isal_gzip_header header_;
  bool in_header_ = true;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<Source> open_gzip_isal(std::unique_ptr<Source> inner) {
  return std::make_unique<IsalGzipSource>(std::move(inner));
}

}  // namespace cairn::archive
