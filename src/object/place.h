// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cairn::object {

// Where a value lies in its document: a chain of steps on the stack, made to text only when something is wrong there.
// A step borrows its parent and its key.
class Place {
 public:
  // `document` is its name in errors, such as "MachineInventory fleet/m-1".
  explicit Place(std::string_view document) : key_(document) {}

  Place member(std::string_view key) const { return {this, key, 0}; }
  Place item(std::size_t index) const { return {this, {}, index}; }

  // "spec.config.disks[2]"; empty for the document itself.
  std::string path() const;
  // Throws reason::kBadObject: "<document>: <path>: <problem>".
  [[noreturn]] void refuse(std::string_view problem) const;

 private:
  Place(const Place* parent, std::string_view key, std::size_t index) : parent_(parent), key_(key), index_(index) {}
  std::string_view document() const { return parent_ == nullptr ? key_ : parent_->document(); }

  const Place* parent_ = nullptr;
  std::string_view key_;
  std::size_t index_ = 0;
};

}  // namespace cairn::object
