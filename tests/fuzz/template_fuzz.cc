// SPDX-License-Identifier: Apache-2.0
// A template: read or refused, and rendered within its bounds or refused.
#include "fuzz_input.h"
#include "stage/template.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cairn;
  static const json::value kData = parse_json(
      R"({"MachineID": "0123", "List": ["a", 1, true, null, {"x": []}], "Map": {"k": "v"}, "Number": -7,
          "Values": {"node": {"hostname": "n"}}})",
      "data");
  constexpr stage::TemplateLimits kLimits{.max_output = 4096, .max_steps = 5000};
  fuzz::allow_refusal([&] {
    if (stage::Template::parse(fuzz::text_of(data, size)).render(kData, kLimits).size() > kLimits.max_output) {
      std::abort();
    }
  });
  return 0;
}
