// SPDX-License-Identifier: Apache-2.0
#include "explorer.h"

#include "boot/reset_request.h"
#include "core/error.h"

#include <algorithm>

namespace cairn::crash {
namespace {

using testing::Boot;
using testing::CrashChoice;

constexpr unsigned kManyBoots = 6;  // more than any flow has tries

std::string image_in(const CrashState& state, const Boot& boot) {
  return testing::image_of(boot, state.loader, state.system);
}

// The loader's write is on both views: FAT has no journal.
void apply_boot(CrashState& state, const Boot& boot) {
  if (!boot.written) return;
  state.loader.tree(Place::esp)[boot.written->first] = boot.written->second;
  state.system.tree(Place::esp)[boot.written->first] = boot.written->second;
}

// What starts when each start fails, again and again: the last of many.
std::string last_image(CrashState state) {
  std::string image;
  for (unsigned i = 0; i < kManyBoots; ++i) {
    const Boot boot = testing::boot_of(state.loader);
    image = image_in(state, boot);
    apply_boot(state, boot);
  }
  return image;
}

// Whether recovery would reset the machine if it started now.
bool resets(const testing::TreesView& disk) {
  const auto copy = [&](const char* name) { return boot::parse(disk.read(Place::esp, name).value_or("")); };
  const boot::Copies copies{.a = copy("cairn/bootstate.a"), .b = copy("cairn/bootstate.b")};
  return copies.current() != nullptr && copies.current()->reset_asked &&
         disk.read(Place::oem, boot::kResetRequestFile).has_value();
}

std::string fingerprint(const CrashState& state) {
  std::string text;
  for (const auto* view : {&state.loader, &state.system}) {
    for (const auto& [place, tree] : view->trees()) {
      for (const auto& [path, content] : tree) {
        text += fmt::format("{}:{}:{}:{}\n", static_cast<int>(place), path, content.has_value(), content.value_or(""));
      }
    }
  }
  return text;
}

std::string join(const std::set<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " or ") + word;
  return text;
}

// What lies among the snapshots without being of any use; empty if nothing does.
std::string leftovers(const World& world, Machine& machine) {
  const boot::Copies copies = machine.stores().boot.read();
  const auto is_named = [&](Place place, std::uint32_t number) {
    if (place == Place::state) return copies.current()->names(number);
    return (copies.a && copies.a->recovery == number) || (copies.b && copies.b->recovery == number);
  };
  for (const Place place : {Place::state, Place::recovery}) {
    for (const auto& entry : std::filesystem::directory_iterator(world.path(place) / ".snapshots")) {
      const std::string name = entry.path().filename().string();
      if (name == "refused.json") continue;
      if (name.starts_with('.') || !is_named(place, static_cast<std::uint32_t>(std::stoul(name)))) return name;
    }
  }
  return {};
}

class Judge {
 public:
  // `commit` as Recording::commit tells it of a run in which nothing failed.
  Judge(const Flow& flow, const Run& run, std::pair<std::size_t, std::size_t> commit, const Depth& depth,
        Findings& findings)
      : flow_(flow), run_(run), commit_(commit), depth_(depth), findings_(findings) {}

  void judge(const CrashChoice& choice) {
    const CrashState state = run_.recording->state(choice);
    const std::set<std::string> allowed = allowed_at(choice.end);
    // The same state counts twice if more was promised the second time.
    if (!seen_.insert(std::hash<std::string>{}(join(allowed) + fingerprint(state))).second) return;
    ++findings_.states;
    const Boot boot = testing::boot_of(state.loader);
    const std::string image = image_in(state, boot);
    if (!allowed.contains(image)) {
      return report(choice, fmt::format("{} starts {}, allowed is {}", boot.to_text(), image, join(allowed)));
    }
    check_reset(choice, state, image);
    check_fallback(choice, state, image);
    check_torn_count(choice, state, boot);
    if (depth_.resume) resume(choice, state, boot, image);
  }

