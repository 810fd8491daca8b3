// SPDX-License-Identifier: Apache-2.0
#include "object/place.h"

#include "core/text.h"
#include "object/reasons.h"

namespace cairn::object {

std::string Place::path() const {
  if (parent_ == nullptr) return {};
  const std::string before = parent_->path();
  if (key_.empty()) return fmt::format("{}[{}]", before, index_);
  const bool plain = key_.find_first_of("./[]\"") == std::string_view::npos;
  const std::string key = plain ? printable(key_, 64) : fmt::format("[\"{}\"]", printable(key_, 64));
  return before.empty() || !plain ? before + key : before + "." + key;
}

void Place::refuse(std::string_view problem) const {
  const std::string where = path();
  throw Error(reason::kBadObject, "{}: {}{}{}", document(), where, where.empty() ? "" : ": ", problem);
}

}  // namespace cairn::object
