// SPDX-License-Identifier: Apache-2.0
#include "object/quantity.h"

#include "object/reasons.h"

#include <gtest/gtest.h>

namespace cairn::object {
namespace {

std::int64_t value(const char* text) { return Quantity::parse(text).value(); }

TEST(Quantity, ValuesAsKubernetesHasThem) {
  EXPECT_EQ(value("6Gi"), 6442450944);
  EXPECT_EQ(value("6442450944"), 6442450944);
  EXPECT_EQ(value("1.5Gi"), 1610612736);
  EXPECT_EQ(value("500m"), 1);  // rounded up
  EXPECT_EQ(value("-500m"), 0);
  EXPECT_EQ(value("1e3"), 1000);
  EXPECT_EQ(value("12E-1"), 2);
  EXPECT_EQ(value("2k"), 2000);
  EXPECT_EQ(value(".5M"), 500000);
  EXPECT_EQ(value("5."), 5);
  EXPECT_EQ(value("7Ei"), 8070450532247928832);
  EXPECT_EQ(Quantity::parse("100m").milli_value(), 100);
  EXPECT_EQ(Quantity::parse("0.1u").milli_value(), 1);
  EXPECT_EQ(Quantity::parse("0.1"), Quantity::parse("100m"));
  EXPECT_LT(Quantity::parse("1M"), Quantity::parse("1Mi"));
  EXPECT_EQ(Quantity::parse("0.000001Gi").value(), 1074);
}

TEST(Quantity, OthersAreRefused) {
  for (const char* text :
       {"", "Gi", ".", "1.2.3", "1gi", "1KiB", "1e", "1e99", "8Ei", "99999999999999999999", "+", "--1", "1 Gi"}) {
    try {
      Quantity::parse(text);
      ADD_FAILURE() << text << " was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.reason().code, reason::kBadQuantity.code) << text;
    }
  }
}

TEST(Quantity, DecodesNumbersAndText) {
  Quantity quantity;
  Codec<Quantity>::decode(json::value(5), Place("test"), quantity);
  EXPECT_EQ(quantity.text(), "5");
  EXPECT_THROW(Codec<Quantity>::decode(json::value(true), Place("test"), quantity), Error);
  EXPECT_THROW(Codec<Quantity>::decode(json::value("x"), Place("test"), quantity), Error);
}

TEST(IntOrString, PercentagesAreRounded) {
  EXPECT_EQ(IntOrString(3).of(100, IntOrString::Round::up), 3);
  EXPECT_EQ(IntOrString(std::string("25%")).of(10, IntOrString::Round::up), 3);
  EXPECT_EQ(IntOrString(std::string("25%")).of(10, IntOrString::Round::down), 2);
  EXPECT_THROW(IntOrString(std::string("x%")).of(1, IntOrString::Round::up), Error);
}

}  // namespace
}  // namespace cairn::object
