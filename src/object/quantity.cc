// SPDX-License-Identifier: Apache-2.0
#include "object/quantity.h"

#include "core/text.h"
#include "object/reasons.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <limits>

namespace cairn::object {
namespace {

__extension__ using Wide = __int128;

constexpr Wide kNano = 1'000'000'000;
constexpr Wide kMost = static_cast<Wide>(std::numeric_limits<std::int64_t>::max()) * kNano;

Error bad(std::string_view text, std::string_view problem) {
  return Error(reason::kBadQuantity, "\"{}\" is no quantity: {}", printable(text, 64), problem);
}

// A suffix as multiplier / divisor.
struct Scale {
  std::string_view suffix;
  Wide times;
  Wide over = 1;
};

constexpr std::array<Scale, 16> kScales{{
    {"", 1},
    {"Ki", Wide(1) << 10},
    {"Mi", Wide(1) << 20},
    {"Gi", Wide(1) << 30},
    {"Ti", Wide(1) << 40},
    {"Pi", Wide(1) << 50},
    {"Ei", Wide(1) << 60},
    {"n", 1, 1'000'000'000},
    {"u", 1, 1'000'000},
    {"m", 1, 1'000},
    {"k", 1'000},
    {"M", 1'000'000},
    {"G", 1'000'000'000},
    {"T", 1'000'000'000'000},
    {"P", 1'000'000'000'000'000},
    {"E", 1'000'000'000'000'000'000},
}};

Wide ten_to(std::int64_t exponent) {
  Wide power = 1;
  for (; exponent > 0; --exponent) power *= 10;
  return power;
}

Scale scale_of(std::string_view suffix, std::string_view whole) {
  for (const Scale& scale : kScales) {
    if (scale.suffix == suffix) return scale;
  }
  if (suffix.front() != 'e' && suffix.front() != 'E') throw bad(whole, "its unit is unknown");
  suffix.remove_prefix(1);
  const bool negative = suffix.starts_with('-');
  if (suffix.starts_with('-') || suffix.starts_with('+')) suffix.remove_prefix(1);
  const auto exponent = parse_number(suffix);
  if (!exponent || *exponent > 18) throw bad(whole, "its exponent is not within -18 to 18");
  const Wide power = ten_to(static_cast<std::int64_t>(*exponent));
  return negative ? Scale{suffix, 1, power} : Scale{suffix, power};
}

}  // namespace

Quantity Quantity::parse(std::string_view text) {
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (rest.starts_with('-') || rest.starts_with('+')) rest.remove_prefix(1);
  const std::size_t length = std::min(rest.find_first_not_of("0123456789."), rest.size());
  const std::string_view number = rest.substr(0, length);
  const std::size_t point = std::min(number.find('.'), number.size());
  std::string_view fraction = number.substr(std::min(point + 1, number.size()));
  if (number.size() <= 1 && number != "0" && (number.empty() || number == ".")) throw bad(text, "it has no digits");
  if (fraction.find('.') != std::string_view::npos) throw bad(text, "it has two points");
  const Scale scale = scale_of(rest.substr(length), text);
  Wide units = 0;  // in 10^-fraction
  if (point + fraction.size() > 19) throw bad(text, "it has too many digits");
  for (const char c : number) {
    if (c != '.') units = units * 10 + (c - '0');
  }
  const Wide divisor = ten_to(static_cast<std::int64_t>(fraction.size())) * scale.over;
  // units * times * 10^9 / divisor without overflow: whole part first.
  const Wide whole = units / divisor;
  if (whole > kMost / kNano / scale.times) throw bad(text, "it is too large");
  const Wide rest_units = units % divisor;
  const Wide numerator = rest_units * (kNano / std::min(kNano, divisor)) * scale.times;
  const Wide denominator = divisor / std::min(kNano, divisor);
  Wide nano = whole * scale.times * kNano;
  if (divisor <= kNano && kNano % divisor == 0) {
    nano += rest_units * (kNano / divisor) * scale.times;
  } else {
    nano += (numerator + denominator - 1) / denominator;
  }
  if (nano > kMost) throw bad(text, "it is too large");
  Quantity quantity;
  quantity.text_ = text;
  quantity.nano_ = negative ? -nano : nano;
  return quantity;
}

std::int64_t Quantity::value() const {
  const Wide whole = nano_ / kNano;
  return static_cast<std::int64_t>(whole + (nano_ > 0 && nano_ % kNano != 0 ? 1 : 0));
}

std::int64_t Quantity::milli_value() const {
  constexpr Wide kMicro = 1'000'000;
  const Wide milli = nano_ / kMicro + (nano_ > 0 && nano_ % kMicro != 0 ? 1 : 0);
  return static_cast<std::int64_t>(std::min<Wide>(milli, std::numeric_limits<std::int64_t>::max()));
}

void Codec<Quantity>::decode(const json::value& value, const Place& place, Quantity& out) {
  try {
    if (value.is_int64()) {
      out = Quantity::parse(std::to_string(value.get_int64()));
      return;
    }
    if (value.is_string()) {
      out = Quantity::parse(value.get_string());
      return;
    }
  } catch (const Error& error) {  // recovers nothing: adds the place
    place.refuse(error.message());
  }
  place.refuse("expected a quantity such as 500m or 6Gi");
}

json::object Codec<Quantity>::schema() {
  return {
      {"anyOf", json::array{json::object{{"type", "integer"}}, json::object{{"type", "string"}}}},
      {"pattern",
       R"(^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$)"},
      {"x-kubernetes-int-or-string", true}};
}

std::int64_t IntOrString::of(std::int64_t total, Round round) const {
  if (value_.is_int64()) return value_.get_int64();
  const std::string_view text = value_.get_string();
  const auto percent = text.ends_with('%') ? parse_number(text.substr(0, text.size() - 1)) : std::nullopt;
  if (!percent || *percent > 1000) {
    throw Error(reason::kBadQuantity, "\"{}\" is neither a number nor a percentage", printable(text, 64));
  }
  const Wide share = static_cast<Wide>(total) * static_cast<Wide>(*percent);
  return static_cast<std::int64_t>((share + (round == Round::up ? 99 : 0)) / 100);
}

void Codec<IntOrString>::decode(const json::value& value, const Place& place, IntOrString& out) {
  if (!value.is_int64() && !value.is_string()) place.refuse("expected a number or text such as \"25%\"");
  out.value_ = value;
}

json::object Codec<IntOrString>::schema() {
  return {{"anyOf", json::array{json::object{{"type", "integer"}}, json::object{{"type", "string"}}}},
          {"x-kubernetes-int-or-string", true}};
}

}  // namespace cairn::object
