// SPDX-License-Identifier: Apache-2.0
#include "core/digest.h"

#include "core/reasons.h"
#include "core/text.h"

#include <openssl/evp.h>

#include <algorithm>

namespace cairn {
namespace {

// Fetching an algorithm from OpenSSL's providers costs more than hashing a page: do it once.
const EVP_MD* algorithm_of(std::string_view name) {
  static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  static const EVP_MD* const sha512 = EVP_MD_fetch(nullptr, "SHA512", nullptr);
  if (name == "sha256") return sha256;
  if (name == "sha512") return sha512;
  return nullptr;
}

std::size_t hex_length(std::string_view algorithm) {
  if (algorithm == "sha256") return 64;
  if (algorithm == "sha512") return 128;
  return 0;
}

}  // namespace

std::optional<Digest> Digest::try_parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::size_t length = hex_length(text.substr(0, colon));
  const std::string_view hex = text.substr(colon + 1);
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (length == 0 || hex.size() != length || !std::all_of(hex.begin(), hex.end(), is_hex)) return std::nullopt;
  return Digest(std::string(text));
}

Digest Digest::parse(std::string_view text) {
  if (auto digest = try_parse(text)) return *std::move(digest);
  throw Error(reason::kBadDigest, "\"{}\" is not a sha256 or sha512 digest", printable(text, 160));
}

struct Hasher::Context {
  Context() : evp(EVP_MD_CTX_new()) {}
  ~Context() { EVP_MD_CTX_free(evp); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  EVP_MD_CTX* evp;
};

Hasher::Hasher(std::string_view algorithm) : context_(std::make_unique<Context>()), algorithm_(algorithm) {
  const EVP_MD* md = algorithm_of(algorithm);
  if (md == nullptr || EVP_DigestInit_ex2(context_->evp, md, nullptr) != 1) {
    throw Error(reason::kInternal, "digest algorithm {} is not available", algorithm);
  }
}
Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

void Hasher::write(Bytes data) {
  if (EVP_DigestUpdate(context_->evp, data.data(), data.size()) != 1) {
    throw Error(reason::kInternal, "hashing failed");
  }
}

Digest Hasher::finish() {
  unsigned char raw[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_DigestFinal_ex(context_->evp, raw, &size) != 1) throw Error(reason::kInternal, "hashing failed");
  std::string text = algorithm_ + ":";
  for (unsigned int i = 0; i < size; ++i) {
    constexpr char kDigits[] = "0123456789abcdef";
    text += kDigits[raw[i] >> 4];
    text += kDigits[raw[i] & 15];
  }
  return Digest::parse(text);
}

Digest sha256(Bytes data) {
  Hasher hasher;
  hasher.write(data);
  return hasher.finish();
}

VerifiedSource::VerifiedSource(std::unique_ptr<Source> inner, Digest expected, std::uint64_t size, std::string what)
    : inner_(std::move(inner)),
      expected_(std::move(expected)),
      size_(size),
      what_(std::move(what)),
      hasher_(expected_.algorithm()) {}

std::size_t VerifiedSource::read(MutableBytes out) {
  if (verified_) return 0;
  const std::size_t count = inner_->read(out);
  if (count > size_ - seen_) {
    throw Error(reason::kDigestMismatch, "{} is longer than the {} bytes promised", what_, size_);
  }
  if (count > 0) {
    hasher_.write(out.first(count));
    seen_ += count;
    return count;
  }
  if (seen_ != size_) {
    throw Error(reason::kDigestMismatch, "{} ends after {} of {} bytes", what_, seen_, size_);
  }
  if (const Digest found = hasher_.finish(); found != expected_) {
    throw Error(reason::kDigestMismatch, "{} has digest {} instead of {}", what_, found.text(), expected_.text());
  }
  verified_ = true;
  return 0;
}

}  // namespace cairn
