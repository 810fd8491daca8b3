// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/stream.h"

#include <array>
#include <compare>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace cairn {

// A content digest, "sha256:<hex>" (OCI image-spec, descriptor: digests). Exists only if it is well formed.
// sha256 and sha512 are known; anything else is refused when parsed.
class Digest {
 public:
  // Throws reason::kBadDigest.
  static Digest parse(std::string_view text);
  static std::optional<Digest> try_parse(std::string_view text);

  std::string_view algorithm() const { return std::string_view(text_).substr(0, text_.find(':')); }
  std::string_view hex() const { return std::string_view(text_).substr(text_.find(':') + 1); }
  const std::string& text() const { return text_; }
  // The first 12 hexadecimal digits, for people.
  std::string_view brief() const { return hex().substr(0, 12); }

  friend auto operator<=>(const Digest&, const Digest&) = default;

 private:
  explicit Digest(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// Computes a digest of what is written to it.
class Hasher final : public Sink {
 public:
  explicit Hasher(std::string_view algorithm = "sha256");
  ~Hasher() override;
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;

  void write(Bytes data) override;
  // The digest of all bytes so far; nothing may be written afterwards.
  Digest finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
  std::string algorithm_;
};

Digest sha256(Bytes data);

// Passes bytes through and compares size and digest as they flow. The read that meets the end throws
// reason::kDigestMismatch (naming `what`) if either differs; a source longer than `size` fails at the first byte too
// many, so that no more than `size` bytes ever come out.
class VerifiedSource final : public Source {
 public:
  VerifiedSource(std::unique_ptr<Source> inner, Digest expected, std::uint64_t size, std::string what);
  std::size_t read(MutableBytes out) override;

 private:
  std::unique_ptr<Source> inner_;
  Digest expected_;
  std::uint64_t size_;
  std::uint64_t seen_ = 0;
  std::string what_;
  Hasher hasher_;
  bool verified_ = false;
};

}  // namespace cairn
