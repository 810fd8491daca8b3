// SPDX-License-Identifier: Apache-2.0
#include "core/reasons.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>

namespace cairn {
namespace {

TEST(Error, CarriesContextFromOutsideIn) {
  try {
    with_context("pulling demo",
                 [] { with_context("layer 2", [] { throw Error(reason::kNotFound, "no {}", "blob"); }); });
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "pulling demo: layer 2: no blob");
    EXPECT_EQ(error.message(), "no blob");
    EXPECT_EQ(error.kind(), ErrorKind::not_found);
  }
}

TEST(Error, TakesABetterRemedyThanTheReasons) {
  Error error(reason::kToolMissing, "mcopy");
  EXPECT_EQ(error.remedy(), reason::kToolMissing.remedy);
  error.set_remedy("Install mtools.");
  EXPECT_EQ(error.remedy(), "Install mtools.");
}

TEST(Error, TurnsErrnoIntoAKind) {
  EXPECT_EQ(system_error(ENOSPC, "writing x").kind(), ErrorKind::no_space);
  EXPECT_EQ(system_error(EACCES, "writing x").kind(), ErrorKind::denied);
  EXPECT_EQ(system_error(ENOENT, "opening x").kind(), ErrorKind::not_found);
  EXPECT_STREQ(system_error(ENOENT, "opening x").what(), "opening x: No such file or directory");
}

TEST(Error, HasStableExitCodes) {
  EXPECT_EQ(exit_code(ErrorKind::invalid), 2);
  EXPECT_EQ(exit_code(ErrorKind::unsupported), 3);
  EXPECT_EQ(exit_code(ErrorKind::unavailable), 4);
  EXPECT_EQ(exit_code(ErrorKind::conflict), 5);
  EXPECT_EQ(exit_code(ErrorKind::denied), 6);
  EXPECT_EQ(exit_code(ErrorKind::corrupt), 7);
  EXPECT_EQ(exit_code(ErrorKind::no_space), 8);
  EXPECT_EQ(exit_code(ErrorKind::internal), 70);
  EXPECT_EQ(exit_code(ErrorKind::canceled), 130);
}

}  // namespace
}  // namespace cairn
