// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn {

namespace json = boost::json;

// Strict RFC 8259: no comments, no trailing commas, valid UTF-8, depth <= 32, finite numbers, and no key twice
// in one object. `what` names the document in errors (reason::kBadJson with line and column).
json::value parse_json(std::string_view text, std::string_view what);

// A value with the path that led to it, so that a wrong field is named: "manifest of X: layers[2].size: ...".
// Borrows the document. Wrong types throw Error with the reason given at the root (default reason::kBadJson).
class JsonCursor {
 public:
  JsonCursor(const json::value& value, std::string_view document, const Reason& reason);

  const json::value& value() const { return *value_; }
  // A member that must be there, of an object.
  JsonCursor at(std::string_view key) const;
  // A member that may be missing; null counts as missing.
  std::optional<JsonCursor> find(std::string_view key) const;
  // Elements of an array.
  std::vector<JsonCursor> items() const;
  // Members of an object in document order.
  std::vector<std::pair<std::string, JsonCursor>> members() const;

  std::string text() const;
  std::int64_t integer() const;
  // An integer from 0 to `max`.
  std::uint64_t count(std::uint64_t max) const;
  bool boolean() const;

  // An error about this value: "<document>: <path>: <problem>".
  Error error(std::string_view problem) const;

 private:
  const json::value* value_;
  std::string path_;
  std::string document_;
  const Reason* reason_;
};

// Compact text, keys in the order they were added.
std::string to_text(const json::value& value);
// Two spaces of indentation, for people.
std::string to_pretty_text(const json::value& value);

}  // namespace cairn
