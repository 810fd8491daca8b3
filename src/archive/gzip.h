// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/stream.h"

#include <memory>

// The two gzip (RFC 1952) decoders behind open_decompressed(). They behave alike; codec_test holds them to it.
namespace cairn::archive {

std::unique_ptr<Source> open_gzip_zlib(std::unique_ptr<Source> inner);

// ISA-L: about twice as fast, but Debian has no static form, so it is in the shared build and in the tests only.
std::unique_ptr<Source> open_gzip_isal(std::unique_ptr<Source> inner);

}  // namespace cairn::archive
