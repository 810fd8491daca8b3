// SPDX-License-Identifier: Apache-2.0
#include "archive/codec.h"

#include "archive/gzip.h"
#include "archive/read_ahead.h"
#include "archive/reasons.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <random>
#include <thread>

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

// Gives `step` bytes a read, as a slow connection does: every border falls everywhere.
class SlowSource final : public Source {
 public:
  SlowSource(std::string_view text, std::size_t step) : inner_(text), step_(step) {}
  std::size_t read(MutableBytes out) override { return inner_.read(out.first(std::min(step_, out.size()))); }

 private:
  TextSource inner_;
  std::size_t step_;
};

// Every decoder that reads one compression. All must pass all of the suite.
struct Decoder {
  const char* name;
  Compression compression;
  std::unique_ptr<Source> (*open)(std::unique_ptr<Source>);
};

void PrintTo(const Decoder& decoder, std::ostream* out) { *out << decoder.name; }

std::string decoded(const Decoder& decoder, std::string_view bytes, std::size_t step = 64 * 1024,
                    std::size_t input_step = 1 << 20) {
  const auto source = decoder.open(std::make_unique<SlowSource>(bytes, input_step));
  std::string text;
  std::vector<std::byte> buffer(step);
  while (const std::size_t count = source->read(buffer)) text += as_text(Bytes(buffer).first(count));
  EXPECT_EQ(source->read(buffer), 0U) << "the end must stay the end";
  return text;
}

