// SPDX-License-Identifier: Apache-2.0
#include "k8s/watch_stream.h"

#include "core/text.h"
#include "k8s/api_json.h"
#include "k8s/reasons.h"
#include "k8s/status.h"

#include <fmt/core.h>

#include <span>

namespace cairn::k8s {
namespace {

constexpr std::size_t kReadSize = 64 * 1024;

std::optional<ChangeType> type_of(std::string_view name) {
  if (name == "ADDED") return ChangeType::added;
  if (name == "MODIFIED") return ChangeType::modified;
  if (name == "DELETED") return ChangeType::deleted;
  if (name == "BOOKMARK") return ChangeType::bookmark;
  return std::nullopt;
}

std::string version_of(const json::value& object) {
  const json::value* meta = object.is_object() ? object.get_object().if_contains("metadata") : nullptr;
  const json::value* version =
      meta != nullptr && meta->is_object() ? meta->get_object().if_contains("resourceVersion") : nullptr;
  return version != nullptr && version->is_string() ? std::string(version->get_string()) : "";
}

}  // namespace

WatchStream::WatchStream(std::unique_ptr<Source> body, std::string doing, std::size_t max_line)
    : body_(std::move(body)), doing_(std::move(doing)), max_line_(max_line) {}

std::optional<std::string_view> WatchStream::next_line() {
  while (true) {
    const std::size_t end = buffer_.find('\n', scanned_);
    if (end != std::string::npos) {
      const auto line = std::string_view(buffer_).substr(begin_, end - begin_);
      begin_ = scanned_ = end + 1;
      return line;
    }
    if (begin_ > 0) buffer_.erase(0, std::exchange(begin_, 0));
    scanned_ = buffer_.size();
    if (buffer_.size() > max_line_)
      throw Error(reason::kBadAnswer, "{}: an event of more than {}", doing_, human_size(max_line_));
    buffer_.resize(scanned_ + kReadSize);
    const std::size_t count = body_->read(std::as_writable_bytes(std::span(buffer_).subspan(scanned_)));
    buffer_.resize(scanned_ + count);
    if (count == 0) return std::nullopt;  // a line without its end was cut: what it told comes again
  }
}

std::optional<WatchEvent> WatchStream::next() {
  while (true) {
    const auto line = next_line();
    if (!line) return std::nullopt;
    if (trim(*line).empty()) continue;
    json::value event = parse_api_json(*line, doing_);
    json::value* type = event.is_object() ? event.get_object().if_contains("type") : nullptr;
    json::value* object = event.is_object() ? event.get_object().if_contains("object") : nullptr;
    if (type == nullptr || !type->is_string() || object == nullptr || !object->is_object()) {
      throw Error(reason::kBadAnswer, "{}: a line is no event", doing_);
    }
    if (type->get_string() == "ERROR") throw make_status_error(*object, doing_);
    const auto known = type_of(type->get_string());
    if (!known) continue;
    std::string version = version_of(*object);
    if (version.empty()) throw Error(reason::kBadAnswer, "{}: an event without a resource version", doing_);
    return WatchEvent{*known, std::move(*object), std::move(version)};
  }
}

}  // namespace cairn::k8s
