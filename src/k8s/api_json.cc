// SPDX-License-Identifier: Apache-2.0
#include "k8s/api_json.h"

#include "k8s/reasons.h"

#include <boost/json/parse.hpp>

namespace cairn::k8s {
namespace {

// The API server refuses objects deeper than 10,000; what wraps them adds a few levels.
constexpr std::size_t kMostDepth = 10'100;

json::value parse(std::string_view text, boost::json::error_code& problem, json::storage_ptr storage) {
  boost::json::parse_options options;
  options.max_depth = kMostDepth;
  return boost::json::parse(text, problem, std::move(storage), options);
}

}  // namespace

json::value parse_api_json(std::string_view text, std::string_view what, json::storage_ptr storage) {
  boost::json::error_code problem;
  json::value value = parse(text, problem, std::move(storage));
  if (problem) throw Error(reason::kBadAnswer, "{}: the answer is no JSON: {}", what, problem.message());
  return value;
}

std::optional<json::value> try_parse_api_json(std::string_view text, json::storage_ptr storage) {
  boost::json::error_code problem;
  json::value value = parse(text, problem, std::move(storage));
  if (problem) return std::nullopt;
  return value;
}

}  // namespace cairn::k8s
