// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/json.h"
#include "object/meta.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// The messages of Elemental's registration protocol and our one addition (docs/formats/registration.md). All bounded.
namespace cairn::enroll {

enum class Type : std::uint8_t {
  ready = 1,
  smbios = 2,
  labels = 3,
  get = 4,
  version = 5,
  system_data = 6,
  config = 7,
  error = 8,
  annotations = 9,
  update = 10,
  system_data_v2 = 11,
  certificate = 0xc1,
};

// The highest protocol version of Elemental; what speaks ours; the first one that has a type byte before the config.
inline constexpr std::uint8_t kElementalVersion = 12;
inline constexpr std::uint8_t kCairnVersion = 0xc0;
inline constexpr std::uint8_t kOldestVersion = 5;
inline constexpr std::uint8_t kVersionWithConfig = 7;
inline constexpr std::uint8_t kVersionWithError = 8;

struct Message {
  Type type;
  std::string_view payload;  // within the frame
};

// One binary frame: the type's byte, then the payload. Throws reason::kBadMessage for unknown types, kBudget for
// payloads past their type's bound.
Message parse_frame(std::string_view frame);
std::string make_frame(Type type, std::string_view payload = "");

// The one byte of a version. Throws reason::kBadMessage.
std::uint8_t parse_version(std::string_view payload);
// What a server answers to a client's version; throws reason::kTooOld.
std::uint8_t negotiate(std::uint8_t client);

// A JSON object. Throws reason::kBadMessage.
json::object parse_data(std::string_view payload, std::string_view what);
// A JSON object of texts: labels or annotations, at most 256. Keys under elemental.cattle.io/ and cairn.dev/ are left
// out: they are the operator's to set. Throws reason::kBadMessage.
object::Labels parse_texts(std::string_view payload, std::string_view what);
std::string texts_json(const object::Labels& texts);

// Why a server refuses; Elemental's clients read `message` alone.
struct Problem {
  std::string message;
  std::string code = {};                                 // of a Reason, where the server is ours
  std::optional<std::chrono::seconds> retry_after = {};  // when to ask again
};
Problem parse_problem(std::string_view yaml);
std::string problem_yaml(const Problem& problem);

// Frame 0xC1: what the installed system's agent asks for, and gets. PEM.
std::string parse_certificate_request(std::string_view payload);
std::string certificate_request_json(std::string_view csr);
struct Grant {
  std::string certificate;
  std::string agent_url;
  std::string ca_bundle;
  std::string machine_name;
  bool operator==(const Grant&) const = default;
};
Grant parse_grant(std::string_view payload);
std::string grant_json(const Grant& grant);

}  // namespace cairn::enroll
