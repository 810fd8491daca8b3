// SPDX-License-Identifier: Apache-2.0
#include "node/asked_reset.h"

#include "boot/transitions.h"
#include "core/error.h"
#include "core/file.h"
#include "core/log.h"

namespace cairn::node {
namespace {

constexpr std::size_t kMaxRequest = 4096;

bool is_asked(const boot::BootState* state) { return state != nullptr && state->reset_asked; }

}  // namespace

void ask_for_reset(const boot::ResetRequest& request, boot::BootStateStore& boot, EffectFiles& oem) {
  const boot::BootState next = boot::reset_asked(boot.current());
  oem.replace(std::string(boot::kResetRequestFile), boot::compose(request), 0600);
  boot.commit(next);
}

std::optional<boot::ResetRequest> find_asked_reset(const boot::BootStateStore& boot, const std::filesystem::path& oem) {
  const boot::Copies copies = boot.read();
  const std::filesystem::path path = oem / boot::kResetRequestFile;
  std::error_code ignored;  // what can't be looked at was not asked for
  if (!is_asked(copies.current()) || !std::filesystem::exists(path, ignored)) return std::nullopt;
  try {
    return boot::parse_reset_request(read_file(path, kMaxRequest), path.string());
  } catch (const Error& error) {  // recovers: somebody did ask for a reset
    log::warning("the request for a reset is damaged; the usual reset is done", {{"error", error.what()}});
    return boot::ResetRequest{};
  }
}

void forget_asked_reset(boot::BootStateStore& boot, EffectFiles& oem) {
  const boot::Copies copies = boot.read();
  if (is_asked(copies.current())) boot.commit(boot::recovery_request_cleared(*copies.current()));
  oem.remove(std::string(boot::kResetRequestFile));
}

}  // namespace cairn::node
