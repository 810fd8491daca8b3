// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/clock.h"
#include "core/process.h"

#include <filesystem>
#include <functional>
#include <string_view>

namespace cairn::node {

// What making a root needs of the machine.
struct RootTools {
  Runner& runner;
  Clock& clock;
  std::function<void(std::string_view)> say;  // a line for the person at the console
  std::stop_token stop = {};
};

// Waits until udev has made the link `name` in `links`, at most `limit`, and returns the device it leads to. `what`
// names it for people: "boot medium". Throws reason::kNoMedium naming what is there instead.
std::filesystem::path wait_for_device(const std::filesystem::path& links, std::string_view name, std::string_view what,
                                      std::chrono::seconds limit, const RootTools& tools);

}  // namespace cairn::node
