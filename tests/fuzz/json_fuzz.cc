// SPDX-License-Identifier: Apache-2.0
// A JSON document: what is accepted can be written and is accepted again as the same.
#include "core/json.h"
#include "fuzz_input.h"

namespace {

namespace json = cairn::json;

bool same(const json::value& a, const json::value& b);

bool same_members(const json::object& a, const json::object& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return x.key() == y.key() && same(x.value(), y.value()); });
}

bool same(const json::value& a, const json::value& b) {
  // Boost reads a floating-point number to within a unit in the last place, so its text may differ there.
  if (a.is_double()) return b.is_double() || b.is_number();
  if (a.is_object() && b.is_object()) return same_members(a.get_object(), b.get_object());
  if (!a.is_array() || !b.is_array()) return a == b;
  return std::equal(a.get_array().begin(), a.get_array().end(), b.get_array().begin(), b.get_array().end(), same);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  cairn::fuzz::allow_refusal([&] {
    const json::value value = cairn::parse_json(cairn::fuzz::text_of(data, size), "input");
    if (!same(value, cairn::parse_json(cairn::to_text(value), "output"))) std::abort();
    if (!same(value, cairn::parse_json(cairn::to_pretty_text(value), "pretty output"))) std::abort();
  });
  return 0;
}