class Decoding : public ::testing::TestWithParam<Decoder> {
 protected:
  std::string decode(std::string_view bytes, std::size_t step = 64 * 1024, std::size_t input_step = 1 << 20) {
    return decoded(GetParam(), bytes, step, input_step);
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

TEST_P(Decoding, WorksWhateverPiecesTheInputComesIn) {
  const std::string text = sample(5000);
  const std::string bytes = encode(text) + encode("") + encode(text);
  for (const std::size_t input_step : {1UL, 2UL, 7UL, 1000UL}) {
    EXPECT_EQ(decode(bytes, 64 * 1024, input_step), text + text) << input_step;
    EXPECT_EQ(decode(bytes, 1, input_step), text + text) << input_step;
  }
}

TEST_P(Decoding, ReadsManyMembersAsOne) { EXPECT_EQ(decode(encode("one ") + encode("") + encode("two")), "one two"); }

TEST_P(Decoding, RefusesAnEmptyInput) { EXPECT_THROW(decode(""), Error); }

TEST_P(Decoding, RefusesACutSecondMember) {
  const std::string second = encode("two");
  for (std::size_t length = 1; length < second.size(); ++length) {
    EXPECT_THROW(decode(encode("one") + second.substr(0, length)), Error) << length;
  }
}

TEST_P(Decoding, RefusesACutStreamAtEveryLength) {
  const std::string whole = encode(sample(3000));
  for (std::size_t length = 1; length < whole.size(); length += 1 + length / 50) {
    EXPECT_THROW(decode(whole.substr(0, length)), Error) << length;
  }
  EXPECT_THROW(decode(whole.substr(0, whole.size() - 1)), Error);
}

TEST_P(Decoding, RefusesGarbageBehindTheEnd) { EXPECT_THROW(decode(encode("text") + "garbage"), Error); }

TEST_P(Decoding, SeesDamageToTheLastByteOfTheCheck) {
  const std::string text = sample(3000);
  for (std::size_t from_end = 1; from_end <= 4; ++from_end) {
    std::string damaged = encode(text);
    damaged[damaged.size() - from_end] = static_cast<char>(damaged[damaged.size() - from_end] ^ 0x20);
    EXPECT_THROW(decode(damaged), Error) << from_end;
  }
}

const Decoder kZlib{"zlib", Compression::gzip, open_gzip_zlib};
const Decoder kIsal{"isal", Compression::gzip, open_gzip_isal};
const Decoder kZstd{"zstd", Compression::zstd,
                    [](std::unique_ptr<Source> s) { return open_decompressed(std::move(s), Compression::zstd); }};

const auto decoder_name = [](const auto& param) { return std::string(param.param.name); };
INSTANTIATE_TEST_SUITE_P(All, Decoding, ::testing::Values(kZlib, kIsal, kZstd), decoder_name);

// What RFC 1952 says about headers and trailers; both decoders must keep to it.
class Gzip : public ::testing::TestWithParam<Decoder> {
 protected:
  std::string decode(std::string_view bytes, std::size_t input_step = 1 << 20) {
    return decoded(GetParam(), bytes, 64 * 1024, input_step);
  }
};
INSTANTIATE_TEST_SUITE_P(All, Gzip, ::testing::Values(kZlib, kIsal), decoder_name);

// A member whose header has every optional field: extra, name, comment and the check of the header itself.
std::string member_with_all_fields(std::string_view text) {
  std::string header("\x1f\x8b\x08\x1e\x01\x02\x03\x04\x00\x03", 10);
  header += std::string("\x05\x00", 2) + "extra" + std::string("name\0", 5) + std::string("comment\0", 8);
  const auto check = ::crc32(0, reinterpret_cast<const Bytef*>(header.data()), static_cast<uInt>(header.size()));
  header += {static_cast<char>(check & 0xff), static_cast<char>(check >> 8 & 0xff)};
  return header + compressed(Compression::gzip, text).substr(10);
}

TEST_P(Gzip, SkipsTheOptionalFieldsOfAHeader) {
  const std::string bytes = member_with_all_fields("text");
  for (const std::size_t input_step : {1UL, 3UL, 12UL, 14UL, 20UL, 100UL}) {
    EXPECT_EQ(decode(bytes, input_step), "text") << input_step;
    EXPECT_EQ(decode(bytes + bytes, input_step), "texttext") << input_step;
  }
}

TEST_P(Gzip, ChecksTheHeader) {
  std::string damaged = member_with_all_fields("text");
  damaged[14] = 'Z';  // inside the extra field: only the header's own check can tell
  EXPECT_THROW(decode(damaged), Error);
  EXPECT_THROW(decode(damaged, 1), Error);
}

TEST_P(Gzip, ChecksTheLength) {
  std::string damaged = compressed(Compression::gzip, "text");
  damaged[damaged.size() - 4] = 5;
  EXPECT_THROW(decode(damaged), Error);
}

TEST_P(Gzip, RefusesHeadersThatAreNot) {
  for (const auto& [offset, value] : {std::pair{0, '\x1e'}, {1, '\x8a'}, {2, '\x07'}, {3, '\x20'}, {3, '\x80'}}) {
    std::string damaged = compressed(Compression::gzip, "text");
    damaged[static_cast<std::size_t>(offset)] = value;
    EXPECT_THROW(decode(damaged), Error) << offset;
    EXPECT_THROW(decode(compressed(Compression::gzip, "text") + damaged), Error) << offset;
  }
}

TEST_P(Gzip, LetsZerosFollow) {
  const std::string padded = compressed(Compression::gzip, "text") + std::string(1000, '\0');
  EXPECT_EQ(decode(padded), "text");
  EXPECT_EQ(decode(padded, 1), "text");
  EXPECT_THROW(decode(padded + "x"), Error);
  EXPECT_THROW(decode(padded + compressed(Compression::gzip, "more")), Error);
}

TEST(GzipDecoders, AgreeOnDamage) {
  const auto outcome = [](const Decoder& decoder, const std::string& bytes) -> std::optional<std::string> {
    try {
      return decoded(decoder, bytes);
    } catch (const Error&) {  // refusing is an outcome to compare
      return std::nullopt;
    }
  };
  std::mt19937 random(11);
  const std::string whole = member_with_all_fields(sample(2000)) + compressed(Compression::gzip, "second");
  for (int i = 0; i < 3000; ++i) {
    std::string damaged = whole;
    damaged[random() % damaged.size()] = static_cast<char>(random());
    ASSERT_EQ(outcome(kZlib, damaged), outcome(kIsal, damaged)) << i;
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

// Three reads of 700 bytes, then an error.
class FailingSource final : public Source {
 public:
  std::size_t read(MutableBytes out) override {
    if (++calls_ > 3) throw Error(reason::kBadTar, "broken");
    return std::min<std::size_t>(700, out.size());
  }

 private:
  int calls_ = 0;
};

// Never ends; counts its reads.
class EndlessSource final : public Source {
 public:
  explicit EndlessSource(std::atomic<int>& reads) : reads_(reads) {}
  std::size_t read(MutableBytes) override {
    ++reads_;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return 1;
  }

 private:
  std::atomic<int>& reads_;
};

TEST(ReadAhead, GivesTheSameBytes) {
  const std::string text = sample(2'000'000);
  const auto source = make_read_ahead(std::make_unique<TextSource>(text), 10'000, 3);
  EXPECT_EQ(read_text(*source, 3'000'000, "x"), text);
}

TEST(ReadAhead, PassesErrorsOnBehindTheBytesBefore) {
  for (const std::size_t buffer_size : {70UL, 700UL, 1000UL, 5000UL}) {
    const auto source = make_read_ahead(std::make_unique<FailingSource>(), buffer_size, 2);
    std::vector<std::byte> buffer(2100);
    // A buffer's border may fall inside of one read, so there are as many bytes as three reads could bring.
    std::size_t seen = 0;
    try {
      while (const std::size_t count = source->read(buffer)) seen += count;
      FAIL() << "the error is lost";
    } catch (const Error& error) {  // what is expected
      EXPECT_EQ(error.message(), "broken");
    }
    EXPECT_EQ(seen, buffer_size == 1000 ? 700 + 300 + 700 : 3 * std::min<std::size_t>(buffer_size, 700));
    EXPECT_THROW(source->read(buffer), Error) << "an error stays";
  }
}

TEST(ReadAhead, CanBeLeftInTheMiddle) {
  for (int i = 0; i < 50; ++i) {
    const auto source = make_read_ahead(std::make_unique<TextSource>("some text that is never read"), 4, 2);
    std::byte buffer[2];
    source->read(buffer);
  }
}

TEST(ReadAhead, StopsAtTheReadUnderWayWhenItIsLeft) {
  std::atomic<int> reads = 0;
  make_read_ahead(std::make_unique<EndlessSource>(reads), 1 << 20, 4).reset();
  EXPECT_LE(reads, 2);
}

}  // namespace
}  // namespace cairn::archive