 private:
  std::set<std::string> allowed_at(std::size_t end) const {
    if (end <= commit_.first) return flow_.before;
    std::set<std::string> allowed = flow_.after;
    // While the commit is being flushed either may be there, and after an error in it, too: that is what the error
    // says. Who reports success has promised it.
    const bool promised = end == run_.recording->size() && !run_.failed;
    if (end <= commit_.second && !promised) allowed.insert(flow_.before.begin(), flow_.before.end());
    return allowed;
  }

  void check_reset(const CrashChoice& choice, const CrashState& state, const std::string& image) {
    const bool found = resets(state.system);
    if (!flow_.resets || flow_.resets->contains(image) == found) return;
    report(choice, fmt::format("{} starts, and recovery would {} the machine", image, found ? "reset" : "not reset"));
  }

  void check_fallback(const CrashChoice& choice, const CrashState& state, const std::string& image) {
    if (flow_.fallback_image.empty() || !flow_.after.contains(image)) return;
    const std::string last = last_image(state);
    if (last != flow_.fallback_image) {
      report(choice, fmt::format("starting {} fails, and in the end {} starts instead of {}", image, last,
                                 flow_.fallback_image));
    }
  }

  // The loader overwrites the copy that counts. If that write destroys it, something whole must start nevertheless.
  void check_torn_count(const CrashChoice& choice, CrashState state, const Boot& boot) {
    if (!boot.written) return;
    apply_boot(state, {.written = std::pair(boot.written->first, std::string(1024, '\xff'))});
    const Boot next = testing::boot_of(state.loader);
    const std::string image = image_in(state, next);
    if (image == "NONE" || image == "MIX") {
      report(choice, fmt::format("the loader's own write is torn, and {} starts {}", next.to_text(), image));
    }
  }

  // The node boots, does what it does after a crash, and must be where the flow leads.
  void resume(const CrashChoice& choice, CrashState state, const Boot& boot, const std::string& image) {
    if (image == "NONE" || !flow_.resume) return;
    apply_boot(state, boot);
    const World world(state.system.trees());
    WorldEffects real;
    testing::RecordingEffects recorder(real, {});
    Machine machine(world, recorder);
    try {
      flow_.resume(machine, boot, image);
    } catch (const Error& error) {  // what the test is about
      return report(choice, fmt::format("going on failed: {}", error.what()));
    }
    ++findings_.resumed;
    check_end(choice, world, machine, recorder.records());
    if (depth_.crash_again != 0 && findings_.resumed % depth_.crash_again == 0) {
      crash_again(choice, state, world, recorder.records());
    }
  }

  void check_end(const CrashChoice& choice, const World& world, Machine& machine,
                 const std::vector<testing::EffectRecord>& records) {
    if (records.empty()) return;
    const testing::TreesView end(world.trees());
    const Boot boot = testing::boot_of(end);
    const std::string image = testing::image_of(boot, end, end);
    if (!flow_.after.contains(image)) report(choice, fmt::format("after going on {} starts {}", boot.to_text(), image));
    if (flow_.name != "ask-for-reset" && resets(end)) report(choice, "after going on recovery would reset the machine");
    if (const std::string name = leftovers(world, machine); !name.empty()) {
      report(choice, fmt::format("after going on {} is left over", name));
    }
  }

  // The second power cut: whatever the first left, nothing but the same images may start.
  void crash_again(const CrashChoice& first, const CrashState& state, const World& world,
                   const std::vector<testing::EffectRecord>& records);

  void report(const CrashChoice& choice, const std::string& what) {
    if (findings_.violations.size() < depth_.max_violations) {
      findings_.violations.push_back(fmt::format("{} {}: {}", flow_.name, choice.to_text(), what));
    }
  }

