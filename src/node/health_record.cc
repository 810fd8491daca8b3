// SPDX-License-Identifier: Apache-2.0
#include "node/health_record.h"

#include "core/file.h"
#include "core/text.h"
#include "node/reasons.h"

namespace cairn::node {
namespace {

constexpr std::uint64_t kFormat = 1;
constexpr std::size_t kMaxBootId = 128;
constexpr std::size_t kMaxRecord = 4 << 20;  // a thousand checks that all printed what they may

GateAct parse_act(const JsonCursor& act) {
  const std::string text = act.text();
  for (const GateAct known : {GateAct::none, GateAct::blessed, GateAct::given_up}) {
    if (text == to_string(known)) return known;
  }
  throw act.error("neither none, blessed nor given-up");
}

boot::SnapshotNumber parse_snapshot(const JsonCursor& number) {
  return static_cast<boot::SnapshotNumber>(number.count(boot::kMaxSnapshot));
}

FallbackRecord parse_fallback(const JsonCursor& fallback) {
  return {.from = parse_snapshot(fallback.at("from")),
          .to = parse_snapshot(fallback.at("to")),
          .digest = fallback.at("digest").text(),
          .refused = fallback.at("refused").boolean(),
          .when = fallback.at("when").text(),
          .why = fallback.at("why").text()};
}

bool parse_verdict(const JsonCursor& verdict) {
  const std::string text = verdict.text();
  if (text == "good") return true;
  if (text == "bad") return false;
  throw verdict.error("neither good nor bad");
}

}  // namespace

std::string_view to_string(GateAct act) {
  switch (act) {
    case GateAct::none: return "none";
    case GateAct::blessed: return "blessed";
    case GateAct::given_up: return "given-up";
  }
  return "";
}

std::string get_boot_id(const std::filesystem::path& path) { return std::string(trim(read_file(path, kMaxBootId))); }

json::object to_json(const CheckResult& check) {
  return {{"name", check.name},         {"outcome", to_string(check.outcome)},
          {"attempts", check.attempts}, {"durationMs", check.duration.count()},
          {"why", check.why},           {"output", check.output}};
}

json::object to_json(const FallbackRecord& fallback) {
  return {{"from", fallback.from},       {"to", fallback.to},     {"digest", fallback.digest},
          {"refused", fallback.refused}, {"when", fallback.when}, {"why", fallback.why}};
}

json::object to_json(const HealthRecord& record, const HealthReport& report) {
  json::array checks;
  for (const CheckResult& check : report.checks) checks.push_back(to_json(check));
  return {{"format", kFormat},
          {"bootId", record.boot_id},
          {"when", record.when},
          {"snapshot", record.snapshot},
          {"digest", record.digest},
          {"verdict", record.healthy ? "good" : "bad"},
          {"why", record.why},
          {"act", to_string(record.act)},
          {"actWhy", record.act_why},
          {"fallback", record.fallback ? json::value(to_json(*record.fallback)) : json::value(nullptr)},
          {"durationMs", report.duration.count()},
          {"checks", std::move(checks)}};
}

HealthRecord parse_health_record(std::string_view text, std::string_view name) {
  json::value document;
  try {
    document = parse_json(text, name);
  } catch (const Error& error) {  // recovers nothing: whose document it is decides the code
    throw Error(reason::kBadHealthRecord, "{}", error.what());
  }
  const JsonCursor root(document, name, reason::kBadHealthRecord);
  root.at("format").count(kFormat);
  const auto fallback = root.find("fallback");
  return {.boot_id = root.at("bootId").text(),
          .when = root.at("when").text(),
          .snapshot = parse_snapshot(root.at("snapshot")),
          .digest = root.at("digest").text(),
          .healthy = parse_verdict(root.at("verdict")),
          .why = root.at("why").text(),
          .act = parse_act(root.at("act")),
          .act_why = root.at("actWhy").text(),
          .fallback = fallback ? std::optional(parse_fallback(*fallback)) : std::nullopt};
}

std::optional<HealthRecord> find_health_record(const std::filesystem::path& path) {
  std::string text;
  try {
    text = read_file(path, kMaxRecord);
  } catch (const Error& error) {  // no record is an answer, too
    if (error.kind() == ErrorKind::not_found) return std::nullopt;
    throw;
  }
  return parse_health_record(text, path.string());
}

}  // namespace cairn::node
