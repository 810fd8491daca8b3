// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/json.h"
#include "core/stream.h"

#include <memory>
#include <optional>
#include <string>

namespace cairn::k8s {

enum class ChangeType { added, modified, deleted, bookmark };

// One line of a watch (metav1.WatchEvent). A bookmark's object has only metadata.resourceVersion.
struct WatchEvent {
  ChangeType type = ChangeType::bookmark;
  json::value object;
  std::string resource_version;
};

// Reads the lines of a watch; each must end within `max_line` bytes.
class WatchStream {
 public:
  // `doing` is for errors: "watch MachineInventory".
  WatchStream(std::unique_ptr<Source> body, std::string doing, std::size_t max_line = 16 << 20);

  // The next change; nothing at the orderly end. Throws the error of an event ERROR (kExpired and others), kBadAnswer
  // for what is no event, and the errors of the connection. An event of a type we don't know is skipped.
  std::optional<WatchEvent> next();

 private:
  std::optional<std::string_view> next_line();

  std::unique_ptr<Source> body_;
  std::string doing_;
  std::size_t max_line_;
  std::string buffer_;
  std::size_t begin_ = 0;    // of what was not yet given
  std::size_t scanned_ = 0;  // up to here there is no line end
};

}  // namespace cairn::k8s
