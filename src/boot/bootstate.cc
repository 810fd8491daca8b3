// SPDX-License-Identifier: Apache-2.0
#include "boot/bootstate.h"

#include "boot/env_block.h"
#include "boot/reasons.h"
#include "core/text.h"

#include <algorithm>

namespace cairn::boot {
namespace {

constexpr std::string_view kNames[] = {"seq", "active", "passives", "tries", "verdict", "recovery", "once", "end"};
// Between "once" and "end", and only while there is a reset to do: older programs read all other states.
constexpr std::string_view kReset = "reset";
constexpr std::string_view kAsked = "asked";
constexpr std::string_view kTrying = "trying";
constexpr std::string_view kGood = "good";
constexpr std::string_view kRecovery = "recovery";

// A number as we write it: without leading zeros, within the bounds.
std::optional<std::uint32_t> parse_bounded(std::string_view text, std::uint32_t min, std::uint32_t max) {
  const auto number = parse_number(text);
  if (!number || *number < min || *number > max || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

std::optional<std::vector<SnapshotNumber>> parse_passives(std::string_view text) {
  std::vector<SnapshotNumber> numbers;
  if (text.empty()) return numbers;
  for (const std::string& word : split(text, ' ')) {
    const auto number = parse_bounded(word, 1, kMaxSnapshot);
    if (!number) return std::nullopt;
    numbers.push_back(*number);
  }
  return numbers;
}

std::string passives_text(const std::vector<SnapshotNumber>& numbers) {
  std::string text;
  for (const SnapshotNumber number : numbers) text += fmt::format("{}{}", text.empty() ? "" : " ", number);
  return text;
}

// What is wrong with a state, apart from its sequence; empty if nothing is.
std::string problem_of(const BootState& state) {
  const auto bad = [](SnapshotNumber number) { return number < 1 || number > kMaxSnapshot; };
  if (bad(state.active)) return fmt::format("{} is no number of a snapshot", state.active);
  if (state.passives.size() > kMaxPassives) return fmt::format("more than {} passive snapshots", kMaxPassives);
  for (auto it = state.passives.begin(); it != state.passives.end(); ++it) {
    if (bad(*it)) return fmt::format("{} is no number of a snapshot", *it);
    if (*it == state.active || std::find(state.passives.begin(), it, *it) != it) {
      return fmt::format("snapshot {} stands in it twice", *it);
    }
  }
  if (state.tries > kMaxTries) return fmt::format("more than {} tries", kMaxTries);
  if (state.verdict == Verdict::good && state.tries != 0) return "tries left for a snapshot that is good";
  if (state.recovery > kMaxSnapshot) return fmt::format("{} is no number of a snapshot", state.recovery);
  if (state.recovery_once && state.recovery == 0) return "recovery is to start, but there is none";
  if (state.reset_asked && state.recovery == 0) return "recovery is to reset the machine, but there is none";
  return {};
}

}  // namespace

bool BootState::names(SnapshotNumber number) const {
  return active == number || std::find(passives.begin(), passives.end(), number) != passives.end();
}

std::string compose(const BootState& state) {
  std::string problem = problem_of(state);
  if (state.sequence < 1 || state.sequence > kMaxSequence) problem = fmt::format("sequence {}", state.sequence);
  if (!problem.empty()) throw Error(reason::kBadBootState, "composing a boot state: {}", problem);
  const std::string sequence = std::to_string(state.sequence);
  EnvVariables variables = {{"seq", sequence},
                            {"active", std::to_string(state.active)},
                            {"passives", passives_text(state.passives)},
                            {"tries", std::to_string(state.tries)},
                            {"verdict", std::string(state.verdict == Verdict::trying ? kTrying : kGood)},
                            {"recovery", std::to_string(state.recovery)},
                            {"once", std::string(state.recovery_once ? kRecovery : "")},
                            {"end", sequence}};
  if (state.reset_asked) variables.insert(variables.end() - 1, {std::string(kReset), std::string(kAsked)});
  return compose_env_block(variables);
}

std::optional<BootState> parse(std::string_view copy) {
  if (copy.size() != kEnvBlockSize) return std::nullopt;
  auto variables = parse_env_block(copy);
  bool reset_asked = false;
  if (variables && variables->size() == std::size(kNames) + 1) {
    const auto reset = variables->end() - 2;
    if (reset->first != kReset || reset->second != kAsked) return std::nullopt;
    variables->erase(reset);
    reset_asked = true;
  }
  if (!variables || variables->size() != std::size(kNames)) return std::nullopt;
  for (std::size_t i = 0; i < std::size(kNames); ++i) {
    if ((*variables)[i].first != kNames[i]) return std::nullopt;
  }
  const auto value = [&](std::size_t index) -> std::string_view { return (*variables)[index].second; };
  const auto sequence = parse_bounded(value(0), 1, kMaxSequence);
  const auto active = parse_bounded(value(1), 1, kMaxSnapshot);
  auto passives = parse_passives(value(2));
  const auto tries = parse_bounded(value(3), 0, kMaxTries);
  const auto recovery = parse_bounded(value(5), 0, kMaxSnapshot);
  const bool known_words = (value(4) == kTrying || value(4) == kGood) && (value(6).empty() || value(6) == kRecovery);
  if (!sequence || !active || !passives || !tries || !recovery || !known_words || value(7) != value(0)) {
    return std::nullopt;
  }
  BootState state{.sequence = *sequence,
                  .active = *active,
                  .passives = std::move(*passives),
                  .tries = *tries,
                  .verdict = value(4) == kTrying ? Verdict::trying : Verdict::good,
                  .recovery = *recovery,
                  .recovery_once = !value(6).empty(),
                  .reset_asked = reset_asked};
  if (!problem_of(state).empty()) return std::nullopt;
  return state;
}

const BootState* Copies::current() const {
  if (b && (!a || b->sequence > a->sequence)) return &*b;
  return a ? &*a : nullptr;
}

CopyName Copies::older() const {
  return current() != nullptr && current() == (a ? &*a : nullptr) ? CopyName::b : CopyName::a;
}

bool Copies::names(SnapshotNumber number) const { return (a && a->names(number)) || (b && b->names(number)); }

}  // namespace cairn::boot