  const Flow& flow_;
  const Run& run_;
  std::pair<std::size_t, std::size_t> commit_;
  const Depth& depth_;
  Findings& findings_;
  std::set<std::size_t> seen_;
};

// Every choice for power cuts after `from` acts and up to all.
template <class Body>
void for_each_choice(std::size_t from, std::size_t size, std::size_t subsets, Body&& body) {
  std::vector<std::uint64_t> sectors = {CrashChoice::kNone, CrashChoice::kAll, CrashChoice::kFirstSectors,
                                        CrashChoice::kLastSectors, CrashChoice::kGarbage};
  std::vector<std::uint64_t> metadata = {CrashChoice::kNone, CrashChoice::kAll};
  for (std::uint64_t i = 0; i < subsets; ++i) {
    sectors.push_back(1000 + i);
    metadata.push_back(2000 + i);
  }
  for (std::size_t end = from; end <= size; ++end) {
    for (unsigned journal = 0; journal <= 2; ++journal) {
      for (const std::uint64_t data : sectors) {
        for (const std::uint64_t names : metadata) body(CrashChoice{end, journal, data, names});
      }
    }
  }
}

void Judge::crash_again(const CrashChoice& first, const CrashState& state, const World& world,
                        const std::vector<testing::EffectRecord>& records) {
  // Mounting brought home what was in the journal.
  const Trees start = state.system.trees();
  std::vector<testing::EffectRecord> moved = moved_records(records, world);
  const Recording second(start, moved);
  std::set<std::string> allowed = flow_.before;
  allowed.insert(flow_.after.begin(), flow_.after.end());
  std::set<std::size_t> seen;
  for_each_choice(0, second.size(), 1, [&](const CrashChoice& choice) {
    const CrashState found = second.state(choice);
    if (!seen.insert(std::hash<std::string>{}(fingerprint(found))).second) return;
    ++findings_.again;
    const Boot boot = testing::boot_of(found.loader);
    const std::string image = image_in(found, boot);
    if (!allowed.contains(image)) {
      report(first, fmt::format("and again at {}: {} starts {}", choice.to_text(), boot.to_text(), image));
    }
  });
}

}  // namespace

void Findings::add(const Findings& other) {
  states += other.states;
  resumed += other.resumed;
  again += other.again;
  violations.insert(violations.end(), other.violations.begin(), other.violations.end());
}

Findings explore_power_cuts(const Flow& flow, const Conditions& conditions, const Depth& depth) {
  Findings findings;
  const Run run = run_flow(flow, conditions);
  Judge judge(flow, run, run.recording->commit(flow.last_commit), depth, findings);
  if (run.failed) findings.violations.push_back(flow.name + ": failed without a fault");
  for_each_choice(0, run.recording->size(), depth.subsets, [&](const CrashChoice& choice) { judge.judge(choice); });
  return findings;
}

Findings explore_errors(const Flow& flow, int error_number, const Depth& depth) {
  Findings findings;
  const Run clean = run_flow(flow, {});
  const auto commit = clean.recording->commit(flow.last_commit);
  for (std::size_t call = 0; call < clean.recording->size(); ++call) {
    const Run run = run_flow(flow, {.fault = {.call = call, .error_number = error_number}});
    Findings found;
    // What fails before the commit never gets there, however many acts cleaning up takes; what fails in it may.
    const std::size_t size = run.recording->size();
    const std::size_t begin = call < commit.first ? size : commit.first;
    const std::size_t end = call <= commit.second ? size : commit.second;
    Judge judge(flow, run, {begin, end}, depth, found);
    for_each_choice(size, size, depth.subsets, [&](const CrashChoice& choice) { judge.judge(choice); });
    for (std::string& violation : found.violations)
      violation = fmt::format("error {} at act {}, {}", error_number, call, violation);
    findings.add(found);
  }
  return findings;
}

std::string retell(const Flow& flow, const CrashChoice& choice) {
  const Run run = run_flow(flow, {});
  std::string text = flow.name + ":\n";
  for (std::size_t i = 0; i < run.recording->size(); ++i) {
    text += fmt::format("{:4} {}{}\n", i, run.recording->records()[i].to_text(),
                        i + 1 == choice.end ? "   <- power cut behind" : "");
  }
  const CrashState state = run.recording->state(choice);
  const Boot boot = testing::boot_of(state.loader);
  text += fmt::format("{} starts {}\n", boot.to_text(), image_in(state, boot));
  for (const auto& [name, view] : {std::pair("loader", &state.loader), std::pair("system", &state.system)}) {
    for (const auto& [place, tree] : view->trees()) {
      for (const auto& [path, content] : tree) {
        text += fmt::format("{} {} {} {}\n", name, static_cast<int>(place), path,
                            content ? std::to_string(content->size()) : "/");
      }
    }
  }
  return text;
}

}  // namespace cairn::crash
