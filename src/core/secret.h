// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace cairn {

// Text that must not be shown: it has no formatter, so logging or formatting it does not compile.
// Its memory is wiped when it goes.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  Secret(const Secret&) = default;
  Secret(Secret&&) = default;
  Secret& operator=(const Secret&) = default;
  Secret& operator=(Secret&&) = default;
  ~Secret() {
    for (volatile char& character : text_) character = 0;
  }

  bool empty() const { return text_.empty(); }
  // The one way to the text, named so that reviews find it.
  const std::string& reveal() const { return text_; }

 private:
  std::string text_;
};

}  // namespace cairn
