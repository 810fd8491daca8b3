// SPDX-License-Identifier: Apache-2.0
// A manifest, an index or an image configuration: refused, or written and read again as the same text.
#include "fuzz_input.h"
#include "oci/manifest.h"

namespace {

template <class Document>
void check(std::string_view text) {
  cairn::fuzz::allow_refusal([&] {
    const std::string once = Document::parse(text, "input").to_text();
    if (Document::parse(once, "output").to_text() != once) std::abort();
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = cairn::fuzz::text_of(data, size);
  check<cairn::oci::Manifest>(text);
  check<cairn::oci::Index>(text);
  cairn::fuzz::allow_refusal([&] { cairn::oci::ImageConfig::parse(text, "input"); });
  return 0;
}
