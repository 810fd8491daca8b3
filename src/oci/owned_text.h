// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/stream.h"

#include <string>
#include <utility>

namespace cairn::oci {

// A source over text that it keeps itself.
class OwnedText final : public Source {
 public:
  explicit OwnedText(std::string text) : text_(std::move(text)), source_(text_) {}
  std::size_t read(MutableBytes out) override { return source_.read(out); }

 private:
  std::string text_;
  TextSource source_;
};

}  // namespace cairn::oci
