// SPDX-License-Identifier: Apache-2.0
// An image's name, in both dialects: refused, or written and read again as the same name.
#include "fuzz_input.h"
#include "oci/reference.h"

namespace {

using cairn::oci::Reference;
using cairn::oci::SourceSpec;

void check_reference(std::string_view text) {
  cairn::fuzz::allow_refusal([&] {
    const std::string once = Reference::parse(text).to_text();
    if (Reference::parse(once).to_text() != once) std::abort();
  });
}

void check_source(std::string_view text, SourceSpec::Dialect dialect) {
  cairn::fuzz::allow_refusal([&] {
    const std::string once = SourceSpec::parse(text, dialect).to_text();
    if (SourceSpec::parse(once).to_text() != once) std::abort();
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = cairn::fuzz::text_of(data, size);
  check_reference(text);
  check_source(text, SourceSpec::Dialect::cairn);
  check_source(text, SourceSpec::Dialect::elemental);
  return 0;
}
