// SPDX-License-Identifier: Apache-2.0
// Cloud-config: any text is a document with findings; its stages can be planned, and no step is lost or doubled. The
// first line also is a kernel command line, whose document must have the form of one.
#include "fuzz_input.h"
#include "stage/kernel_words.h"
#include "stage/plan.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cairn;
  const std::string_view text = fuzz::text_of(data, size);
  const stage::Document document = stage::parse_document(text, "input");
  const stage::Document twice[] = {document, document};
  for (const auto& [name, steps] : document.stages) {
    if (stage::plan_stage(twice, name, {}).steps.size() != 2 * steps.size()) std::abort();
  }
  const stage::KernelWords words = stage::parse_kernel_words(text.substr(0, text.find('\n')));
  if (!words.document.empty()) fuzz::allow_refusal([&] { static_cast<void>(parse_yaml(words.document, "words")); });
  return 0;
}
