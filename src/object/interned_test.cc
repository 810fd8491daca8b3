// SPDX-License-Identifier: Apache-2.0
#include "object/interned.h"

#include <gtest/gtest.h>

#include <thread>

namespace cairn::object {
namespace {

TEST(Interned, EqualTextsAreHeldOnceAndGoWithTheLastHolder) {
  const std::size_t before = Interned::held();
  {
    const Interned a("a text of this test");
    Interned b(std::string("a text of ") + "this test");
    EXPECT_EQ(a, b);
    EXPECT_EQ(a.view().data(), b.view().data());
    EXPECT_EQ(Interned::held(), before + 1);
    b = Interned("another text of this test");
    EXPECT_NE(a, b);
    EXPECT_EQ(Interned::held(), before + 2);
  }
  EXPECT_EQ(Interned::held(), before);
}

TEST(Interned, ManyThreadsMayHoldAndDropTheSame) {
  const std::size_t before = Interned::held();
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < 20'000; ++i) {
        const Interned text(std::string("shared text number ") + std::to_string(i % 3));
        const Interned copy = text;
        if (copy.view().size() != 20) std::abort();
      }
    });
  }
  threads.clear();
  EXPECT_EQ(Interned::held(), before);
}

TEST(InternedMap, FindsWhatTheDocumentHas) {
  InternedMap labels;
  Codec<InternedMap>::decode(parse_json(R"({"zone": "b", "app": "x", "empty": "", "none": null})", ""), Place("test"),
                             labels);
  EXPECT_EQ(labels.find("zone"), "b");
  EXPECT_EQ(labels.find("nothing"), "");
  EXPECT_TRUE(labels.contains("empty"));
  EXPECT_FALSE(labels.contains("nothing"));
  EXPECT_EQ(Codec<InternedMap>::encode(labels),
            parse_json(R"({"app": "x", "empty": "", "none": "", "zone": "b"})", ""));
}

}  // namespace
}  // namespace cairn::object
