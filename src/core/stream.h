// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace cairn {

using Bytes = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;

// Views of text as bytes and back; no copy.
inline Bytes as_bytes(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }
inline std::string_view as_text(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

// All bulk data flows through these two interfaces, so memory stays constant whatever the size.
class Source {
 public:
  virtual ~Source() = default;
  // Reads up to out.size() bytes; 0 means the end (out must not be empty). Throws Error.
  virtual std::size_t read(MutableBytes out) = 0;
};

class Sink {
 public:
  virtual ~Sink() = default;
  // Takes all of `data` or throws Error.
  virtual void write(Bytes data) = 0;
};

// Reads exactly out.size() bytes unless the end comes first; returns how many were read.
std::size_t read_full(Source& source, MutableBytes out);

// Copies to the end of `source`; returns the number of bytes.
std::uint64_t copy_all(Source& source, Sink& sink);

// Reads to the end; throws reason::kTooLarge (naming `what`) past `max_bytes`.
std::string read_text(Source& source, std::size_t max_bytes, std::string_view what);

// A source over text that the caller keeps alive.
class TextSource final : public Source {
 public:
  explicit TextSource(std::string_view text) : rest_(text) {}
  std::size_t read(MutableBytes out) override;

 private:
  std::string_view rest_;
};

class TextSink final : public Sink {
 public:
  void write(Bytes data) override { text_.append(as_text(data)); }
  const std::string& text() const { return text_; }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace cairn
