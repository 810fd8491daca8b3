// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "osimage/root_tree.h"

#include <string>
#include <string_view>
#include <vector>

namespace cairn::osimage {

// Something that keeps an image from booting, or from being a good machine.
struct Finding {
  enum class Severity { error, warning };  // an error: it can't boot
  Severity severity = Severity::error;
  std::string what;    // "there is no initramfs for kernel 6.1.0"
  std::string remedy;  // one sentence in the imperative
};

// Judges names alone: what a build can see on its way. Errors first.
std::vector<Finding> lint_names(const rootfs::Tree& tree);
// Judges what some small files hold, too; `read` was read with lint_wants().
std::vector<Finding> lint_image(const ReadTree& read);
bool lint_wants(std::string_view path);

}  // namespace cairn::osimage
