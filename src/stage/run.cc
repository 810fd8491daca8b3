// SPDX-License-Identifier: Apache-2.0
#include "stage/run.h"

#include "core/text.h"
#include "stage/reasons.h"

#include <algorithm>

namespace cairn::stage {
namespace {

constexpr std::size_t kMaxDocuments = 10'000;
constexpr std::size_t kMaxDepth = 32;
// What was given when the medium was built (docs/formats/media.md).
constexpr std::string_view kMediumPath = "/run/initramfs/live/cloud-config";

bool is_url(std::string_view path) { return path.starts_with("http://") || path.starts_with("https://"); }
bool is_document_name(std::string_view name) { return name.ends_with(".yaml") || name.ends_with(".yml"); }

Document unreadable(const std::string& source, const Error& error) {
  Document document{.source = source, .name = source, .is_config = true};
  document.findings.push_back({.stage = "", .finding = make_error(error)});
  return document;
}

class Loader {
 public:
  Loader(const Root& root, Fetcher& fetcher) : root_(root), fetcher_(fetcher) {}

  std::vector<Document> load(const std::string& path) {
    guard(path, [&] {
      if (is_url(path)) {
        documents_.push_back(parse_document(fetcher_.fetch(path, kMaxDocument), path));
      } else if (!path.starts_with('/')) {
        throw Error(reason::kBadConfig, "{} is neither an absolute path nor a URL", printable(path));
      } else if (root_.is_directory(path)) {
        load_directory(path, 1);
      } else {
        load_file(path);
      }
    });
    return std::move(documents_);
  }

 private:
  // A document that can't be read is a finding, and the others are read.
  template <class Body>
  void guard(const std::string& source, Body&& body) {
    try {
      body();
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::canceled) throw;
      documents_.push_back(unreadable(source, error));
    }
  }

  void load_directory(const std::string& path, std::size_t depth) {
    if (depth > kMaxDepth) throw Error(reason::kBadConfig, "{} is nested deeper than {} folders", path, kMaxDepth);
    for (const std::string& name : root_.list(path)) {
      const std::string entry = path.ends_with('/') ? path + name : path + "/" + name;
      guard(entry, [&] {
        if (root_.is_directory(entry)) {
          load_directory(entry, depth + 1);
        } else if (is_document_name(name)) {
          load_file(entry);
        }
      });
    }
  }

  void load_file(const std::string& path) {
    if (documents_.size() >= kMaxDocuments) throw Error(reason::kBadConfig, "more than {} documents", kMaxDocuments);
    if (const auto text = root_.find_file(path, kMaxDocument)) documents_.push_back(parse_document(*text, path));
  }

  const Root& root_;
  Fetcher& fetcher_;
  std::vector<Document> documents_;
};

// Of a document that has to be fetched, once: the network costs time, and the answer could change between stages.
class Documents {
 public:
  Documents(const StageSpec& spec, const KernelWords& words, const StageTools& tools)
      : words_(words), tools_(tools), paths_(standing_paths()) {
    if (gather_facts(tools.root).mode == "live") paths_.emplace_back(kMediumPath);
    paths_.insert(paths_.end(), spec.paths.begin(), spec.paths.end());
    paths_.insert(paths_.end(), words.setup.begin(), words.setup.end());
  }

  std::vector<Document> load() {
    std::vector<Document> all;
    for (const std::string& path : paths_) {
      if (is_url(path) && !fetched_.contains(path)) fetched_[path] = load_documents(path, tools_.root, tools_.fetcher);
      std::vector<Document> some = is_url(path) ? fetched_[path] : load_documents(path, tools_.root, tools_.fetcher);
      std::move(some.begin(), some.end(), std::back_inserter(all));
    }
    if (!words_.document.empty()) all.push_back(parse_document(words_.document, "kernel words"));
    return all;
  }

