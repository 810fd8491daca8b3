// SPDX-License-Identifier: Apache-2.0
#include "stage/document.h"

#include "core/text.h"
#include "stage/cloud_config.h"
#include "stage/fields.h"
#include "stage/reasons.h"

namespace cairn::stage {
namespace {

constexpr std::string_view kPlainMark = "#cloud-config";

// Keys beside `stages` that other programs read from the same document.
bool belongs_to_others(std::string_view key) {
  return key == "elemental" || key == "rancherd" || key == "rancheros" || key == "rancher" || key == "cairn";
}

std::string without_suffix(std::string_view stage) {
  for (const std::string_view suffix : {".before", ".after"}) {
    if (stage.ends_with(suffix)) stage.remove_suffix(suffix.size());
  }
  return std::string(stage);
}

class DocumentReader {
 public:
  DocumentReader(std::string_view text, std::string_view source) : text_(text) {
    document_.source = source;
    document_.name = source;
  }

  Document read() {
    const bool plain = is_plain_cloud_config(text_);
    document_.is_config = plain;
    try {
      const Yaml root = parse_yaml(text_, document_.source, {.max_bytes = kMaxDocument});
      if (root.is_null()) return std::move(document_);
      read_root(root, plain);
    } catch (const Error& error) {  // a bad document is a finding, and the others go on
      add("", make_error(error));
    }
    return std::move(document_);
  }

 private:
  void add(const std::string& stage, Finding finding) {
    document_.findings.push_back({.stage = stage, .finding = std::move(finding)});
  }

  void read_root(const Yaml& root, bool plain) {
    const Yaml* stages = root.find("stages");
    document_.is_config = plain || stages != nullptr;
    if (const Yaml* name = root.find("name"); name != nullptr && !name->is_null()) document_.name = read_filled(*name);
    if (plain) {
      read_plain_cloud_config(root, document_);
    } else {
      for (const auto& [key, value] : root.members()) {
        if (key == "name" || key == "stages" || belongs_to_others(key)) continue;
        if (document_.is_config) add("", make_warning(root.unknown_key(key, {"name", "stages"})));
      }
    }
    if (stages != nullptr && !stages->is_null()) read_stages(*stages);
  }

  void read_stages(const Yaml& stages) {
    for (const auto& [stage, steps] : stages.members()) {
      check_stage_name(stage, steps);
      if (steps.is_null()) continue;
      try {
        for (const Yaml& step : steps.items()) read_one(stage, step);
      } catch (const Error& error) {  // no list: the other stages are not concerned
        add(stage, make_error(error));
      }
    }
  }

  void read_one(const std::string& stage, const Yaml& value) {
    Findings findings;
    bool runs = true;
    try {
      Step step = read_step(value, findings);
      document_.stages[stage].push_back(std::move(step));
    } catch (const Error& error) {  // the step is left out, and the others go on
      add(stage, make_error(error));
      runs = false;
    }
    for (Finding& finding : findings) {
      document_.findings.push_back({.stage = stage, .finding = std::move(finding), .of_step = runs});
    }
  }

  void check_stage_name(const std::string& stage, const Yaml& where) {
    const auto& known = known_stages();
    const std::string base = without_suffix(stage);
    if (std::find(known.begin(), known.end(), base) != known.end()) return;
    const auto near = nearest(base, known);
    add(stage, make_warning(where.error(fmt::format("no stage \"{}\" runs by itself{}", printable(stage, 64),
                                                    near ? fmt::format("; did you mean \"{}\"?", *near) : ""))));
  }

  std::string_view text_;
  Document document_;
};

std::vector<std::string> make_known_stages() {
  std::vector<std::string> stages = {"pre-rootfs", "rootfs",  "initramfs", "fs",
                                     "boot",       "network", "reconcile", "default"};
  for (const std::string action : {"install", "upgrade", "reset", "disk"}) {
    stages.push_back("before-" + action);
    stages.push_back("after-" + action + "-chroot");
    stages.push_back("after-" + action);
    stages.push_back("post-" + action);
  }
  return stages;
}

}  // namespace

const std::vector<std::string>& known_stages() {
  static const std::vector<std::string> kStages = make_known_stages();
  return kStages;
}

bool is_plain_cloud_config(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trim(text.substr(0, end));
    if (!line.empty()) return line == kPlainMark;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return false;
}

Document parse_document(std::string_view text, std::string_view source) { return DocumentReader(text, source).read(); }

Findings Document::errors_for(std::string_view stage) const {
  Findings errors;
  for (const StageFinding& found : findings) {
    if (found.of_step || found.finding.severity != Finding::Severity::error) continue;
    if (found.stage.empty() || found.stage == stage) errors.push_back(found.finding);
  }
  return errors;
}

Findings Document::all_findings() const {
  Findings all;
  for (const StageFinding& found : findings) all.push_back(found.finding);
  return all;
}

}  // namespace cairn::stage
