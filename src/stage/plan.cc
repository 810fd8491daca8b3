// SPDX-License-Identifier: Apache-2.0
#include "stage/plan.h"

#include "core/text.h"
#include "stage/conditions.h"
#include "stage/reasons.h"

#include <functional>
#include <queue>
#include <set>

namespace cairn::stage {
namespace {

// Steps as a graph: those that wait for a step, and for how many each still waits.
class Order {
 public:
  void add(PlannedStep step, const std::vector<std::string>& names, std::size_t document) {
    const std::size_t index = steps_.size();
    for (const std::string& name : names) by_name_[name].insert(index);
    steps_.push_back(std::move(step));
    documents_.push_back(document);
  }

  std::vector<PlannedStep> sort(Findings& findings) {
    connect(findings);
    for (std::size_t index = 0; index < steps_.size(); ++index) {
      if (waits_[index] == 0 && !held_.contains(index)) ready_.push(index);
    }
    std::vector<PlannedStep> sorted;
    std::vector<bool> done(steps_.size());
    std::size_t first_left = 0;
    while (sorted.size() < steps_.size()) {
      if (ready_.empty()) release(first_left, done, findings);
      const std::size_t index = ready_.top();
      ready_.pop();
      if (done[index]) continue;
      done[index] = true;
      for (const std::size_t waiter : waiters_[index]) {
        if (--waits_[waiter] == 0 && !held_.contains(waiter)) ready_.push(waiter);
      }
      sorted.push_back(std::move(steps_[index]));
    }
    return sorted;
  }

 private:
  void connect(Findings& findings) {
    waiters_.resize(steps_.size());
    waits_.resize(steps_.size());
    for (std::size_t index = 0; index < steps_.size(); ++index) {
      const Step& step = steps_[index].step;
      if (step.after.empty()) {
        if (index > 0 && documents_[index - 1] == documents_[index]) wait(index, index - 1);
        continue;
      }
      std::set<std::size_t> before;
      for (const std::string& name : step.after) {
        const auto found = by_name_.find(name);
        if (found == by_name_.end()) {
          held_.insert(index);
          findings.push_back(
              make_error(Error(reason::kBadOrder, "{}: there is no step \"{}\" to run after; it runs last", step.place,
                               printable(name))));
          continue;
        }
        before.insert(found->second.begin(), found->second.end());
      }
      for (const std::size_t other : before) wait(index, other);
    }
  }

  void wait(std::size_t waiter, std::size_t other) {
    waiters_[other].push_back(waiter);
    ++waits_[waiter];
  }

  // Nothing is ready: the steps held back go first, then one of a circle.
  void release(std::size_t& first_left, const std::vector<bool>& done, Findings& findings) {
    for (const std::size_t index : held_) {
      if (waits_[index] != 0) continue;
      held_.erase(index);
      return ready_.push(index);
    }
    while (done[first_left]) ++first_left;
    findings.push_back(
        make_error(Error(reason::kBadOrder, "{}: the step \"{}\" waits for itself through others; it runs last",
                         steps_[first_left].step.place, printable(steps_[first_left].id))));
    held_.erase(first_left);
    ready_.push(first_left);
  }

  std::vector<PlannedStep> steps_;
  std::vector<std::size_t> documents_;
  std::map<std::string, std::set<std::size_t>> by_name_;
  std::vector<std::vector<std::size_t>> waiters_;
  std::vector<std::size_t> waits_;
  std::set<std::size_t> held_;
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready_;
};

// A step is known by its name and by its number; of two with one name the id has the number, too.
struct StepNames {
  std::string id;
  std::vector<std::string> all;
};

StepNames names_of(const Document& document, const Step& step, std::size_t index, bool shared) {
  const std::string numbered = fmt::format("{}.{}", document.name, index);
  if (step.name.empty()) return {numbered, {numbered}};
  const std::string named = fmt::format("{}.{}", document.name, step.name);
  const std::string both = fmt::format("{}.{}", named, index);
  return {shared ? both : named, {numbered, named, both}};
}

}  // namespace

Findings check_order(const Document& document, std::string_view stage) {
  // Names of other documents are known only where these are.
  Document alone = document;
  alone.findings.clear();
  for (Step& step : alone.stages[std::string(stage)]) {
    std::erase_if(step.after, [&](const std::string& name) { return !name.starts_with(document.name + "."); });
  }
  return plan_stage({&alone, 1}, stage, {}).findings;
}

StagePlan plan_stage(std::span<const Document> documents, std::string_view stage, const Facts& facts) {
  StagePlan plan{.stage = std::string(stage)};
  Order order;
  for (std::size_t number = 0; number < documents.size(); ++number) {
    const Document& document = documents[number];
    for (Finding& error : document.errors_for(stage)) plan.findings.push_back(std::move(error));
    const auto found = document.stages.find(std::string(stage));
    if (found == document.stages.end()) continue;
    std::map<std::string, std::size_t> uses;
    for (const Step& step : found->second) ++uses[step.name];
    std::size_t index = 0;
    for (const Step& step : found->second) {
      StepNames names = names_of(document, step, index++, uses[step.name] > 1);
      PlannedStep planned{.step = step, .id = std::move(names.id), .document = document.source};
      planned.skip = find_skip_reason(step.conditions, facts);
      order.add(std::move(planned), names.all, number);
    }
  }
  plan.steps = order.sort(plan.findings);
  return plan;
}

}  // namespace cairn::stage
