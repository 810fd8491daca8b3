// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/byte_stream.h"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace cairn::net {

// Connections that wait for the next request to the same place. Thread-safe.
class ConnectionPool {
 public:
  // One that seems alive, or null. `place` is scheme, authority and proxy.
  std::unique_ptr<ByteStream> take(const std::string& place);
  // Null is ignored; beyond a few for one place the connection is closed.
  void give(const std::string& place, std::unique_ptr<ByteStream> stream);

 private:
  struct Idle {
    std::unique_ptr<ByteStream> stream;
    Clock::Steady since;
  };
  std::mutex mutex_;
  std::map<std::string, std::vector<Idle>> idle_;
};

}  // namespace cairn::net
