// SPDX-License-Identifier: Apache-2.0
#include "archive/codec.h"

#include "archive/gzip.h"
#include "archive/read_ahead.h"
#include "archive/reasons.h"

#include <gtest/gtest.h>

#include <random>

namespace cairn::archive {
namespace {

// Half text, half noise, so that both compressed and stored blocks come up.
std::string sample(std::size_t size) {
  std::mt19937 random(7);
  std::string text;
  while (text.size() < size) {
    if (text.size() % 3 == 0) text += "all work and no play makes jack a dull boy ";
    text += static_cast<char>(random());
  }
  text.resize(size);
  return text;
}

std::string compressed(Compression compression, std::string_view text) {
  TextSink out;
  const auto sink = make_compressor(compression, 6, out);
  sink->write(as_bytes(text));
  sink->finish();
  return out.take();
}

// Every decoder that reads one compression. All must pass all of the suite.
struct Decoder {
  const char* name;
  Compression compression;
  std::unique_ptr<Source> (*open)(std::unique_ptr<Source>);
};

void PrintTo(const Decoder& decoder, std::ostream* out) { *out << decoder.name; }

class Decoding : public ::testing::TestWithParam<Decoder> {
 protected:
  std::string decode(std::string_view bytes, std::size_t step = 64 * 1024) {
    const auto source = GetParam().open(std::make_unique<TextSource>(bytes));
    std::string text;
    std::vector<std::byte> buffer(step);
    while (const std::size_t count = source->read(buffer)) text += as_text(Bytes(buffer).first(count));
    EXPECT_EQ(source->read(buffer), 0U) << "the end must stay the end";
    return text;
  }
  std::string encode(std::string_view text) { return compressed(GetParam().compression, text); }
};

TEST_P(Decoding, GivesBackWhatWasCompressed) {
  for (const std::size_t size : {0UL, 1UL, 511UL, 100'000UL, 3'000'000UL}) {
    const std::string text = sample(size);
    EXPECT_EQ(decode(encode(text)), text) << size;
  }
}

TEST_P(Decoding, WorksWithTinyReads) {
  const std::string text = sample(5000);
  EXPECT_EQ(decode(encode(text), 7), text);
}

TEST_P(Decoding, ReadsManyMembersAsOne) {
  EXPECT_EQ(decode(encode("one ") + encode("") + encode("two")), "one two");
}

TEST_P(Decoding, RefusesACutStreamAtEveryLength) {
  const std::string whole = encode(sample(3000));
  for (std::size_t length = 1; length < whole.size(); length += 1 + length / 50) {
    EXPECT_THROW(decode(whole.substr(0, length)), Error) << length;
  }
  EXPECT_THROW(decode(whole.substr(0, whole.size() - 1)), Error);
}

TEST_P(Decoding, RefusesGarbageBehindTheEnd) {
  EXPECT_THROW(decode(encode("text") + "garbage"), Error);
}

TEST_P(Decoding, SeesDamageToTheLastByteOfTheCheck) {
  const std::string text = sample(3000);
  for (std::size_t from_end = 1; from_end <= 4; ++from_end) {
    std::string damaged = encode(text);
    damaged[damaged.size() - from_end] = static_cast<char>(damaged[damaged.size() - from_end] ^ 0x20);
    EXPECT_THROW(decode(damaged), Error) << from_end;
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, Decoding,
    ::testing::Values(Decoder{"zlib", Compression::gzip, open_gzip_zlib},
                      Decoder{"isal", Compression::gzip, open_gzip_isal},
                      Decoder{"zstd", Compression::zstd, [](std::unique_ptr<Source> s) {
                                return open_decompressed(std::move(s), Compression::zstd);
                              }}),
    [](const auto& param) { return std::string(param.param.name); });

TEST(GzipPadding, IsIgnoredByBothDecoders) {
  const std::string padded = compressed(Compression::gzip, "text") + std::string(1000, '\0');
  for (const auto open : {open_gzip_zlib, open_gzip_isal}) {
    const auto source = open(std::make_unique<TextSource>(padded));
    EXPECT_EQ(read_text(*source, 100, "x"), "text");
  }
}

TEST(GzipHeader, HoldsNoTimeAndNoName) {
  const std::string text = compressed(Compression::gzip, "text");
  EXPECT_EQ(text.substr(3, 5), std::string(5, '\0'));
  EXPECT_EQ(text, compressed(Compression::gzip, "text"));
}

TEST(DetectCompression, KnowsTheMagicNumbers) {
  EXPECT_EQ(detect_compression(as_bytes(compressed(Compression::gzip, ""))), Compression::gzip);
  EXPECT_EQ(detect_compression(as_bytes(compressed(Compression::zstd, ""))), Compression::zstd);
  EXPECT_EQ(detect_compression(as_bytes("\x51\x2a\x4d\x18")), Compression::zstd);
  EXPECT_EQ(detect_compression(as_bytes("usta")), Compression::none);
  EXPECT_EQ(detect_compression({}), Compression::none);
}

TEST(OpenDecompressed, ChoosesByTheFirstBytes) {
  for (const Compression compression : {Compression::none, Compression::gzip, Compression::zstd}) {
    const std::string bytes = compressed(compression, "abc");
    const auto source = open_decompressed(std::make_unique<TextSource>(bytes));
    EXPECT_EQ(read_text(*source, 100, "x"), "abc");
  }
  const auto empty = open_decompressed(std::make_unique<TextSource>(""));
  EXPECT_EQ(read_text(*empty, 100, "x"), "");
}

TEST(ZstdWindow, IsBounded) {
  // A frame header that asks for a window of 2 GiB (RFC 8878, 3.1.1.1.2): exponent 21.
  const std::string frame = std::string("\x28\xb5\x2f\xfd\x00", 5) + static_cast<char>(21 << 3) + std::string(8, '\0');
  const auto source = open_decompressed(std::make_unique<TextSource>(frame), Compression::zstd);
  std::byte buffer[16];
  EXPECT_THROW(source->read(buffer), Error);
}

class FailingSource final : public Source {
 public:
  std::size_t read(MutableBytes out) override {
    if (++calls_ > 3) throw Error(reason::kBadTar, "broken");
    return out.size();
  }

 private:
  int calls_ = 0;
};

TEST(ReadAhead, GivesTheSameBytes) {
  const std::string text = sample(2'000'000);
  const auto source = make_read_ahead(std::make_unique<TextSource>(text), 10'000, 3);
  EXPECT_EQ(read_text(*source, 3'000'000, "x"), text);
}

TEST(ReadAhead, PassesErrorsOnInTheirPlace) {
  const auto source = make_read_ahead(std::make_unique<FailingSource>(), 1000, 2);
  std::vector<std::byte> buffer(1000);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(source->read(buffer), 1000U);
  EXPECT_THROW(source->read(buffer), Error);
  EXPECT_THROW(source->read(buffer), Error);
}

TEST(ReadAhead, CanBeLeftInTheMiddle) {
  for (int i = 0; i < 50; ++i) {
    const auto source = make_read_ahead(std::make_unique<TextSource>("some text that is never read"), 4, 2);
    std::byte buffer[2];
    source->read(buffer);
  }
}

}  // namespace
}  // namespace cairn::archive
