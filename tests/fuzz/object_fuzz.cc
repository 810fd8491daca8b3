// SPDX-License-Identifier: Apache-2.0
// An object's document: what is decoded can be encoded and is decoded again as the same, with its unknown members; what
// the schema finds no problem with can be decoded; selectors and quantities hold their promises.
#include "fuzz_input.h"
#include "object/condition.h"
#include "object/quantity.h"
#include "object/schema.h"
#include "object/selector.h"

namespace {

namespace json = cairn::json;
using namespace cairn::object;  // NOLINT: a program of one file

struct Spec {
  std::string text = "default";
  bool flag = true;
  std::int32_t small = 0;
  std::int64_t large = 7;
  std::optional<Quantity> size;
  std::optional<IntOrString> share;
  std::optional<LabelSelector> selector;
  std::map<std::string, std::string> labels;
  std::vector<Condition> conditions;
  json::object any;
  Unknown unknown;
  bool operator==(const Spec&) const = default;
  static const Fields<Spec>& fields() {
    static const Fields<Spec> table{
        {"text", &Spec::text, "", {.pattern = "^[a-z]*$", .max_length = 9}},
        {"flag", &Spec::flag, ""},
        {"small", &Spec::small, "", {.minimum = 0}},
        {"large", &Spec::large, ""},
        {"size", &Spec::size, ""},
        {"share", &Spec::share, ""},
        {"selector", &Spec::selector, ""},
        {"labels", &Spec::labels, ""},
        {"conditions", &Spec::conditions, "", condition_list()},
        {"any", &Spec::any, ""},
    };
    return table;
  }
};

struct Thing {
  ObjectMeta metadata;
  Spec spec;
  Unknown unknown;
  bool operator==(const Thing&) const = default;
  static const Kind& kind() {
    static const Kind kind{.group = "g", .version = "v1", .name = "Thing", .plural = "things"};
    return kind;
  }
  static const Fields<Thing>& fields() {
    static const Fields<Thing> table{{"metadata", &Thing::metadata, ""}, {"spec", &Thing::spec, ""}};
    return table;
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const json::object schema = make_schema<Thing>();
  cairn::fuzz::allow_refusal([&] {
    const json::value document = cairn::parse_json(cairn::fuzz::text_of(data, size), "input");
    find_problems(document, schema);
    const Thing once = decode_object<Thing>(document);
    const Thing twice = decode_object<Thing>(encode_object(once));
    if (once != twice) std::abort();
    if (once.spec.selector) {
      once.spec.selector->matches(once.spec.labels);
      once.spec.selector->to_text();
    }
  });
  return 0;
}