 private:
  const KernelWords& words_;
  const StageTools& tools_;
  std::vector<std::string> paths_;
  std::map<std::string, std::vector<Document>> fetched_;
};

StepResult describe(const StagePlan& plan, const PlannedStep& step) {
  StepResult result{.id = step.id, .stage = plan.stage, .document = step.document, .skip = step.skip};
  if (!step.skip.empty()) result.outcome = StepResult::Outcome::skipped;
  return result;
}

void add_once(Findings& all, Finding finding) {
  const bool known =
      std::any_of(all.begin(), all.end(), [&](const Finding& other) { return other.text == finding.text; });
  if (!known) all.push_back(std::move(finding));
}

void add_warnings(Findings& all, const std::vector<Document>& documents) {
  for (const Document& document : documents) {
    for (Finding& finding : document.all_findings()) {
      if (finding.severity == Finding::Severity::warning) add_once(all, std::move(finding));
    }
  }
}

// A stage that nobody wrote steps for is most often a misspelt one.
void warn_of_name(StageReport& report) {
  const auto& known = known_stages();
  if (!report.steps.empty() || std::find(known.begin(), known.end(), report.stage) != known.end()) return;
  const auto near = nearest(report.stage, known);
  report.findings.push_back(
      make_warning(Error(reason::kBadConfig, "no document has steps for a stage \"{}\"{}", printable(report.stage),
                         near ? fmt::format("; did you mean \"{}\"?", *near) : "")));
}

}  // namespace

bool StageReport::failed() const {
  return std::any_of(steps.begin(), steps.end(),
                     [](const StepResult& step) { return step.outcome == StepResult::Outcome::failed; }) ||
         std::any_of(findings.begin(), findings.end(),
                     [](const Finding& finding) { return finding.severity == Finding::Severity::error; });
}

const std::vector<std::string>& standing_paths() {
  static const std::vector<std::string> kPaths = {"/system/oem", "/oem", "/usr/local/cloud-config"};
  return kPaths;
}

std::vector<Document> load_documents(const std::string& path, const Root& root, Fetcher& fetcher) {
  return Loader(root, fetcher).load(path);
}

StageReport run_stage(const StageSpec& spec, const StageTools& tools,
                      const std::function<void(const StepResult&)>& on_step) {
  const KernelWords words = parse_kernel_words(spec.command_line);
  const DatasourceRule rule{.always = words.always_datasource, .never = words.no_datasource};
  StageReport report{.stage = spec.stage, .steps = {}, .findings = words.findings};
  Documents source(spec, words, tools);
  for (const char* suffix : {".before", "", ".after"}) {
    const std::vector<Document> documents = source.load();
    const Facts facts = gather_facts(tools.root);
    const StagePlan plan = plan_stage(documents, spec.stage + suffix, facts);
    add_warnings(report.findings, documents);
    for (const Finding& finding : plan.findings) add_once(report.findings, finding);
    for (const PlannedStep& step : plan.steps) {
      report.steps.push_back(spec.act == StageSpec::Act::run ? apply_step(plan, step, facts, rule, tools)
                                                             : describe(plan, step));
      if (on_step) on_step(report.steps.back());
    }
  }
  warn_of_name(report);
  return report;
}

json::object to_json(const Finding& finding) {
  return {{"severity", to_string(finding.severity)},
          {"code", finding.reason->code},
          {"message", finding.text},
          {"remedy", finding.remedy}};
}

json::object to_json(const StageReport& report) {
  const auto list_of = [](const Findings& findings) {
    json::array list;
    for (const Finding& finding : findings) list.push_back(to_json(finding));
    return list;
  };
  json::array steps;
  for (const StepResult& step : report.steps) {
    steps.push_back(json::object{{"id", step.id},
                                 {"stage", step.stage},
                                 {"document", step.document},
                                 {"outcome", to_string(step.outcome)},
                                 {"skip", step.skip},
                                 {"notes", json::array(step.notes.begin(), step.notes.end())},
                                 {"problems", list_of(step.problems)}});
  }
  return {{"stage", report.stage},
          {"failed", report.failed()},
          {"steps", std::move(steps)},
          {"findings", list_of(report.findings)}};
}

}  // namespace cairn::stage
