// SPDX-License-Identifier: Apache-2.0
#include "enroll/messages.h"

#include "core/yaml.h"
#include "enroll/reasons.h"

#include <algorithm>

namespace cairn::enroll {
namespace {

constexpr std::size_t kMaxTexts = 256;
constexpr std::uint64_t kLongestRetry = 7 * 24 * 3600;
constexpr std::string_view kOperatorsOwn[] = {"elemental.cattle.io/", "cairn.dev/"};

struct Bound {
  Type type;
  std::size_t max;  // bytes of the payload
};

constexpr Bound kBounds[] = {
    {Type::ready, 0},
    {Type::smbios, 64 << 10},
    {Type::labels, 16 << 10},
    {Type::get, 0},
    {Type::version, 1},
    {Type::system_data, 256 << 10},
    {Type::config, 1 << 20},
    {Type::error, 4 << 10},
    {Type::annotations, 16 << 10},
    {Type::update, 0},
    {Type::system_data_v2, 256 << 10},
    {Type::certificate, 64 << 10},
};

json::value read(std::string_view payload, std::string_view what) {
  try {
    return parse_json(payload, what);
  } catch (const Error& error) {  // recovers nothing: gives the failure the reason of the protocol
    throw Error(reason::kBadMessage, "{}", error.what());
  }
}

}  // namespace

Message parse_frame(std::string_view frame) {
  if (frame.empty()) throw Error(reason::kBadMessage, "a frame is empty");
  const auto type = static_cast<Type>(static_cast<unsigned char>(frame.front()));
  const auto* bound =
      std::find_if(std::begin(kBounds), std::end(kBounds), [&](const Bound& one) { return one.type == type; });
  if (bound == std::end(kBounds))
    throw Error(reason::kBadMessage, "there are no messages of type {}", static_cast<unsigned>(type));
  if (frame.size() - 1 > bound->max)
    throw Error(reason::kBudget, "a message of type {} has {} bytes; {} are allowed", static_cast<unsigned>(type),
                frame.size() - 1, bound->max);
  return {type, frame.substr(1)};
}

std::string make_frame(Type type, std::string_view payload) { return static_cast<char>(type) + std::string(payload); }

std::uint8_t parse_version(std::string_view payload) {
  if (payload.size() != 1) throw Error(reason::kBadMessage, "a version has {} bytes, not one", payload.size());
  return static_cast<std::uint8_t>(payload.front());
}

std::uint8_t negotiate(std::uint8_t client) {
  if (client < kOldestVersion) throw Error(reason::kTooOld, "the client speaks version {} of the protocol", client);
  return client == kCairnVersion ? kCairnVersion : std::min(client, kElementalVersion);
}

json::object parse_data(std::string_view payload, std::string_view what) {
  json::value data = read(payload, what);
  if (!data.is_object()) throw Error(reason::kBadMessage, "{} are no JSON object", what);
  return std::move(data.get_object());
}

object::Labels parse_texts(std::string_view payload, std::string_view what) {
  const json::value document = read(payload, what);
  object::Labels texts;
  for (const auto& [key, value] : JsonCursor(document, what, reason::kBadMessage).members()) {
    const bool reserved = std::any_of(std::begin(kOperatorsOwn), std::end(kOperatorsOwn),
                                      [&key = key](auto own) { return key.starts_with(own); });
    if (!reserved) texts.emplace(key, value.text());
  }
  if (texts.size() > kMaxTexts)
    throw Error(reason::kBudget, "{} {} were sent; {} are allowed", texts.size(), what, kMaxTexts);
  return texts;
}

std::string texts_json(const object::Labels& texts) {
  json::object document;
  for (const auto& [key, value] : texts) document[key] = value;
  return to_text(document);
}

Problem parse_problem(std::string_view yaml) {
  const Yaml document =
      parse_yaml(yaml, "the server's refusal", {.max_bytes = 4 << 10, .max_depth = 4, .max_nodes = 32});
  Problem problem{.message = document.at("message").text()};
  if (const Yaml* code = document.find("code")) problem.code = code->text();
  if (const Yaml* retry = document.find("retryAfter"))
    problem.retry_after = std::chrono::seconds(std::clamp<std::int64_t>(retry->integer(), 0, kLongestRetry));
  return problem;
}

// A JSON text is a YAML scalar, whatever is in it.
std::string problem_yaml(const Problem& problem) {
  std::string yaml = "message: " + to_text(json::value(problem.message)) + "\n";
  if (!problem.code.empty()) yaml += "code: " + to_text(json::value(problem.code)) + "\n";
  if (problem.retry_after) yaml += "retryAfter: " + std::to_string(problem.retry_after->count()) + "\n";
  return yaml;
}

std::string parse_certificate_request(std::string_view payload) {
  const json::value document = read(payload, "the request for a certificate");
  return JsonCursor(document, "the request for a certificate", reason::kBadMessage).at("csr").text();
}

std::string certificate_request_json(std::string_view csr) { return to_text(json::object{{"csr", csr}}); }

Grant parse_grant(std::string_view payload) {
  const json::value document = read(payload, "the certificate");
  const JsonCursor root(document, "the certificate", reason::kBadMessage);
  return {.certificate = root.at("certificate").text(),
          .agent_url = root.at("agentURL").text(),
          .ca_bundle = root.at("caBundle").text(),
          .machine_name = root.at("machineName").text()};
}

std::string grant_json(const Grant& grant) {
  return to_text(json::object{{"certificate", grant.certificate},
                              {"agentURL", grant.agent_url},
                              {"caBundle", grant.ca_bundle},
                              {"machineName", grant.machine_name}});
}

}  // namespace cairn::enroll
