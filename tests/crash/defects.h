// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "explorer.h"

#include <string>
#include <vector>

namespace cairn::crash {

// A mistake that somebody could make in a transaction, built in between the code under test and the disk.
struct Defect {
  std::string name;
  std::string flow;  // in which it shows
  Conditions conditions;
};

const std::vector<Defect>& defects();

}  // namespace cairn::crash
