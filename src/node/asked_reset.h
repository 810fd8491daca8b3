// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "boot/reset_request.h"
#include "boot/store.h"
#include "node/effect_files.h"

#include <optional>

// A reset that was asked for and is not done yet (docs/formats/reset.md): the boot state says that there is one, and a
// file in OEM which. The boot state is what counts, so that a file that was left behind never resets a machine.
namespace cairn::node {

// Recovery starts next and does it. Throws boot::reason::kNoRecovery.
void ask_for_reset(const boot::ResetRequest& request, boot::BootStateStore& boot, EffectFiles& oem);

// What is asked for. Without its file nothing is; a damaged file asks for the usual reset.
std::optional<boot::ResetRequest> find_asked_reset(const boot::BootStateStore& boot, const std::filesystem::path& oem);

// Nothing is asked for afterwards.
void forget_asked_reset(boot::BootStateStore& boot, EffectFiles& oem);

}  // namespace cairn::node
