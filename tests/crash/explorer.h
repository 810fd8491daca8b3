// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "flows.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace cairn::crash {

// One state of a disk after a power cut: as the loader finds it, and as a system does that mounts it.
struct CrashState {
  testing::TreesView loader;
  testing::TreesView system;
};

// A run of a flow as its acts, and the states of the disk that a power cut at any of them may leave.
class Recording {
 public:
  Recording(const Trees& start, const std::vector<testing::EffectRecord>& records);

  std::size_t size() const { return records_.size(); }
  const std::vector<testing::EffectRecord>& records() const { return records_; }
  CrashState state(const testing::CrashChoice& choice) const;
  // Acts before which the commit has surely not happened, and from which on it surely has.
  std::pair<std::size_t, std::size_t> commit(bool last) const;

 private:
  std::vector<testing::EffectRecord> records_;
  std::map<Place, testing::ModelVolume> volumes_;
};

// Records name paths in a directory made for one run; here they get names that are the same in every run.
std::vector<testing::EffectRecord> moved_records(const std::vector<testing::EffectRecord>& records, const World& world);

// What is different in a run: a defect built into the transaction's acts, or an error at one of them.
struct Conditions {
  std::function<std::unique_ptr<Effects>(Effects&)> defect = nullptr;
  testing::Fault fault = {};
  std::function<void(Machine&)> act = nullptr;  // instead of the flow's
};

// Runs a flow once. `failed` tells whether it ended with an error, which only a fault may cause.
struct Run {
  std::shared_ptr<Recording> recording;
  bool failed = false;
};
Run run_flow(const Flow& flow, const Conditions& conditions);

struct Findings {
  std::size_t states = 0;               // distinct ones that were judged
  std::size_t resumed = 0;              // of these, on how many the node went on to the end
  std::size_t again = 0;                // states of a second crash, while it went on
  std::vector<std::string> violations;  // each with the line that makes it again

  void add(const Findings& other);
};

struct Depth {
  bool resume = true;           // go on after each crash, and look at the end
  std::size_t crash_again = 0;  // on every n-th of them, crash while going on; 0 = on none
  std::size_t subsets = 3;      // of what is open, how many besides none, all and halves
  std::size_t max_violations = 20;
};

// Power cuts at every act of a flow, each with what may or may not have reached the disk.
Findings explore_power_cuts(const Flow& flow, const Conditions& conditions, const Depth& depth);
// An error instead of every act, then a power cut, then the flow again without.
Findings explore_errors(const Flow& flow, int error_number, const Depth& depth);
// One state again, told in full: "flow end=... journal=... sectors=... metadata=...".
std::string retell(const Flow& flow, const testing::CrashChoice& choice);

}  // namespace cairn::crash
