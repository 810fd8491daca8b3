// SPDX-License-Identifier: Apache-2.0
#include "attest/tpm_codec.h"

#include "attest/reasons.h"

namespace cairn::attest {

TpmWriter& TpmWriter::sized(std::string_view bytes) {
  if (bytes.size() > 0xffff)
    throw Error(reason::kBadStructure, "{} bytes are too many for a sized buffer", bytes.size());
  return number(static_cast<std::uint16_t>(bytes.size())).raw(bytes);
}

std::string_view TpmReader::raw(std::size_t size) {
  if (size > rest_.size())
    throw Error(reason::kBadStructure, "{} ends early: {} bytes are left of {}", what_, rest_.size(), size);
  const std::string_view bytes = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return bytes;
}

std::string_view TpmReader::sized(std::size_t max) {
  const auto size = number<std::uint16_t>();
  if (size > max) throw Error(reason::kBadStructure, "{} has a buffer of {} bytes; {} are allowed", what_, size, max);
  return raw(size);
}

void TpmReader::finish() const {
  if (!rest_.empty()) throw Error(reason::kBadStructure, "{} has {} bytes after its end", what_, rest_.size());
}

}  // namespace cairn::attest
