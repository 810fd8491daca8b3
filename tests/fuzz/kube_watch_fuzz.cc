// SPDX-License-Identifier: Apache-2.0
// The lines of a watch: read in one piece or byte by byte, the same events come, or the same refusal.
#include "fuzz_input.h"
#include "k8s/watch_stream.h"

#include <vector>

namespace {

using cairn::k8s::WatchStream;

std::vector<std::string> read(std::string_view text, std::size_t piece) {
  std::vector<std::string> events;
  try {
    WatchStream stream(std::make_unique<cairn::fuzz::InputSource>(text, piece), "watch Box");
    while (const auto event = stream.next()) {
      events.push_back(std::to_string(static_cast<int>(event->type)) + event->resource_version +
                       cairn::to_text(event->object));
    }
    events.emplace_back("end");
  } catch (const cairn::Error& error) {
    events.emplace_back(error.what());
  }
  return events;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = cairn::fuzz::text_of(data, size);
  if (read(text, text.size() + 1) != read(text, 3)) std::abort();
  return 0;
}
