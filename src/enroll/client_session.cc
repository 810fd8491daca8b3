// SPDX-License-Identifier: Apache-2.0
#include "enroll/client_session.h"

#include "attest/attestation.h"
#include "core/text.h"
#include "enroll/reasons.h"

namespace cairn::enroll {
namespace {

constexpr std::uint8_t kVersionWithAnnotations = 9;
constexpr std::uint8_t kVersionWithUpdate = 10;
constexpr std::uint8_t kVersionWithSystemDataV2 = 11;

Error unexpected(Type type) {
  return Error(reason::kOutOfOrder, "the server sent a message of type {} that was not asked for",
               static_cast<unsigned>(type));
}

}  // namespace

ClientSession::ClientSession(ClientSpec spec)
    : spec_(std::move(spec)), state_(spec_.answer ? State::challenge : State::admission) {}

std::vector<std::string> ClientSession::on_message(std::string_view frame) {
  if (state_ == State::done) throw Error(reason::kOutOfOrder, "the server sent a message after the last one");
  if (state_ == State::challenge) {
    // The challenge has no type byte.
    const std::string secret = spec_.answer(attest::parse_challenge(frame));
    state_ = State::admission;
    return {attest::challenge_answer_json(secret) + "\n"};
  }
  const Message message = parse_frame(frame);
  if (message.type == Type::error) refused(message.payload);
  switch (state_) {
    case State::admission:
      if (message.type != Type::ready) throw unexpected(message.type);
      return send_version();
    case State::version:
      if (message.type != Type::version) throw unexpected(message.type);
      plan_steps(parse_version(message.payload));
      return next_step();
    default: break;
  }
  if (message.type != awaited_) throw unexpected(message.type);
  if (message.type == Type::certificate) grant_ = parse_grant(message.payload);
  if (message.type == Type::config) {
    config_ = message.payload;
    state_ = State::done;
    return {};
  }
  return next_step();
}

std::vector<std::string> ClientSession::send_version() {
  state_ = State::version;
  return {make_frame(Type::version, std::string(1, static_cast<char>(kCairnVersion)))};
}

void ClientSession::plan_steps(std::uint8_t version) {
  if (version != kCairnVersion && (version < kVersionWithError || version > kElementalVersion))
    throw Error(reason::kBadMessage, "the server speaks version {} of the protocol", version);
  state_ = State::steps;
  const auto add = [&](Type type, std::string_view payload) { steps_.push_back(make_frame(type, payload)); };
  if (spec_.update && version >= kVersionWithUpdate) add(Type::update, "");
  if (spec_.smbios) add(Type::smbios, to_text(*spec_.smbios));
  if (spec_.system_data && version >= kVersionWithSystemDataV2) add(Type::system_data_v2, to_text(*spec_.system_data));
  if (version >= kVersionWithAnnotations) add(Type::annotations, texts_json(spec_.annotations));
  if (!spec_.labels.empty()) add(Type::labels, texts_json(spec_.labels));
  if (spec_.csr && spec_.update && version == kCairnVersion)
    add(Type::certificate, certificate_request_json(*spec_.csr));
  add(Type::get, "");
}

std::vector<std::string> ClientSession::next_step() {
  std::string frame = std::move(steps_.front());
  steps_.pop_front();
  switch (static_cast<Type>(static_cast<unsigned char>(frame.front()))) {
    case Type::get: awaited_ = Type::config; break;
    case Type::certificate: awaited_ = Type::certificate; break;
    default: awaited_ = Type::ready; break;
  }
  return {std::move(frame)};
}

void ClientSession::refused(std::string_view payload) {
  const Problem problem = parse_problem(payload);
  retry_after_ = problem.retry_after;
  throw Error(reason::kRefusedByServer, "{}{}{}", printable(problem.message, 512),
              problem.code.empty() ? "" : ", code ", printable(problem.code, 32));
}

}  // namespace cairn::enroll
