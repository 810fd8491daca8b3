// SPDX-License-Identifier: Apache-2.0
#include "support/box.h"

namespace cairn::testing {

const object::Fields<BoxSpec>& BoxSpec::fields() {
  static const object::Fields<BoxSpec> table{
      {"size", &BoxSpec::size, "Size.", {.column = "Size"}},
      {"text", &BoxSpec::text, "Text."},
  };
  return table;
}

const object::Fields<BoxStatus>& BoxStatus::fields() {
  static const object::Fields<BoxStatus> table{
      {"seen", &BoxStatus::seen, "The size that was seen."},
      {"conditions", &BoxStatus::conditions, "Conditions.", object::condition_list()},
  };
  return table;
}

const object::Kind& Box::kind() {
  static const object::Kind kind{.group = "cairn.test",
                                 .version = "v1",
                                 .name = "Box",
                                 .plural = "boxes",
                                 .doc = "A kind of tests.",
                                 .status = object::Kind::Status::sub_resource};
  return kind;
}

const object::Fields<Box>& Box::fields() {
  static const object::Fields<Box> table{
      {"metadata", &Box::metadata, "Metadata."},
      {"spec", &Box::spec, "What is wanted.", {.required = true}},
      {"status", &Box::status, "What was seen."},
  };
  return table;
}

}  // namespace cairn::testing
