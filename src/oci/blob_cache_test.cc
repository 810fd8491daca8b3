// SPDX-License-Identifier: Apache-2.0
#include "oci/blob_cache.h"

#include "core/reasons.h"
#include "support/fake_clock.h"
#include "support/sample_image.h"
#include "support/temp_tree.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>

#include <fstream>
#include <thread>

namespace cairn::oci {
namespace {

using cairn::testing::make_noise;
using cairn::testing::TempTree;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Descriptor descriptor_of(const std::string& bytes) {
  return {.media_type = "", .digest = sha256(as_bytes(bytes)), .size = bytes.size()};
}

// Gives a text's rest and remembers from where it was asked.
struct Remote {
  std::string bytes;
  std::vector<std::uint64_t> offsets = {};
  std::optional<std::size_t> break_after = std::nullopt;  // bytes of the next answer

  BlobCache::OpenFrom opener() {
    return [this](std::uint64_t offset) -> std::unique_ptr<Source> {
      offsets.push_back(offset);
      return std::make_unique<Body>(*this, offset);
    };
  }

  struct Body : Source {
    Body(Remote& from, std::uint64_t offset) : remote(from), position(offset) {}
    std::size_t read(MutableBytes out) override {
      std::size_t count = std::min<std::size_t>({out.size(), remote.bytes.size() - position, 1000});
      if (remote.break_after) {
        if (*remote.break_after == 0) throw Error(reason::kSystem, "the connection broke");
        count = std::min(count, *remote.break_after);
        *remote.break_after -= count;
      }
      std::copy_n(reinterpret_cast<const std::byte*>(remote.bytes.data()) + position, count, out.data());
      position += count;
      return count;
    }
    Remote& remote;
    std::size_t position;
  };
};

class Cache : public ::testing::Test {
 protected:
  BlobCache cache(std::uint64_t limit = 1 << 20) { return {tree_.path("cache"), limit, clock_}; }
  BlobCache::Pin fetch(const Descriptor& blob, Remote& remote, std::uint64_t limit = 1 << 20) {
    return cache(limit).fetch(
        blob, remote.opener(), [this](std::uint64_t count) { told_ += count; }, stop_.get_token());
  }
  std::string file(const Descriptor& blob) { return tree_.path("cache/blobs/sha256") / blob.digest.hex(); }
  static void set_age(const std::string& path, int hours) {
    std::filesystem::last_write_time(path, std::filesystem::file_time_type::clock::now() - std::chrono::hours(hours));
  }
  template <class Action>
  std::string_view refusal(Action&& action, std::string* message = nullptr) {
    try {
      action();
    } catch (const Error& error) {
      if (message != nullptr) *message = error.what();
      return error.reason().code;
    }
    return "nothing was refused";
  }

