// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "attest/credential.h"
#include "enroll/messages.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::enroll {

// What a machine wants of one session.
struct ClientSpec {
  std::function<std::string(const attest::Credential&)> answer;  // the TPM; none for a machine without one
  bool update = false;                                           // it was registered before
  std::optional<json::object> smbios = {};                       // hardware data; none where they are not to be sent
  std::optional<json::object> system_data = {};
  object::Labels labels = {};
  object::Labels annotations = {};
  std::optional<std::string> csr = {};  // PEM, asks for a certificate where the server is ours; needs `update`
};

// The machine's side of one registration; without a network. The header comes from claim_header().
class ClientSession {
 public:
  explicit ClientSession(ClientSpec spec);

  // A binary frame of the server; returns what to send. Throws reason::kRefusedByServer with the server's words (and
  // its remedy), kBadMessage, kOutOfOrder, what the TPM throws.
  std::vector<std::string> on_message(std::string_view frame);

  bool done() const { return state_ == State::done; }
  // The configuration (YAML) once done.
  const std::string& config() const { return config_; }
  // The certificate, where one was asked for and the server gives them.
  const std::optional<Grant>& grant() const { return grant_; }
  // When the server wants to be asked again, if it said so in its refusal.
  std::optional<std::chrono::seconds> retry_after() const { return retry_after_; }

 private:
  enum class State { challenge, admission, version, steps, done };

  std::vector<std::string> send_version();
  void plan_steps(std::uint8_t version);
  std::vector<std::string> next_step();
  [[noreturn]] void refused(std::string_view payload);

  ClientSpec spec_;
  State state_;
  std::deque<std::string> steps_;
  Type awaited_ = Type::ready;
  std::string config_;
  std::optional<Grant> grant_;
  std::optional<std::chrono::seconds> retry_after_;
};

}  // namespace cairn::enroll
