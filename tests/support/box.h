// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "object/condition.h"
#include "object/kind.h"

namespace cairn::testing {

// A kind of tests.
struct BoxSpec {
  std::int64_t size = 0;
  std::string text;
  object::Unknown unknown;
  bool operator==(const BoxSpec&) const = default;
  static const object::Fields<BoxSpec>& fields();
};

struct BoxStatus {
  std::int64_t seen = 0;
  std::vector<object::Condition> conditions;
  object::Unknown unknown;
  bool operator==(const BoxStatus&) const = default;
  static const object::Fields<BoxStatus>& fields();
};

struct Box {
  object::ObjectMeta metadata;
  BoxSpec spec;
  BoxStatus status;
  object::Unknown unknown;
  bool operator==(const Box&) const = default;
  static const object::Kind& kind();
  static const object::Fields<Box>& fields();
};

inline std::string box_path(const std::string& name) { return "/apis/cairn.test/v1/namespaces/n/boxes/" + name; }

}  // namespace cairn::testing
