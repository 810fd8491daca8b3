// SPDX-License-Identifier: Apache-2.0
#include "core/log.h"
#include "core/reasons.h"
#include "core/text.h"
#include "net/http_client.h"
#include "net/reasons.h"
#include "net/retry.h"

#include <algorithm>
#include <vector>

namespace cairn::net {
namespace {

// "bytes 100-199/1000", "bytes 100-199/*" or "bytes */1000" (RFC 9110 section 14.4).
struct ContentRange {
  std::optional<std::uint64_t> first;
  std::optional<std::uint64_t> total;
};

std::optional<ContentRange> find_content_range(const Headers& headers) {
  const auto value = headers.find("Content-Range");
  if (!value || !to_lower(*value).starts_with("bytes ")) return std::nullopt;
  const std::string text(trim(std::string_view(*value).substr(6)));
  const std::size_t slash = text.find('/');
  if (slash == std::string::npos) return std::nullopt;
  ContentRange range;
  range.total = parse_number(std::string_view(text).substr(slash + 1));
  const std::string span = text.substr(0, slash);
  if (span == "*") return range;
  range.first = parse_number(std::string_view(span).substr(0, span.find('-')));
  return range.first ? std::optional(range) : std::nullopt;
}

class ResumableSource final : public Source {
 public:
  ResumableSource(HttpClient& client, HttpRequest request, std::uint64_t offset, const RetryPolicy& policy,
                  Clock& clock, std::stop_token stop)
      : client_(client),
        request_(std::move(request)),
        position_(offset),
        policy_(policy),
        clock_(clock),
        stop_(std::move(stop)) {}

  // Makes sure that a body is open at position_ or that the end is reached. May throw after the last attempt.
  void open() {
    while (!body_ && !ended_) {
      attempt([this] { open_once(); });
    }
  }

  std::size_t read(MutableBytes out) override {
    std::size_t count = 0;
    while (count == 0 && !ended_) {
      open();
      if (ended_) break;
      attempt([&] { count = body_->read(out); });
      if (!body_) continue;  // the read failed, and another try is left
      if (count == 0) finish_body();
      if (count > 0) failures_ = 0;
      position_ += count;
      if (total_ && position_ > *total_) throw changed("it is longer than the server said");
    }
    return count;
  }

 private:
  Error changed(std::string_view how) const {
    return Error(reason::kChanged, "GET {}: changed while it was read: {}", request_.url.to_public_text(), how);
  }

  // Runs `step`; a failure that may pass drops the body and pauses, unless no attempt is left.
  template <class Step>
  void attempt(Step&& step) {
    retry_after_.reset();
    try {
      step();
      return;
    } catch (const Error& error) {  // recovers what open_resumable exists for: connections that are cut
      const bool passing = is_passing(error) || passing_status_;
      if (!passing || ++failures_ >= policy_.attempts) throw;
      log::debug("download will be resumed", {{"error", error.what()}, {"position", position_}});
    }
    body_.reset();
    passing_status_ = false;
    clock_.sleep(make_pause(policy_, failures_, retry_after_), stop_);
  }

  void open_once() {
    HttpRequest request = request_;
    if (position_ > 0) {
      request.headers.set("Range", "bytes=" + std::to_string(position_) + "-");
      if (!etag_.empty()) request.headers.set("If-Range", etag_);
    }
    HttpResponse response = client_.send(request, stop_);
    if (response.status == 200) return take_whole(std::move(response));
    if (response.status == 206 && position_ > 0) return take_part(std::move(response));
    if (response.status == 416 && position_ > 0 && is_at_end(response)) {
      ended_ = true;
      return;
    }
    passing_status_ = net::is_passing(response.status);
    retry_after_ = find_retry_after(response.headers, clock_.wall());
    throw http_status_error("GET", response);
  }

  bool is_at_end(const HttpResponse& response) const {
    const auto range = find_content_range(response.headers);
    return range && range->total == position_;
  }

  // The server sends all of it: because nothing less was asked, or because it knows no ranges.
  void take_whole(HttpResponse response) {
    const auto length = response.headers.find("Content-Length");
    check_same(response.headers, length ? parse_number(*length) : std::nullopt);
    if (position_ > 0) skip(*response.body, position_);
    body_ = std::move(response.body);
  }

  void take_part(HttpResponse response) {
    const auto range = find_content_range(response.headers);
    if (!range || range->first != position_) {
      throw Error(reason::kHttpProtocol, "GET {}: the server sent another range than was asked for",
                  response.url.to_public_text());
    }
    check_same(response.headers, range->total);
    body_ = std::move(response.body);
  }

  void check_same(const Headers& headers, std::optional<std::uint64_t> total) {
    std::string etag = headers.find("ETag").value_or("");
    if (!etag.starts_with('"')) etag.clear();  // a weak one does not promise equal bytes
    if (!etag_.empty() && !etag.empty() && etag != etag_) throw changed("its ETag is another");
    if (total_ && total && *total != *total_) throw changed("its size is another");
    if (!etag.empty()) etag_ = std::move(etag);
    if (total) total_ = total;
  }

  void skip(Source& body, std::uint64_t count) {
    std::vector<std::byte> scratch(64 * 1024);
    while (count > 0) {
      const std::size_t got = body.read(MutableBytes(scratch).first(std::min<std::uint64_t>(count, scratch.size())));
      if (got == 0) throw changed("it is shorter than what was read before");
      count -= got;
    }
  }

  // The body ended in order; a part may still be shorter than the rest that was asked for.
  void finish_body() {
    body_.reset();
    if (!total_ || position_ >= *total_) {
      ended_ = true;
      return;
    }
    attempt([this] {
      throw Error(reason::kConnectionLost, "GET {}: the server sent only {} of {} bytes", request_.url.to_public_text(),
                  position_, *total_);
    });
  }

  HttpClient& client_;
  HttpRequest request_;
  std::uint64_t position_;  // of the next byte to deliver
  RetryPolicy policy_;
  Clock& clock_;
  std::stop_token stop_;
  std::unique_ptr<Source> body_;
  std::string etag_;  // strong, or empty
  std::optional<std::uint64_t> total_;
  std::optional<milliseconds> retry_after_;
  int failures_ = 0;  // in a row, without a new byte
  bool passing_status_ = false;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<Source> open_resumable(HttpClient& client, HttpRequest request, std::uint64_t offset,
                                       const RetryPolicy& policy, Clock& clock, std::stop_token stop) {
  auto source = std::make_unique<ResumableSource>(client, std::move(request), offset, policy, clock, std::move(stop));
  source->open();
  return source;
}

}  // namespace cairn::net
