// SPDX-License-Identifier: Apache-2.0
// Power cuts and errors at every act of every transaction. `crash_test --retell "FLOW end=.. journal=.. sectors=..
// metadata=.."` tells one state again.
#include "core/text.h"
#include "defects.h"
#include "explorer.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace cairn::crash {
namespace {

bool full() { return std::getenv("CAIRN_TEST_FULL") != nullptr; }

Depth depth() { return full() ? Depth{.crash_again = 5, .subsets = 8} : Depth{.crash_again = 40, .subsets = 4}; }

// As GoogleTest wants names to be.
std::string readable(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

void expect_none(const Findings& findings) {
  for (const std::string& violation : findings.violations) ADD_FAILURE() << violation;
}

// Over all of them, so that a run tells how much it has seen.
Findings& total() {
  static Findings findings;
  return findings;
}

class SeenEnough : public ::testing::Environment {
 public:
  void TearDown() override {
    std::printf("in all: %zu distinct states, %zu gone on from, %zu of a second crash\n", total().states,
                total().resumed, total().again);
    const bool everything = ::testing::GTEST_FLAG(filter) == "*";
    if (everything) {
      EXPECT_GE(total().states, full() ? 5'000U : 1'500U);
    }
  }
};

class EveryFlow : public ::testing::TestWithParam<std::string> {};

TEST_P(EveryFlow, SurvivesPowerCuts) {
  const Findings findings = explore_power_cuts(flow_named(GetParam()), {}, depth());
  expect_none(findings);
  EXPECT_GT(findings.states, 1U);
  std::printf("%s: %zu states, %zu gone on from, %zu of a second crash\n", GetParam().c_str(), findings.states,
              findings.resumed, findings.again);
  total().add(findings);
}

TEST_P(EveryFlow, SurvivesErrors) {
  for (const int error_number : {EIO, ENOSPC}) {
    const Findings findings = explore_errors(flow_named(GetParam()), error_number, depth());
    expect_none(findings);
    EXPECT_GT(findings.states, 0U);
    total().add(findings);
  }
}

INSTANTIATE_TEST_SUITE_P(Crash, EveryFlow,
                         ::testing::Values("install", "upgrade", "bless", "fallback", "rollback",
                                           "upgrade-after-rollback", "request", "upgrade-recovery", "ask-for-reset",
                                           "forget-reset", "reset", "first-start"),
                         [](const auto& instance) { return readable(instance.param); });

class EveryDefect : public ::testing::TestWithParam<std::size_t> {};

TEST_P(EveryDefect, IsFound) {
  const Defect& defect = defects()[GetParam()];
  Depth depth{.resume = false, .max_violations = 1};
  const Findings findings = explore_power_cuts(flow_named(defect.flow), defect.conditions, depth);
  ASSERT_FALSE(findings.violations.empty()) << defect.name << " was not noticed in " << findings.states << " states";
  std::printf("%s: %s\n", defect.name.c_str(), findings.violations.front().c_str());
}

INSTANTIATE_TEST_SUITE_P(Harness, EveryDefect, ::testing::Range(std::size_t{0}, defects().size()),
                         [](const auto& instance) { return readable(defects()[instance.param].name); });

// "FLOW end=5 journal=1 sectors=3e8 metadata=0", as violations begin.
std::pair<std::string, testing::CrashChoice> parse_line(const std::string& line) {
  const auto words = split(line, ' ');
  testing::CrashChoice choice;
  for (const std::string& word : words) {
    const std::size_t sign = word.find('=');
    if (sign == std::string::npos) continue;
    const std::string name = word.substr(0, sign);
    const bool decimal = name == "end" || name == "journal";
    const std::uint64_t value = std::stoull(word.substr(sign + 1), nullptr, decimal ? 10 : 16);
    if (name == "end") choice.end = value;
    if (name == "journal") choice.journal = static_cast<unsigned>(value);
    if (name == "sectors") choice.sectors = value;
    if (name == "metadata") choice.metadata = value;
  }
  return {words.front(), choice};
}

int retell_line(const std::string& line) {
  const auto [flow, choice] = parse_line(line);
  std::printf("%s", retell(flow_named(flow), choice).c_str());
  return 0;
}

// What the loader finds, as directories, and on standard output what the oracle says that it starts.
int export_line(const std::filesystem::path& directory, const std::string& line) {
  const auto [flow, choice] = parse_line(line);
  const CrashState state = run_flow(flow_named(flow), {}).recording->state(choice);
  for (const auto& [place, name] :
       {std::pair(Place::esp, "esp"), {Place::state, "state"}, {Place::recovery, "recovery"}}) {
    testing::write_tree(directory / name, state.loader.trees().at(place));
  }
  const testing::Boot boot = testing::boot_of(state.loader);
  const std::string image = testing::image_of(boot, state.loader, state.system);
  std::printf("%s\n%s\n", boot.to_text().c_str(), image.c_str());
  return 0;
}

}  // namespace
}  // namespace cairn::crash

int main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "--retell") return cairn::crash::retell_line(argv[2]);
  if (argc == 4 && std::string(argv[1]) == "--export") return cairn::crash::export_line(argv[2], argv[3]);
  // Nothing here depends on what the directories lie on, and thousands of flushes take their time on a disk.
  if (::access("/dev/shm", W_OK) == 0) ::setenv("TMPDIR", "/dev/shm", 1);
  testing::InitGoogleTest(&argc, argv);
  testing::AddGlobalTestEnvironment(new cairn::crash::SeenEnough);  // GoogleTest owns it
  return RUN_ALL_TESTS();
}
