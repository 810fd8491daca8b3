// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn {

// A node of a YAML document with its place. Scalars stay text: the field that takes one decides what it means, so that
// `0644` is a mode, `1.10` a version and `yes` a word where they are wanted as such.
class Yaml {
 public:
  enum class Kind { scalar, sequence, mapping };

  Kind kind() const { return kind_; }
  bool is_null() const;  // a plain empty, ~ or null

  // The text of a scalar. Throws reason::kBadYaml "NAME:LINE:COLUMN: ..." on other kinds; so do all below.
  const std::string& text() const;
  bool quoted() const { return quoted_; }
  bool boolean() const;  // true/false, yes/no, on/off in any case (YAML 1.1, as cloud-config files are written)
  std::int64_t integer() const;
  // A file mode: 0644, 0o644 or 644 are octal, quoted or not.
  std::uint32_t mode() const;

  const std::vector<Yaml>& items() const;                            // of a sequence
  const std::vector<std::pair<std::string, Yaml>>& members() const;  // of a mapping, in document order
  const Yaml* find(std::string_view key) const;                      // of a mapping; null if missing
  const Yaml& at(std::string_view key) const;

  // An error at this place; `unknown_key` for a key of this mapping that nobody knows, with the nearest known one.
  Error error(std::string_view problem) const;
  Error unknown_key(std::string_view key, const std::vector<std::string>& known) const;

  std::size_t line() const { return line_; }
  std::size_t column() const { return column_; }

 private:
  friend class YamlBuilder;
  Kind kind_ = Kind::scalar;
  bool quoted_ = false;
  std::uint32_t line_ = 0;
  std::uint32_t column_ = 0;
  std::shared_ptr<const std::string> document_;  // its name, for errors
  std::string text_;
  std::vector<Yaml> items_;
  std::vector<std::pair<std::string, Yaml>> members_;
};

struct YamlLimits {
  std::size_t max_bytes = 1 << 20;
  std::size_t max_depth = 64;
  std::size_t max_nodes = 100'000;
};

// Reads one document (a second one is refused). Aliases, tags of other types, keys twice in one mapping and keys that
// are not scalars are refused. `name` stands for the document in errors. An empty document is a null scalar.
Yaml parse_yaml(std::string_view text, std::string_view name, const YamlLimits& limits = {});

}  // namespace cairn
