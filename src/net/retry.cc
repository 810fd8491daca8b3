// SPDX-License-Identifier: Apache-2.0
#include "net/retry.h"

#include "core/log.h"
#include "core/random.h"
#include "core/reasons.h"
#include "core/text.h"
#include "net/reasons.h"

#include <algorithm>
#include <ctime>
#include <limits>

namespace cairn::net {
namespace {

// A date of HTTP in any of its three forms (RFC 9110 section 5.6.7).
std::optional<Clock::Wall> parse_http_date(const std::string& text) {
  for (const char* format : {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"}) {
    std::tm parts{};
    const char* end = ::strptime(text.c_str(), format, &parts);
    if (end != nullptr && *end == '\0') return std::chrono::system_clock::from_time_t(::timegm(&parts));
  }
  return std::nullopt;
}

}  // namespace

bool is_passing(int status) {
  if (status == 408 || status == 425 || status == 429) return true;
  return status >= 500 && status != 501 && status != 505;
}

bool is_passing(const Error& error) {
  return error.is(reason::kConnect) || error.is(reason::kConnectionLost) || error.is(cairn::reason::kTimedOut);
}

std::optional<milliseconds> find_retry_after(const Headers& headers, Clock::Wall now) {
  const auto value = headers.find("Retry-After");
  if (!value) return std::nullopt;
  const std::string text(trim(*value));
  if (const auto seconds = parse_number(text)) {
    constexpr std::uint64_t kYear = 365 * 24 * 3600;
    return milliseconds(1000 * static_cast<std::int64_t>(std::min(*seconds, kYear)));
  }
  const auto date = parse_http_date(text);
  if (!date) return std::nullopt;
  return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(*date - now));
}

milliseconds make_pause(const RetryPolicy& policy, int failures, std::optional<milliseconds> retry_after) {
  auto bound = std::min(policy.first, policy.most);
  for (int i = 1; i < failures && bound < policy.most; ++i) bound = std::min(bound * 2, policy.most);
  const milliseconds jitter(pick_random(0, std::max<std::int64_t>(bound.count(), 0)));
  return std::max(jitter, std::min(retry_after.value_or(milliseconds(0)), policy.longest_retry_after));
}

HttpResponse send_with_retries(HttpClient& client, const HttpRequest& request, const RetryPolicy& policy, Clock& clock,
                               const std::stop_token& stop) {
  for (int failures = 1;; ++failures) {
    std::optional<milliseconds> asked;
    try {
      HttpResponse response = client.send(request, stop);
      if (!is_passing(response.status) || failures >= policy.attempts) return response;
      asked = find_retry_after(response.headers, clock.wall());
      log::debug("request will be repeated", {{"url", request.url.to_public_text()}, {"status", response.status}});
    } catch (const Error& error) {  // recovers failures that may pass
      if (!is_passing(error) || failures >= policy.attempts) throw;
      log::debug("request will be repeated", {{"error", error.what()}});
    }
    clock.sleep(make_pause(policy, failures, asked), stop);
  }
}

}  // namespace cairn::net
