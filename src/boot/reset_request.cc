// SPDX-License-Identifier: Apache-2.0
#include "boot/reset_request.h"

#include "boot/bootstate.h"
#include "core/json.h"
#include "core/reasons.h"

namespace cairn::boot {

std::string compose(const ResetRequest& request) {
  return to_pretty_text(json::object{{"format", 1},
                                     {"persistent", request.persistent},
                                     {"oem", request.oem},
                                     {"bootEntry", request.boot_entry},
                                     {"tries", request.tries}});
}

ResetRequest parse_reset_request(std::string_view text, std::string_view name) {
  const json::value value = parse_json(text, name);
  const JsonCursor request(value, name, cairn::reason::kBadJson);
  const auto boot_entry = request.find("bootEntry");
  return {.persistent = request.at("persistent").boolean(),
          .oem = request.at("oem").boolean(),
          .boot_entry = !boot_entry || boot_entry->boolean(),
          .tries = static_cast<unsigned>(request.at("tries").count(kMaxTries))};
}

}  // namespace cairn::boot
