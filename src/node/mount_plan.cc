// SPDX-License-Identifier: Apache-2.0
#include "node/mount_plan.h"

#include <algorithm>
#include <iterator>

namespace cairn::node {
namespace {

using Paths = std::vector<std::string>;

bool is_in(std::string_view path, std::string_view folder) {
  return path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/';
}

bool is_in_any(std::string_view path, const Paths& folders) {
  return std::any_of(folders.begin(), folders.end(), [&](const auto& folder) { return is_in(path, folder); });
}

// Sorted, each once, without those that lie in another one: that one covers them.
Paths outermost(Paths paths) {
  std::sort(paths.begin(), paths.end());
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  Paths kept;
  std::copy_if(paths.begin(), paths.end(), std::back_inserter(kept),
               [&](const auto& p) { return !is_in_any(p, paths); });
  return kept;
}

}  // namespace

MountPlan plan_mounts(const MountConfig& config, const MountFacts& facts) {
  MountPlan plan{.memory = config.memory, .volumes = config.volumes};
  std::stable_sort(plan.volumes.begin(), plan.volumes.end(),
                   [](const auto& left, const auto& right) { return left.path < right.path; });
  if (facts.recovery) {
    plan.root = MountPlan::Root::writable;
    plan.volumes.clear();
    return plan;
  }
  Paths in_memory = config.ephemeral;
  if (facts.persistent) {
    plan.binds = outermost(config.persistent);
  } else {
    in_memory.insert(in_memory.end(), config.persistent.begin(), config.persistent.end());
  }
  // What is persistent as a whole is nowhere in memory.
  std::erase_if(in_memory, [&](const auto& path) {
    return is_in_any(path, plan.binds) || std::find(plan.binds.begin(), plan.binds.end(), path) != plan.binds.end();
  });
  plan.overlays = outermost(std::move(in_memory));

  // Folders in what is writable are made when they are needed.
  Paths needed{"/oem", "/tmp"};
  needed.insert(needed.end(), plan.overlays.begin(), plan.overlays.end());
  needed.insert(needed.end(), plan.binds.begin(), plan.binds.end());
  for (const auto& volume : plan.volumes) needed.push_back(volume.path);
  for (const std::string& path : needed) {
    if (is_in_any(path, plan.overlays) || is_in_any(path, plan.binds) || facts.has_directory(path)) continue;
    plan.missing.push_back(path);
  }
  std::sort(plan.missing.begin(), plan.missing.end());
  if (!plan.missing.empty()) plan.root = MountPlan::Root::read_only_with_dirs;
  return plan;
}

std::string escape_path(std::string_view path) {
  std::string name;
  for (const char c : path.substr(1)) {
    if (c == '/') {
      name += '-';
    } else if (c == '-') {
      name += "%2d";
    } else {
      name += c;
    }
  }
  return name;
}

}  // namespace cairn::node
