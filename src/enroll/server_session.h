// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/clock.h"
#include "enroll/identity.h"
#include "enroll/messages.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::enroll {

// What a MachineRegistration says about who may come.
struct Registration {
  object::NamespacedName key;
  bool admits_plain = false;  // identities that prove nothing
  bool admits_emulated_tpm = false;
  bool approves_all = false;  // approval: auto; with authorities only those that these vouch for
  std::shared_ptr<const attest::EkAuthorities> authorities;  // null: no EK certificate is asked for
};

// A machine's inventory.
struct Machine {
  object::NamespacedName key;
  bool approved = false;  // by a person, or since it was made beforehand with the machine's hash
  bool revoked = false;
};

// What a machine said of itself.
struct MachineData {
  json::object smbios;
  json::object system_data;
  object::Labels labels;
  object::Labels annotations;
};

// What the operator does for sessions. Called only after the machine has proven itself, but for find_registration().
// What these throw ends the session as a refusal.
class ServerHost {
 public:
  virtual ~ServerHost() = default;
  // Compares tokens in constant time.
  virtual std::optional<Registration> find_registration(std::string_view token) = 0;
  virtual std::optional<Machine> find_machine(const Identity& identity) = 0;
  // Makes or updates the inventory, once whatever races; says how it stands now.
  virtual Machine write_inventory(const Registration& registration, const Identity& identity, const MachineData& data,
                                  bool approved) = 0;
  // The config message's YAML for an approved machine.
  virtual std::string config(const Registration& registration, const Machine& machine) = 0;
  virtual Grant sign(const Machine& machine, std::string_view csr) = 0;
};

struct Refusal {
  const Reason* reason;
  std::string message;  // for the log
  bool told;            // whether the machine was, or may be, told
};

struct Reply {
  std::vector<std::string> frames;  // to send, in this order
  std::optional<Refusal> refusal;   // then close
};

// The server's side of one registration; without a network. Every limit is the session's own: bytes and number of
// frames, and time.
class ServerSession {
 public:
  ServerSession(ServerHost& host, const Clock& clock);

  // Before the connection becomes a WebSocket. The order of the checks is that of their cost.
  Reply begin(std::string_view token, std::string_view authorization);
  // A binary frame. After a refusal nothing may follow.
  Reply on_message(std::string_view frame);
  // When the session ends unless a message comes.
  Clock::Steady deadline() const;

 private:
  enum class State { fresh, challenged, proven, refused };

  void admit();
  std::vector<std::string> handle(const Message& message);
  std::vector<std::string> get();
  std::vector<std::string> certificate(std::string_view payload);
  bool is_approved() const;
  void vouch(const attest::EndorsementKey& key);
  void spend(std::string_view frame);
  Reply refuse(const Error& error);

  ServerHost& host_;
  const Clock& clock_;
  Clock::Steady started_;
  Clock::Steady last_;
  State state_ = State::fresh;
  std::optional<Registration> registration_;
  Identity identity_;
  std::string secret_;
  std::optional<Machine> machine_;
  MachineData data_;
  std::uint8_t version_ = 0;  // 0: the client never said
  bool updates_ = false;
  bool committed_ = false;
  std::size_t frames_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace cairn::enroll
