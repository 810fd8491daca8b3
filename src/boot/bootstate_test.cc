// SPDX-License-Identifier: Apache-2.0
#include "boot/bootstate.h"

#include "boot/env_block.h"
#include "boot/reasons.h"
#include "core/error.h"

#include <gtest/gtest.h>

#include <functional>

namespace cairn::boot {
namespace {

BootState sample() {
  return {.sequence = 7, .active = 3, .passives = {2, 1}, .tries = 3, .verdict = Verdict::trying, .recovery = 1};
}

std::string replaced(std::string block, std::string_view what, std::string_view with) {
  const std::size_t at = block.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  block.replace(at, what.size(), with);
  block.resize(kEnvBlockSize, '#');
  return block;
}

TEST(BootState, IsWrittenAsTheLoaderReadsIt) {
  const std::string block = compose(sample());
  const std::string_view text =
      "# GRUB Environment Block\nseq=7\nactive=3\npassives=2 1\ntries=3\nverdict=trying\nrecovery=1\nonce=\nend=7\n";
  EXPECT_EQ(block.substr(0, text.size()), text);
  EXPECT_EQ(block.size(), 1024U);
  EXPECT_EQ(block.find_first_not_of('#', text.size()), std::string::npos);
}

TEST(BootState, ComesBackAsItWas) {
  BootState state = sample();
  EXPECT_EQ(parse(compose(state)), state);
  state = {.sequence = kMaxSequence, .active = kMaxSnapshot, .recovery = kMaxSnapshot, .recovery_once = true};
  EXPECT_EQ(parse(compose(state)), state);
}

TEST(BootState, SaysOnlyWhenItIsSoThatAResetIsAskedFor) {
  BootState state = sample();
  EXPECT_EQ(compose(state).find("reset"), std::string::npos);
  state.reset_asked = true;
  EXPECT_NE(compose(state).find("once=\nreset=asked\nend=7\n"), std::string::npos);
  EXPECT_EQ(parse(compose(state)), state);
  EXPECT_FALSE(parse(replaced(compose(state), "reset=asked", "reset=")));
  EXPECT_FALSE(parse(replaced(compose(state), "reset=asked", "other=asked")));
}

TEST(BootState, OfTheLargestSizeFitsIntoOneSector) {
  BootState state{.sequence = kMaxSequence, .active = kMaxSnapshot, .tries = kMaxTries, .verdict = Verdict::trying};
  state.recovery = kMaxSnapshot;
  state.recovery_once = true;
  state.reset_asked = true;
  for (SnapshotNumber i = 1; i <= kMaxPassives; ++i) state.passives.push_back(kMaxSnapshot - i);
  const std::string block = compose(state);
  EXPECT_LT(block.rfind('\n'), 512U);
  EXPECT_EQ(parse(block), state);
}

TEST(BootState, TakesWhatTheLoaderWrites) {
  const auto state = parse(replaced(compose(sample()), "tries=3", "tries=2"));
  ASSERT_TRUE(state);
  EXPECT_EQ(state->tries, 2U);
}

TEST(BootState, IsNothingIfAnyByteIsWrong) {
  const std::string good = compose(sample());
  for (const auto& [what, with] :
       std::vector<std::pair<std::string, std::string>>{{"seq=7", "seq=8"},
                                                        {"seq=7", "seq=07"},
                                                        {"end=7\n", "end=7"},
                                                        {"active=3", "active=0"},
                                                        {"active=3", "active=2"},
                                                        {"active=3", "active=1000000"},
                                                        {"passives=2 1", "passives=2  1"},
                                                        {"passives=2 1", "passives=2 2"},
                                                        {"passives=2 1", "passives=2 1 "},
                                                        {"tries=3", "tries=10"},
                                                        {"tries=3", "tries=-1"},
                                                        {"verdict=trying", "verdict=bad"},
                                                        {"verdict=trying", "verdict=good"},  // with tries left
                                                        {"recovery=1", "recovery="},
                                                        {"once=", "once=other"},
                                                        {"once=\n", ""},
                                                        {"once=", "once=\nonce="},
                                                        {"# GRUB", "# grub"},
                                                        {"tries=3", "tries=3\\"}}) {
    EXPECT_FALSE(parse(replaced(good, what, with))) << with;
  }
  EXPECT_FALSE(parse(good.substr(0, 512)));
  EXPECT_FALSE(parse(""));
  EXPECT_FALSE(parse(std::string(1024, '\0')));
  EXPECT_FALSE(parse(std::string(1024, '#')));
  std::string tail = good;
  tail[1000] = 'x';
  EXPECT_FALSE(parse(tail));
}

TEST(BootState, TornAtEveryByteIsEitherOfTwoOrNothing) {
  const BootState old_state = sample();
  BootState new_state = sample();
  new_state.sequence = 10;
  new_state.active = 40;
  const std::string before = compose(old_state);
  const std::string after = compose(new_state);
  for (std::size_t cut = 0; cut <= before.size(); ++cut) {
    const auto state = parse(after.substr(0, cut) + before.substr(cut));
    EXPECT_TRUE(!state || *state == old_state || *state == new_state) << cut;
  }
}

TEST(BootState, ThatMakesNoSenseIsNotWritten) {
  const std::vector<std::function<void(BootState&)>> spoilers = {
      [](BootState& s) { s.sequence = 0; },
      [](BootState& s) { s.active = 0; },
      [](BootState& s) { s.passives = {3}; },
      [](BootState& s) {
        s.passives = {2, 2};
      },
      [](BootState& s) { s.tries = 10; },
      [](BootState& s) { s.verdict = Verdict::good; },
      [](BootState& s) { s.passives = std::vector<SnapshotNumber>(17, 1); },
      [](BootState& s) { s.recovery = 0, s.recovery_once = true; }};
  for (std::size_t i = 0; i < spoilers.size(); ++i) {
    BootState state = sample();
    spoilers[i](state);
    try {
      compose(state);
      ADD_FAILURE() << "spoiler " << i << " was written";
    } catch (const Error& error) {  // what the test is about
      EXPECT_EQ(error.reason().code, reason::kBadBootState.code);
    }
  }
}

TEST(Copies, TheHigherValidOneCounts) {
  BootState lower = sample();
  BootState higher = sample();
  higher.sequence = 8;
  EXPECT_EQ((Copies{lower, higher}.current()->sequence), 8U);
  EXPECT_EQ((Copies{lower, higher}.older()), CopyName::a);
  EXPECT_EQ((Copies{higher, lower}.current()->sequence), 8U);
  EXPECT_EQ((Copies{higher, lower}.older()), CopyName::b);
  EXPECT_EQ((Copies{std::nullopt, lower}.current()->sequence), 7U);
  EXPECT_EQ((Copies{std::nullopt, lower}.older()), CopyName::a);
  EXPECT_EQ((Copies{lower, std::nullopt}.older()), CopyName::b);
  EXPECT_EQ(Copies{}.current(), nullptr);
  EXPECT_EQ(Copies{}.older(), CopyName::a);
}

TEST(Copies, NameWhatEitherNames) {
  BootState other = sample();
  other.passives = {9};
  const Copies copies{sample(), other};
  for (const SnapshotNumber number : {3U, 2U, 1U, 9U}) EXPECT_TRUE(copies.names(number)) << number;
  EXPECT_FALSE(copies.names(4));
}

}  // namespace
}  // namespace cairn::boot