  TempTree tree_;
  cairn::testing::FakeClock clock_;
  std::stop_source stop_;
  std::uint64_t told_ = 0;
};

TEST_F(Cache, GetsABlobOnceAndReadsItVerified) {
  Remote remote{make_noise(5000)};
  const Descriptor blob = descriptor_of(remote.bytes);
  EXPECT_FALSE(cache().find(blob));
  fetch(blob, remote);
  const auto pin = fetch(blob, remote);
  EXPECT_THAT(remote.offsets, ElementsAre(0));
  EXPECT_EQ(told_, 10000U);
  const auto source = cache().open(pin, blob);
  EXPECT_EQ(read_text(*source, 1 << 20, "blob"), remote.bytes);
  EXPECT_FALSE(std::filesystem::exists(file(blob) + ".partial"));
}

TEST_F(Cache, GoesOnWhereABreakWasAfterHashingWhatIsThere) {
  Remote remote{make_noise(5000)};
  const Descriptor blob = descriptor_of(remote.bytes);
  remote.break_after = 3500;
  EXPECT_EQ(refusal([&] { fetch(blob, remote); }), reason::kSystem.code);
  EXPECT_FALSE(std::filesystem::exists(file(blob))) << "half a blob must not stand under its final name";
  EXPECT_EQ(std::filesystem::file_size(file(blob) + ".partial"), 3500U);
  remote.break_after.reset();
  told_ = 0;
  fetch(blob, remote);
  EXPECT_THAT(remote.offsets, ElementsAre(0, 3500));
  EXPECT_EQ(told_, 5000U) << "what was there counts as done";
  EXPECT_EQ(tree_.read("cache/blobs/sha256/" + std::string(blob.digest.hex())), remote.bytes);
}

TEST_F(Cache, PublishesACompletePartialFileWithoutAsking) {
  Remote remote{make_noise(3000)};
  const Descriptor blob = descriptor_of(remote.bytes);
  tree_.write("cache/blobs/sha256/" + std::string(blob.digest.hex()) + ".partial", remote.bytes);
  fetch(blob, remote);
  EXPECT_TRUE(remote.offsets.empty());
  EXPECT_TRUE(std::filesystem::exists(file(blob)));
}

TEST_F(Cache, StartsAgainWhenWhatAnEarlierRunLeftIsDamaged) {
  Remote remote{make_noise(3000)};
  const Descriptor blob = descriptor_of(remote.bytes);
  const std::string partial = "cache/blobs/sha256/" + std::string(blob.digest.hex()) + ".partial";
  for (const std::size_t size : {std::size_t{1000}, std::size_t{3000}, std::size_t{9000}}) {
    std::filesystem::remove(file(blob));
    remote.offsets.clear();
    tree_.write(partial, std::string(size, 'x'));
    fetch(blob, remote);
    EXPECT_EQ(remote.offsets.back(), 0U) << size;
    EXPECT_TRUE(cache().find(blob));
  }
}

TEST_F(Cache, RefusesWrongShortAndLongBlobsAndKeepsNothing) {
  const std::string right = make_noise(3000);
  const Descriptor blob = descriptor_of(right);
  const std::pair<std::string, std::string> cases[] = {
      {make_noise(3000, 7), "has digest"}, {right.substr(0, 2999), "ends after 2999 of 3000"}, {right + "x", "longer"}};
  for (const auto& [bytes, problem] : cases) {
    Remote remote{bytes};
    std::string message;
    EXPECT_EQ(refusal([&] { fetch(blob, remote); }, &message), reason::kDigestMismatch.code);
    EXPECT_THAT(message, HasSubstr(problem));
    EXPECT_TRUE(std::filesystem::is_empty(tree_.path("cache/blobs/sha256")));
  }
}

TEST_F(Cache, DropsABlobThatWasDamagedOnDisk) {
  Remote remote{make_noise(3000)};
  const Descriptor blob = descriptor_of(remote.bytes);
  const auto pin = fetch(blob, remote);
  std::string damaged = remote.bytes;
  damaged[1500] = static_cast<char>(damaged[1500] ^ 1);
  { std::ofstream(file(blob), std::ios::binary | std::ios::in) << damaged; }
  const auto source = cache().open(pin, blob);
  EXPECT_EQ(refusal([&] { read_text(*source, 1 << 20, "blob"); }), reason::kDigestMismatch.code);
  EXPECT_FALSE(cache().find(blob));
  fetch(blob, remote);
  EXPECT_TRUE(cache().find(blob));
}

TEST_F(Cache, GetsABlobAgainWhoseFileHasAnotherSize) {
  Remote remote{make_noise(3000)};
  const Descriptor blob = descriptor_of(remote.bytes);
  fetch(blob, remote);
  std::filesystem::resize_file(file(blob), 100);
  EXPECT_FALSE(cache().find(blob));
  fetch(blob, remote);
  EXPECT_EQ(std::filesystem::file_size(file(blob)), 3000U);
}

TEST_F(Cache, RemovesTheLeastRecentlyUsedBeyondItsLimit) {
  std::vector<Remote> remotes;
  std::vector<Descriptor> blobs;
  for (std::uint32_t i = 1; i <= 4; ++i) {
    remotes.push_back({make_noise(1000, i)});
    blobs.push_back(descriptor_of(remotes.back().bytes));
  }
  for (int i = 0; i < 3; ++i) {
    fetch(blobs[i], remotes[i], 3000);
    set_age(file(blobs[i]), 10 - i);
  }
  cache().find(blobs[0]);  // a use makes it young
  fetch(blobs[3], remotes[3], 3000);
  EXPECT_TRUE(std::filesystem::exists(file(blobs[0])));
  EXPECT_FALSE(std::filesystem::exists(file(blobs[1])));
  EXPECT_TRUE(std::filesystem::exists(file(blobs[2])));
}

TEST_F(Cache, NeverRemovesABlobInUse) {
  Remote first{make_noise(1000, 1)};
  Remote second{make_noise(1000, 2)};
  {
    const auto pin = fetch(descriptor_of(first.bytes), first, 1000);
    fetch(descriptor_of(second.bytes), second, 1000);
    EXPECT_TRUE(std::filesystem::exists(file(descriptor_of(first.bytes))));
    const auto reader = cache().open(pin, descriptor_of(first.bytes));
  }
  Remote third{make_noise(1000, 3)};
  fetch(descriptor_of(third.bytes), third, 1000);
  EXPECT_FALSE(std::filesystem::exists(file(descriptor_of(first.bytes))));
}

TEST_F(Cache, IsNotEmptiedForABlobThatNoDiskCouldHold) {
  Remote small{make_noise(1000)};
  fetch(descriptor_of(small.bytes), small);
  Descriptor huge = descriptor_of("huge");
  huge.size = (1ULL << 63) - 1;
  Remote remote{"huge"};
  std::string message;
  EXPECT_EQ(refusal([&] { fetch(huge, remote); }, &message), reason::kNoSpace.code);
  EXPECT_THAT(message, HasSubstr("no room for blob"));
  EXPECT_TRUE(remote.offsets.empty());
  EXPECT_TRUE(cache().find(descriptor_of(small.bytes)));
  EXPECT_FALSE(std::filesystem::exists(file(huge) + ".partial"));
}

TEST_F(Cache, WaitsForAnotherProcessThatGetsTheSameBlob) {
  Remote remote{make_noise(3000)};
  const Descriptor blob = descriptor_of(remote.bytes);
  tree_.write("cache/blobs/sha256/" + std::string(blob.digest.hex()) + ".partial", "");
  UniqueFd other(::open((file(blob) + ".partial").c_str(), O_RDWR));
  ASSERT_EQ(::flock(other.get(), LOCK_EX), 0);
  std::jthread process([&] {
    while (clock_.sleeps().empty()) std::this_thread::yield();
    std::filesystem::rename(tree_.write("done", remote.bytes), file(blob));
    other.reset();
  });
  fetch(blob, remote);
  EXPECT_TRUE(remote.offsets.empty()) << "the other one brought it";
}

TEST_F(Cache, StopsWhenAsked) {
  Remote remote{make_noise(3000)};
  stop_.request_stop();
  EXPECT_EQ(refusal([&] { fetch(descriptor_of(remote.bytes), remote); }), reason::kCanceled.code);
}

TEST_F(Cache, HoldsAnEmptyBlob) {
  Remote remote{""};
  fetch(descriptor_of(""), remote);
  EXPECT_TRUE(cache().find(descriptor_of("")));
}

}  // namespace
}  // namespace cairn::oci
