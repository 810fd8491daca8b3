// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace cairn {

// What a long operation tells while it runs; apart from logs. All calls are thread-safe.
class Progress {
 public:
  virtual ~Progress() = default;
  // A new step begins (and the one before it is done). `name` is a short phrase: "downloading layers".
  virtual void step(std::string_view name) = 0;
  // The current step has done this much, of this much where it is known. Cheap enough for each buffer.
  virtual void bytes(std::uint64_t done, std::optional<std::uint64_t> total) = 0;
  // The last step is done.
  virtual void finish() = 0;
};

// A bar on a terminal, redrawn at most 10 times a second; plain lines when `fd` is not a terminal.
std::unique_ptr<Progress> make_terminal_progress(int fd);
// One JSON object a line: {"step":"...","bytes":1,"total":2}, at most once a second within a step
// (docs/formats/progress.md).
std::unique_ptr<Progress> make_json_progress(int fd);
// Says nothing; lives for the whole program.
Progress& silent_progress();

}  // namespace cairn
