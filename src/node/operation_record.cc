// SPDX-License-Identifier: Apache-2.0
#include "node/operation_record.h"

#include "core/file.h"
#include "core/text.h"
#include "node/health_record.h"
#include "node/reasons.h"

#include <fmt/core.h>

#include <limits>

namespace cairn::node {
namespace {

constexpr std::uint64_t kFormat = 1;
constexpr std::size_t kMaxRecord = 64 * 1024;
constexpr std::uint64_t kMaxCount = std::numeric_limits<std::int64_t>::max();
constexpr std::pair<OperationRecord::Outcome, std::string_view> kOutcomes[] = {
    {OperationRecord::Outcome::running, "running"},
    {OperationRecord::Outcome::done, "done"},
    {OperationRecord::Outcome::failed, "failed"}};

OperationRecord::Outcome parse_outcome(const JsonCursor& outcome) {
  for (const auto& [known, name] : kOutcomes) {
    if (outcome.text() == name) return known;
  }
  throw outcome.error("neither running, done nor failed");
}

json::value to_json(const std::optional<OperationRecord::Bytes>& bytes) {
  if (!bytes) return nullptr;
  return json::object{{"done", bytes->done}, {"total", bytes->total ? json::value(*bytes->total) : json::value()}};
}

json::value to_json(const std::optional<OperationRecord::Failure>& failure) {
  if (!failure) return nullptr;
  return json::object{{"code", failure->code}, {"message", failure->message}, {"remedy", failure->remedy}};
}

std::optional<OperationRecord::Bytes> parse_bytes(const JsonCursor& root) {
  const auto bytes = root.find("bytes");
  if (!bytes) return std::nullopt;
  const auto total = bytes->find("total");
  return OperationRecord::Bytes{.done = bytes->at("done").count(kMaxCount),
                                .total = total ? std::optional(total->count(kMaxCount)) : std::nullopt};
}

std::optional<OperationRecord::Failure> parse_failure(const JsonCursor& root) {
  const auto failure = root.find("error");
  if (!failure) return std::nullopt;
  return OperationRecord::Failure{.code = failure->at("code").text(),
                                  .message = failure->at("message").text(),
                                  .remedy = failure->at("remedy").text()};
}

std::optional<OperationRecord> find_in(const std::filesystem::path& path) {
  try {
    return parse_operation(read_file(path, kMaxRecord), path.string());
  } catch (const Error& error) {  // no record is an answer, too
    if (error.kind() == ErrorKind::not_found) return std::nullopt;
    throw;
  }
}

}  // namespace

std::string_view to_string(OperationState state) {
  switch (state) {
    case OperationState::running: return "running";
    case OperationState::interrupted: return "interrupted";
    case OperationState::done: return "done";
    case OperationState::failed: return "failed";
  }
  return "";
}

json::object to_json(const OperationRecord& record) {
  std::string_view outcome;
  for (const auto& [known, name] : kOutcomes) {
    if (record.outcome == known) outcome = name;
  }
  return {{"format", kFormat},
          {"operation", record.operation},
          {"image", record.image},
          {"phase", record.phase},
          {"bytes", to_json(record.bytes)},
          {"pid", record.pid},
          {"processStart", record.process_start},
          {"bootId", record.boot_id},
          {"started", record.started},
          {"updated", record.updated},
          {"outcome", outcome},
          {"error", to_json(record.failure)},
          {"warnings", json::array(record.warnings.begin(), record.warnings.end())}};
}

OperationRecord parse_operation(std::string_view text, std::string_view name) {
  json::value document;
  try {
    document = parse_json(text, name);
  } catch (const Error& error) {  // recovers nothing: whose document it is decides the code
    throw Error(reason::kBadOperation, "{}", error.what());
  }
  const JsonCursor root(document, name, reason::kBadOperation);
  const JsonCursor format = root.at("format");
  if (format.count(kMaxCount) != kFormat) throw format.error("this version of Cairn reads format 1 only");
  OperationRecord record{.operation = root.at("operation").text(),
                         .image = root.at("image").text(),
                         .phase = root.at("phase").text(),
                         .bytes = parse_bytes(root),
                         .pid = root.at("pid").count(kMaxCount),
                         .process_start = root.at("processStart").count(kMaxCount),
                         .boot_id = root.at("bootId").text(),
                         .started = root.at("started").text(),
                         .updated = root.at("updated").text(),
                         .outcome = parse_outcome(root.at("outcome")),
                         .failure = parse_failure(root)};
  for (const JsonCursor& warning : root.at("warnings").items()) record.warnings.push_back(warning.text());
  return record;
}

std::optional<OperationRecord> find_operation(const OperationPaths& paths) {
  auto found = find_in(paths.volatile_file);
  return found ? found : find_in(paths.durable_file);
}

std::optional<std::uint64_t> find_process_start(std::uint64_t pid, const OperationPaths& paths) {
  constexpr std::size_t kMaxStat = 4096;
  constexpr std::size_t kStartAfterName = 19;  // proc(5): field 22, where the name is field 2
  std::string text;
  try {
    text = read_file(paths.proc / std::to_string(pid) / "stat", kMaxStat);
  } catch (const Error&) {  // recovers: it ended
    return std::nullopt;
  }
  const std::size_t name_end = text.rfind(") ");
  if (name_end == std::string::npos) return std::nullopt;
  const auto fields = split(std::string_view(text).substr(name_end + 2), ' ');
  return fields.size() > kStartAfterName ? parse_number(fields[kStartAfterName]) : std::nullopt;
}

OperationState state_of(const OperationRecord& record, const OperationPaths& paths) {
  switch (record.outcome) {
    case OperationRecord::Outcome::done: return OperationState::done;
    case OperationRecord::Outcome::failed: return OperationState::failed;
    case OperationRecord::Outcome::running: break;
  }
  const bool lives = record.boot_id == get_boot_id(paths.boot_id) &&
                     find_process_start(record.pid, paths) == std::optional(record.process_start);
  return lives ? OperationState::running : OperationState::interrupted;
}

}  // namespace cairn::node
