// SPDX-License-Identifier: Apache-2.0
#include "archive/codec.h"

#include "archive/gzip.h"
#include "archive/input_buffer.h"
#include "archive/reasons.h"
#include "core/reasons.h"

#include <zlib.h>
#include <zstd.h>

#include <array>
#include <new>

namespace cairn::archive {
namespace {

constexpr int kMaxZstdWindowLog = 27;  // 128 MiB: what `zstd --ultra` writes without --long=31

class ZstdSource final : public Source {
 public:
  explicit ZstdSource(std::unique_ptr<Source> inner) : input_(std::move(inner)), context_(ZSTD_createDCtx()) {
    if (context_ == nullptr) throw std::bad_alloc();
    ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, kMaxZstdWindowLog);
  }
  ~ZstdSource() override { ZSTD_freeDCtx(context_); }
  ZstdSource(const ZstdSource&) = delete;
  ZstdSource& operator=(const ZstdSource&) = delete;

  std::size_t read(MutableBytes out) override {
    ZSTD_outBuffer output{out.data(), out.size(), 0};
    while (output.pos == 0) {
      // Bytes that did not fit into the last output may still lie in the context: they come without new input.
      const bool more = input_.fill();
      if (!more && frame_done_) return 0;
      const Bytes bytes = input_.bytes();
      ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
      const std::size_t rest = ZSTD_decompressStream(context_, &output, &in);
      if (ZSTD_isError(rest) != 0) {
        throw Error(reason::kBadCompression, "the zstd stream is damaged: {}", ZSTD_getErrorName(rest));
      }
      input_.consume(in.pos);
      frame_done_ = rest == 0;
      if (!more && !frame_done_ && output.pos == 0) {
        throw Error(reason::kBadCompression, "the zstd stream is cut off");
      }
    }
    return output.pos;
  }

 private:
  InputBuffer input_;
  ZSTD_DCtx* context_;
  bool frame_done_ = false;  // an empty stream is no zstd stream
};

// Gives bytes that were looked at before the rest of a source.
class PrefixedSource final : public Source {
 public:
  PrefixedSource(std::vector<std::byte> head, std::unique_ptr<Source> rest)
      : head_(std::move(head)), rest_(std::move(rest)) {}
  std::size_t read(MutableBytes out) override {
    if (given_ == head_.size()) return rest_->read(out);
    const std::size_t count = std::min(out.size(), head_.size() - given_);
    std::memcpy(out.data(), head_.data() + given_, count);
    given_ += count;
    return count;
  }

 private:
  std::vector<std::byte> head_;
  std::size_t given_ = 0;
  std::unique_ptr<Source> rest_;
};

class GzipSink final : public CompressingSink {
 public:
  GzipSink(int level, Sink& out) : out_(out) {
    if (::deflateInit2(&stream_, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
      throw Error(cairn::reason::kInternal, "gzip level {} is not known", level);
    }
  }
  ~GzipSink() override { ::deflateEnd(&stream_); }
  GzipSink(const GzipSink&) = delete;
  GzipSink& operator=(const GzipSink&) = delete;
  void write(Bytes data) override {
    constexpr std::size_t kMost = 1U << 30;  // zlib counts in 32 bits
    for (; data.size() > kMost; data = data.subspan(kMost)) push(data.first(kMost), Z_NO_FLUSH);
    push(data, Z_NO_FLUSH);
  }
  void finish() override { push({}, Z_FINISH); }

 private:
  void push(Bytes data, int flush) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(data.data()));
    stream_.avail_in = static_cast<uInt>(data.size());
    int result = Z_OK;
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(buffer_.data());
      stream_.avail_out = static_cast<uInt>(buffer_.size());
      result = ::deflate(&stream_, flush);
      out_.write(Bytes(buffer_).first(buffer_.size() - stream_.avail_out));
    } while (stream_.avail_in > 0 || (flush == Z_FINISH && result != Z_STREAM_END));
  }

  Sink& out_;
  z_stream stream_{};
  std::vector<std::byte> buffer_ = std::vector<std::byte>(64 * 1024);
};

