// SPDX-License-Identifier: Apache-2.0
#include "k8s/status.h"

#include "core/text.h"
#include "k8s/api_json.h"
#include "k8s/reasons.h"

#include <fmt/core.h>

#include <array>

namespace cairn::k8s {
namespace {

struct Mapping {
  std::string_view name;  // metav1.StatusReason
  const Reason* reason;
};

constexpr std::array<Mapping, 15> kByName{{
    {"NotFound", &reason::kNotFound},
    {"AlreadyExists", &reason::kAlreadyExists},
    {"Conflict", &reason::kConflict},
    {"Gone", &reason::kExpired},
    {"Expired", &reason::kExpired},
    {"Forbidden", &reason::kForbidden},
    {"Unauthorized", &reason::kUnauthorized},
    {"Invalid", &reason::kInvalid},
    {"BadRequest", &reason::kInvalid},
    {"RequestEntityTooLarge", &reason::kInvalid},
    {"TooManyRequests", &reason::kBusy},
    {"ServiceUnavailable", &reason::kBusy},
    {"Timeout", &reason::kServerTimeout},
    {"ServerTimeout", &reason::kServerTimeout},
    {"InternalError", &reason::kServerError},
}};

const Reason& reason_of(int http_status) {
  switch (http_status) {
    case 400:
    case 405:
    case 406:
    case 413:
    case 415:
    case 422: return reason::kInvalid;
    case 401: return reason::kUnauthorized;
    case 403: return reason::kForbidden;
    case 404: return reason::kNotFound;
    case 409: return reason::kConflict;
    case 410: return reason::kExpired;
    case 429:
    case 503: return reason::kBusy;
    case 504: return reason::kServerTimeout;
    default: return http_status >= 500 ? reason::kServerError : reason::kBadAnswer;
  }
}

std::string_view text_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

Error error_of(const json::object& status, int http_status, std::string_view doing) {
  const std::string_view name = text_at(status, "reason");
  const json::value* code = status.if_contains("code");
  if (code != nullptr && code->is_int64()) http_status = static_cast<int>(code->get_int64());
  const Reason* why = &reason_of(http_status);
  for (const auto& mapping : kByName) {
    if (mapping.name == name) why = mapping.reason;
  }
  return Error(*why, "{}: {}", doing, printable(text_at(status, "message"), 1000));
}

}  // namespace

Error make_status_error(int http_status, std::string_view body, std::string_view doing) {
  const auto document = try_parse_api_json(body);
  if (document && document->is_object() && text_at(document->get_object(), "kind") == "Status") {
    return error_of(document->get_object(), http_status, doing);
  }
  const std::string line = printable(trim(body.substr(0, body.find('\n'))), 200);
  return Error(reason_of(http_status), "{}: status {}{}{}", doing, http_status, line.empty() ? "" : ": ", line);
}

Error make_status_error(const json::value& status, std::string_view doing) {
  static const json::object kNone;
  return error_of(status.is_object() ? status.get_object() : kNone, 500, doing);
}

}  // namespace cairn::k8s
