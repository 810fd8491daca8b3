// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stage/finding.h"

#include <string>
#include <string_view>
#include <vector>

namespace cairn::stage {

// What a kernel command line says about cloud-config (docs/formats/cloud-config.md, "Kernel words").
struct KernelWords {
  std::vector<std::string> setup;  // values of cairn.setup=, elemental.setup= and cos.setup=, in order
  std::string document;            // what the words "stages.…" say, as YAML; empty if there are none
  bool always_datasource = false;  // cairn.datasource=always
  bool no_datasource = false;      // cairn.datasource=never
  Findings findings;               // words of ours that can't be used; the others count
};

KernelWords parse_kernel_words(std::string_view command_line);

}  // namespace cairn::stage
