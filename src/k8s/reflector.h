// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "k8s/client.h"
#include "k8s/object_sink.h"

#include <atomic>

namespace cairn::k8s {

// Keeps a sink as the API server has it: lists, then watches from where the list stood, for ever.
// - A watch that ends or is cut goes on from the last version that was told, bookmarks included: nothing is sent twice.
// - A version that the server forgot (410, as answer or as event) leads to a new list, as does one that the server
//   has not reached (its data was restored), and any time in which the server did not answer: it may have come back
//   with another history. The sink sees the differences only.
// - Failures wait longer and longer, with jitter, up to 30 s.
class Reflector {
 public:
  // All outlive the reflector.
  Reflector(Client& client, const Kind& kind, ListOptions options, ObjectSink& sink, Clock& clock, Metrics& metrics);

  // Until stop is requested.
  void run(const std::stop_token& stop);

  // Whether the sink has got a whole list.
  bool synced() const { return synced_; }
  // When the server was last heard of (a list, an event, an orderly end of a watch).
  Clock::Steady heard() const { return heard_; }

 private:
  void list(const std::stop_token& stop);
  void resume(const std::stop_token& stop);
  void follow(const std::stop_token& stop);
  void wait(const std::stop_token& stop);
  void note_failure(const Error& error, bool followed);
  bool may_resume(const Error& error) const;

  Client& client_;
  const Kind& kind_;
  const ListOptions options_;
  ObjectSink& sink_;
  Clock& clock_;
  Metrics& metrics_;
  std::string version_;     // empty: a list is due
  bool fresh_ = false;      // the version comes from a list just made
  bool following_ = false;  // a watch is open
  int failures_ = 0;        // in a row
  bool at_once_ = false;    // the next try needs no pause
  std::atomic<bool> synced_ = false;
  std::atomic<Clock::Steady> heard_;
};

}  // namespace cairn::k8s
