// SPDX-License-Identifier: Apache-2.0
#include "core/log.h"

#include "core/text.h"

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <mutex>

namespace cairn::log {
namespace {

struct Settings {
  Level threshold = Level::info;
  Format format = Format::text;
  int fd = 2;
  std::mutex mutex;
};

Settings& settings() {
  static Settings instance;
  return instance;
}

std::string_view name(Level level) {
  switch (level) {
    case Level::error: return "error";
    case Level::warning: return "warning";
    case Level::info: return "info";
    case Level::debug: return "debug";
  }
  return "info";
}

// "2026-01-31T12:00:00.123Z" (RFC 3339).
std::string timestamp() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  const std::time_t seconds = millis / 1000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  const std::size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  return fmt::format("{}.{:03}Z", std::string_view(text, length), millis % 1000);
}

std::string quoted(std::string_view text) { return boost::json::serialize(boost::json::string(text)); }

std::string text_line(Level level, std::string_view message, std::initializer_list<Field> fields) {
  std::string line = fmt::format("cairn: {}: {}", name(level), message);
  for (const Field& field : fields) line += fmt::format(" {}={}", field.key, printable(field.value, 1024));
  return line + "\n";
}

std::string json_line(Level level, std::string_view message, std::initializer_list<Field> fields) {
  std::string line =
      fmt::format(R"({{"time":"{}","level":"{}","message":{})", timestamp(), name(level), quoted(message));
  for (const Field& field : fields)
    line += fmt::format(",{}:{}", quoted(field.key), quoted(printable(field.value, 8192)));
  return line + "}\n";
}

}  // namespace

void configure(Level threshold, Format format, int fd) {
  Settings& s = settings();
  const std::scoped_lock lock(s.mutex);
  s.threshold = threshold;
  s.format = format;
  s.fd = fd;
}

void write(Level level, std::string_view message, std::initializer_list<Field> fields) {
  Settings& s = settings();
  const std::scoped_lock lock(s.mutex);
  if (level > s.threshold) return;
  const std::string line =
      s.format == Format::json ? json_line(level, message, fields) : text_line(level, message, fields);
  // A log that can't be written must not stop the work that it speaks of.
  [[maybe_unused]] const ssize_t written = ::write(s.fd, line.data(), line.size());
}

}  // namespace cairn::log
