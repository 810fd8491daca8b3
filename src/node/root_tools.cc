// SPDX-License-Identifier: Apache-2.0
#include "node/root_tools.h"

#include "node/reasons.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <vector>

namespace cairn::node {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

constexpr milliseconds kPollInterval{100};
// A CD drive under a slow hypervisor takes some seconds; only then a person wants to know what is waited for.
constexpr seconds kQuiet{5};

std::vector<std::string> names_in(const fs::path& directory) {
  std::vector<std::string> names;
  std::error_code ignored;  // the folder appears with the first disk
  for (const auto& entry : fs::directory_iterator(directory, ignored))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

fs::path wait_for_device(const fs::path& links, std::string_view name, std::string_view what, seconds limit,
                         const RootTools& tools) {
  const fs::path link = links / name;
  const auto start = tools.clock.steady();
  bool said = false;
  while (!fs::exists(link)) {
    const auto waited = tools.clock.steady() - start;
    if (waited >= limit) {
      const auto others = names_in(links);
      throw Error(reason::kNoMedium, "no {} {} appeared within {} s; in {}: {}", what, name, limit.count(),
                  links.string(), others.empty() ? "nothing" : fmt::format("{}", fmt::join(others, ", ")));
    }
    if (!said && waited >= kQuiet) {
      tools.say(fmt::format("waiting up to {} s for the {} {}", limit.count(), what, name));
      said = true;
    }
    tools.clock.sleep(kPollInterval, tools.stop);
  }
  return fs::canonical(link);
}

}  // namespace cairn::node
