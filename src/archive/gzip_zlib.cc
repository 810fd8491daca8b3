// SPDX-License-Identifier: Apache-2.0
#include "archive/gzip.h"
#include "archive/input_buffer.h"
#include "archive/reasons.h"

#include <zlib.h>

namespace cairn::archive {
namespace {

class GzipSource final : public Source {
 public:
  explicit GzipSource(std::unique_ptr<Source> inner) : input_(std::move(inner)) {
    constexpr int kGzipOnly = 15 + 16;  // the largest window, gzip framing with its checks
    if (::inflateInit2(&stream_, kGzipOnly) != Z_OK) throw Error(reason::kBadCompression, "zlib can't start");
  }
  ~GzipSource() override { ::inflateEnd(&stream_); }
  GzipSource(const GzipSource&) = delete;
  GzipSource& operator=(const GzipSource&) = delete;

  std::size_t read(MutableBytes out) override {
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(std::min<std::size_t>(out.size(), 1U << 30));
    const std::size_t wanted = stream_.avail_out;
    while (!ended_ && stream_.avail_out == wanted) step();
    return wanted - stream_.avail_out;
  }

 private:
  void step() {
    if (!input_.fill()) throw Error(reason::kBadCompression, "the gzip stream is cut off");
    const Bytes in = input_.bytes();
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(in.data()));
    stream_.avail_in = static_cast<uInt>(in.size());
    const int result = ::inflate(&stream_, Z_NO_FLUSH);
    input_.consume(in.size() - stream_.avail_in);
    if (result == Z_STREAM_END) {
      end_member();
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      throw Error(reason::kBadCompression, "the gzip stream is damaged: {}",
                  stream_.msg != nullptr ? stream_.msg : "zlib can't go on");
    }
  }

  void end_member() {
    if (!input_.fill()) {
      ended_ = true;
    } else if (input_.bytes()[0] == std::byte{0}) {
      if (!only_zeros_follow(input_)) throw Error(reason::kBadCompression, "garbage follows the gzip stream");
      ended_ = true;
    } else {
      ::inflateReset(&stream_);
    }
  }

  InputBuffer input_;
  z_stream stream_{};
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<Source> open_gzip_zlib(std::unique_ptr<Source> inner) {
  return std::make_unique<GzipSource>(std::move(inner));
}

}  // namespace cairn::archive
