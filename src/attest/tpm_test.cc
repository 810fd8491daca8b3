// SPDX-License-Identifier: Apache-2.0
#include "attest/tpm.h"

#include "attest/reasons.h"
#include "attest/tpm_codec.h"
#include "support/fake_clock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <memory>
#include <numeric>

namespace cairn::attest {
namespace {

std::string answer(std::uint32_t code, std::string_view body = "") {
  return TpmWriter()
      .number(std::uint16_t{0x8001})
      .number(static_cast<std::uint32_t>(10 + body.size()))
      .number(code)
      .raw(body)
      .bytes();
}

// Gives prepared answers, the last one again and again.
class FakeTpm final : public Transport {
 public:
  explicit FakeTpm(std::deque<std::string> answers) : answers_(std::move(answers)) {}

  std::string transmit(std::string_view command) override {
    commands.emplace_back(command);
    std::string next = answers_.front();
    if (answers_.size() > 1) answers_.pop_front();
    return next;
  }

  std::vector<std::string> commands;

 private:
  std::deque<std::string> answers_;
};

std::string_view refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.reason().code;
  }
  return "";
}

class TpmTest : public ::testing::Test {
 protected:
  std::string_view refusal_of(std::deque<std::string> answers, const std::function<void(Tpm&)>& action) {
    transport_ = std::make_unique<FakeTpm>(std::move(answers));
    Tpm tpm(*transport_, clock_, {});
    return refusal([&] { action(tpm); });
  }

  testing::FakeClock clock_;
  std::unique_ptr<FakeTpm> transport_;
};

const std::string kKey = TpmWriter().sized("public").bytes();

TEST_F(TpmTest, SendsACommandAgainWhenAsked) {
  FakeTpm transport({answer(0x922), answer(0x908), answer(0x90a), answer(0, kKey)});
  Tpm tpm(transport, clock_, {});
  EXPECT_EQ(tpm.read_public(0x81010001), "public");
  ASSERT_EQ(transport.commands.size(), 4U);
  EXPECT_EQ(transport.commands.front(), transport.commands.back());
  EXPECT_EQ(clock_.sleeps().size(), 3U);
}

TEST_F(TpmTest, GivesUpOnATpmThatAsksWithoutEnd) {
  EXPECT_EQ(refusal_of({answer(0x922)}, [](Tpm& tpm) { tpm.create_primary(ak_template()); }), reason::kRefused.code);
  const auto sleeps = clock_.sleeps();
  EXPECT_LT(std::accumulate(sleeps.begin(), sleeps.end(), milliseconds{0}), std::chrono::seconds(15));
}

TEST_F(TpmTest, StopsOnRequest) {
  FakeTpm transport({answer(0x922)});
  std::stop_source stop;
  stop.request_stop();
  Tpm tpm(transport, clock_, stop.get_token());
  EXPECT_EQ(refusal([&] { tpm.create_primary(ak_template()); }), "CRN-SYS-001");
  EXPECT_TRUE(transport.commands.empty());
}

TEST_F(TpmTest, SaysThatItIsLocked) {
  EXPECT_EQ(refusal_of({answer(0x921)}, [](Tpm& tpm) { tpm.create_primary(ak_template()); }), reason::kLocked.code);
}

TEST_F(TpmTest, RefusesAnswersThatAreNone) {
  const auto read = [](Tpm& tpm) { tpm.read_public(1); };
  EXPECT_EQ(refusal_of({"short"}, read), reason::kDevice.code);
  EXPECT_EQ(refusal_of({answer(0, kKey) + "more"}, read), reason::kDevice.code);
  EXPECT_EQ(refusal_of({answer(0)}, read), reason::kDevice.code);
  EXPECT_EQ(refusal_of({answer(0, TpmWriter().number(std::uint16_t{9}).raw("x").bytes())}, read), reason::kDevice.code);
}

TEST_F(TpmTest, FlushesAKeyWhoseAnswerIsMalformed) {
  const std::string body = TpmWriter().number(std::uint32_t{0x80000001}).number(std::uint32_t{1}).raw("x").bytes();
  EXPECT_EQ(refusal_of({answer(0, body), answer(0)}, [](Tpm& tpm) { tpm.create_primary(ak_template()); }),
            reason::kDevice.code);
  ASSERT_EQ(transport_->commands.size(), 2U);
  EXPECT_EQ(transport_->commands[1].substr(6), TpmWriter().number(0x165U).number(0x80000001U).bytes());
}

std::string nv_public(std::uint16_t size) {
  return TpmWriter()
      .sized(TpmWriter().number(0x01c00002U).number(std::uint16_t{11}).number(0U).sized("").number(size).bytes())
      .bytes();
}

TEST_F(TpmTest, ReadsNvInPieces) {
  const auto piece = [](std::size_t size, char fill) {
    const std::string data = TpmWriter().sized(std::string(size, fill)).bytes();
    return answer(0, TpmWriter().number(static_cast<std::uint32_t>(data.size())).raw(data).bytes());
  };
  FakeTpm transport({answer(0, nv_public(600)), piece(512, 'a'), piece(88, 'b')});
  Tpm tpm(transport, clock_, {});
  EXPECT_EQ(tpm.read_nv(0x01c00002), std::string(512, 'a') + std::string(88, 'b'));
}

TEST_F(TpmTest, BoundsWhatItReadsFromNv) {
  FakeTpm missing({answer(0x18b)});
  EXPECT_EQ(Tpm(missing, clock_, {}).read_nv(0x01c00002), std::nullopt);
  const auto read = [](Tpm& tpm) { tpm.read_nv(0x01c00002); };
  EXPECT_EQ(refusal_of({answer(0, nv_public(65535))}, read), reason::kDevice.code);
  const std::string none = TpmWriter().number(std::uint32_t{2}).sized("").bytes();
  EXPECT_EQ(refusal_of({answer(0, nv_public(10)), answer(0, none)}, read), reason::kDevice.code);
}

TEST(PublicArea, KeepsItsBytes) {
  for (const PublicArea& area : {ek_template("nonce"), ak_template()})
    EXPECT_EQ(PublicArea::parse(area.to_bytes()).to_bytes(), area.to_bytes());
  EXPECT_TRUE(ek_template("nonce").unique.starts_with("nonce"));
  EXPECT_EQ(refusal([] { PublicArea::parse(ak_template().to_bytes() + "x"); }), reason::kBadStructure.code);
  EXPECT_EQ(refusal([] { ak_template().key(); }), reason::kBadStructure.code);
  EXPECT_EQ(refusal([] { ek_template("").key(); }), reason::kUnsupportedKey.code);  // all zeros
}

}  // namespace
}  // namespace cairn::attest
