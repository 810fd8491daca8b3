// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/stream.h"

#include <memory>
#include <string_view>

namespace cairn::archive {

enum class Compression { none, gzip, zstd };

std::string_view to_string(Compression compression);

// Tells gzip and zstd from plain bytes by their magic numbers (RFC 1952, RFC 8878). At least 4 bytes are looked at.
Compression detect_compression(Bytes head);

// The plain bytes of `inner`. gzip may have many members; zstd may have many frames and skippable ones; the zstd window
// is at most 128 MiB. Trailing garbage, cut streams and bad checks throw reason::kBadCompression.
// gzip is zlib's in the static program and ISA-L's in the shared build: one interface, one conformance suite.
std::unique_ptr<Source> open_decompressed(std::unique_ptr<Source> inner, Compression compression);

// Looks at the first bytes to choose.
std::unique_ptr<Source> open_decompressed(std::unique_ptr<Source> inner);

// A sink that compresses into `out` (kept by the caller); finish() ends the stream. Same input, same bytes: the gzip
// header holds no time and no name.
class CompressingSink : public Sink {
 public:
  virtual void finish() = 0;
};
std::unique_ptr<CompressingSink> make_compressor(Compression compression, int level, Sink& out);

}  // namespace cairn::archive