class ZstdSink final : public CompressingSink {
 public:
  ZstdSink(int level, Sink& out) : out_(out), context_(ZSTD_createCCtx()) {
    if (context_ == nullptr) throw std::bad_alloc();
    ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(context_, ZSTD_c_checksumFlag, 1);
  }
  ~ZstdSink() override { ZSTD_freeCCtx(context_); }
  ZstdSink(const ZstdSink&) = delete;
  ZstdSink& operator=(const ZstdSink&) = delete;
  void write(Bytes data) override { push(data, ZSTD_e_continue); }
  void finish() override { push({}, ZSTD_e_end); }

 private:
  void push(Bytes data, ZSTD_EndDirective directive) {
    ZSTD_inBuffer in{data.data(), data.size(), 0};
    std::size_t rest = 0;
    do {
      ZSTD_outBuffer output{buffer_.data(), buffer_.size(), 0};
      rest = ZSTD_compressStream2(context_, &output, &in, directive);
      if (ZSTD_isError(rest) != 0) throw Error(cairn::reason::kInternal, "zstd: {}", ZSTD_getErrorName(rest));
      out_.write(Bytes(buffer_).first(output.pos));
    } while (in.pos < in.size || (directive == ZSTD_e_end && rest > 0));
  }

  Sink& out_;
  ZSTD_CCtx* context_;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(128 * 1024);
};

class PlainSink final : public CompressingSink {
 public:
  explicit PlainSink(Sink& out) : out_(out) {}
  void write(Bytes data) override { out_.write(data); }
  void finish() override {}

 private:
  Sink& out_;
};

}  // namespace

std::string_view to_string(Compression compression) {
  switch (compression) {
    case Compression::none: return "none";
    case Compression::gzip: return "gzip";
    case Compression::zstd: return "zstd";
  }
  return "none";
}

Compression detect_compression(Bytes head) {
  const auto starts_with = [&](std::initializer_list<int> magic) {
    return head.size() >= magic.size() &&
           std::equal(magic.begin(), magic.end(), head.begin(), [](int a, std::byte b) { return std::byte(a) == b; });
  };
  if (starts_with({0x1f, 0x8b})) return Compression::gzip;
  if (starts_with({0x28, 0xb5, 0x2f, 0xfd})) return Compression::zstd;
  // A skippable frame may come first: 0x184D2A50 to 0x184D2A5F, little endian.
  if (head.size() >= 4 && (std::to_integer<int>(head[0]) & 0xf0) == 0x50 && head[1] == std::byte{0x2a} &&
      head[2] == std::byte{0x4d} && head[3] == std::byte{0x18}) {
    return Compression::zstd;
  }
  return Compression::none;
}

std::unique_ptr<Source> open_decompressed(std::unique_ptr<Source> inner, Compression compression) {
  switch (compression) {
    case Compression::none: return inner;
    case Compression::zstd: return std::make_unique<ZstdSource>(std::move(inner));
    case Compression::gzip: break;
  }
#ifdef CAIRN_ISAL
  return open_gzip_isal(std::move(inner));
#else
  return open_gzip_zlib(std::move(inner));
#endif
}

std::unique_ptr<Source> open_decompressed(std::unique_ptr<Source> inner) {
  std::vector<std::byte> head(4);
  head.resize(read_full(*inner, head));
  const Compression compression = detect_compression(head);
  return open_decompressed(std::make_unique<PrefixedSource>(std::move(head), std::move(inner)), compression);
}

std::unique_ptr<CompressingSink> make_compressor(Compression compression, int level, Sink& out) {
  switch (compression) {
    case Compression::gzip: return std::make_unique<GzipSink>(level, out);
    case Compression::zstd: return std::make_unique<ZstdSink>(level, out);
    case Compression::none: break;
  }
  return std::make_unique<PlainSink>(out);
}

}  // namespace cairn::archive
