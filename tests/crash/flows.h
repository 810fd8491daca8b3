// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "world.h"

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace cairn::crash {

// A transaction under test: where it starts, what it does, and what may start before and after its commit.
struct Flow {
  std::string name;
  Trees start;
  std::function<void(Machine&)> act;
  // What a boot may run (testing::image_of), while the commit has surely not happened and when it surely has.
  std::set<std::string> before;
  std::set<std::string> after;
  // What must start in the end when what `after` says never comes up; empty if nobody would fall back.
  std::string fallback_image = {};
  // What a node does after a crash, when it booted like this and runs this image. Ends in the state after the flow.
  std::function<void(Machine&, const testing::Boot&, const std::string& image)> resume;
  // With which of these images a start of recovery resets the machine; with all others it must not. Not judged:
  // nothing.
  std::optional<std::set<std::string>> resets = std::set<std::string>{};
  // The commit is the last write to a copy of the boot state, else the first.
  bool last_commit = true;
};

// Every flow of a node's life; made once, each from the state in which the ones before left a machine.
const std::vector<Flow>& flows();
const Flow& flow_named(const std::string& name);

}  // namespace cairn::crash
