// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/core.h>

#include <initializer_list>
#include <string>
#include <string_view>

namespace cairn::log {

enum class Level { error, warning, info, debug };
enum class Format { text, json };

// A key and its value as text. Values of type Secret do not convert.
struct Field {
  template <class Value>
  Field(std::string_view key_name, const Value& what) : key(key_name), value(fmt::format("{}", what)) {}
  std::string_view key;
  std::string value;
};

// Where logs go (standard error unless told) and what is dropped. Called once by main.
void configure(Level threshold, Format format, int fd = 2);

// `message` is constant text; what varies goes into fields. Code that throws does not log what it throws.
void write(Level level, std::string_view message, std::initializer_list<Field> fields = {});

inline void error(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::error, message, fields);
}
inline void warning(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::warning, message, fields);
}
inline void info(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::info, message, fields);
}
inline void debug(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::debug, message, fields);
}

}  // namespace cairn::log
