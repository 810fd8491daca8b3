// SPDX-License-Identifier: Apache-2.0
#include "enroll/server_session.h"

#include "attest/crypto.h"
#include "attest/reasons.h"
#include "core/text.h"
#include "enroll/reasons.h"

#include <algorithm>

namespace cairn::enroll {
namespace {

constexpr milliseconds kMessageTime{10'000};
constexpr milliseconds kSessionTime{30'000};
constexpr std::size_t kMaxFrames = 16;
constexpr std::size_t kMaxBytes = 512 << 10;
constexpr std::size_t kMaxBytesBeforeProof = 4 << 10;
constexpr std::size_t kSecretBytes = 32;
constexpr std::chrono::seconds kApprovalRetry{60};

// What a machine may know of a refusal although it proved nothing: these only say what kind of client is wanted.
bool is_harmless(const Reason& reason) {
  return reason.code == reason::kNeedsTpm.code || reason.code == reason::kTooOld.code;
}

}  // namespace

ServerSession::ServerSession(ServerHost& host, const Clock& clock)
    : host_(host), clock_(clock), started_(clock.steady()), last_(started_) {}

Clock::Steady ServerSession::deadline() const { return std::min(started_ + kSessionTime, last_ + kMessageTime); }

Reply ServerSession::refuse(const Error& error) {
  const bool proven = state_ == State::proven;
  state_ = State::refused;
  Reply reply{.frames = {}, .refusal = Refusal{&error.reason(), error.what(), proven || is_harmless(error.reason())}};
  if (proven && version_ >= kVersionWithError) {
    // Only what we say ourselves: a failure inside the operator is nobody's business outside.
    const bool ours = error.reason().code.starts_with("CRN-REG-");
    Problem problem{.message = ours ? error.what() : "the registration failed; the operator's log says why",
                    .code = std::string(error.reason().code)};
    if (error.is(reason::kNotApproved)) problem.retry_after = kApprovalRetry;
    reply.frames.push_back(make_frame(Type::error, problem_yaml(problem)));
  }
  return reply;
}

Reply ServerSession::begin(std::string_view token, std::string_view authorization) {
  try {
    if (state_ != State::fresh) throw Error(reason::kOutOfOrder, "the session has begun already");
    registration_ = host_.find_registration(token);
    if (!registration_) throw Error(reason::kUnknownRegistration, "no registration has this token");
    const Claim claim = Claim::parse(authorization);
    identity_ = {
        .tpm = claim.attestation.has_value(), .hash = claim.hash(), .vouched = false, .doubt = {}, .ek_pem = {}};
    if (!claim.attestation) {
      if (!registration_->admits_plain) throw Error(reason::kNeedsTpm, "the machine shows no TPM");
      admit();
      return {.frames = {make_frame(Type::ready)}, .refusal = std::nullopt};
    }
    const auto& key = claim.attestation->endorsement_key;
    vouch(key);
    identity_.ek_pem = key.to_pem();
    const auto ak = attest::verify_ak(claim.attestation->attestation_key);
    secret_ = attest::random_bytes(kSecretBytes);
    state_ = State::challenged;
    return {.frames = {attest::challenge_json(attest::make_credential(key.key(), ak.name(), secret_))},
            .refusal = std::nullopt};
  } catch (const Error& error) {  // the edge of the session
    return refuse(error);
  }
}

// A machine that nobody vouches for may still come, since it could as well hide its certificate; a person decides.
void ServerSession::vouch(const attest::EndorsementKey& key) {
  if (!registration_->authorities) return;
  try {
    registration_->authorities->require(key, clock_.wall());
    identity_.vouched = true;
  } catch (const Error& error) {  // recovers: the machine waits for approval
    identity_.doubt = error.what();
  }
}

void ServerSession::admit() {
  state_ = State::proven;
  machine_ = host_.find_machine(identity_);
  if (machine_ && machine_->revoked) throw Error(reason::kRevoked, "inventory {} is revoked", machine_->key.to_text());
}

void ServerSession::spend(std::string_view frame) {
  const Clock::Steady now = clock_.steady();
  if (now > deadline()) throw Error(reason::kBudget, "the machine took too long");
  last_ = now;
  bytes_ += frame.size();
  const std::size_t allowed = state_ == State::proven ? kMaxBytes : kMaxBytesBeforeProof;
  if (++frames_ > kMaxFrames || bytes_ > allowed)
    throw Error(reason::kBudget, "the machine sent {} frames with {} bytes", frames_, bytes_);
}

Reply ServerSession::on_message(std::string_view frame) {
  try {
    if (state_ == State::fresh || state_ == State::refused)
      throw Error(reason::kOutOfOrder, "a message comes where none may be");
    spend(frame);
    if (state_ == State::challenged) {
      if (!attest::equal_secrets(attest::parse_challenge_answer(frame), secret_))
        throw Error(attest::reason::kWrongAnswer, "the answer to the challenge is wrong");
      admit();
      return {.frames = {make_frame(Type::ready)}, .refusal = std::nullopt};
    }
    return {.frames = handle(parse_frame(frame)), .refusal = std::nullopt};
  } catch (const Error& error) {  // the edge of the session
    return refuse(error);
  }
}

std::vector<std::string> ServerSession::handle(const Message& message) {
  switch (message.type) {
    case Type::version:
      version_ = negotiate(parse_version(message.payload));
      return {make_frame(Type::version, std::string(1, static_cast<char>(version_)))};
    case Type::smbios: data_.smbios = parse_data(message.payload, "SMBIOS data"); break;
    case Type::system_data:
    case Type::system_data_v2: data_.system_data = parse_data(message.payload, "system data"); break;
    case Type::labels: data_.labels = parse_texts(message.payload, "labels"); break;
    case Type::annotations: data_.annotations = parse_texts(message.payload, "annotations"); break;
    case Type::update:
      if (!machine_) throw Error(reason::kNotRegistered, "MachineInventory not found");
      updates_ = true;
      break;
    case Type::get: return get();
    case Type::certificate: return certificate(message.payload);
    case Type::ready:
    case Type::config:
    case Type::error: throw Error(reason::kOutOfOrder, "the client sent a message of the server");
  }
  return {make_frame(Type::ready)};
}

bool ServerSession::is_approved() const {
  return (machine_ && machine_->approved) || identity_.vouched ||
         (registration_->approves_all && !registration_->authorities);
}

std::vector<std::string> ServerSession::get() {
  if (committed_) throw Error(reason::kOutOfOrder, "the machine registers twice in one session");
  committed_ = true;
  const auto kind = data_.annotations.find("auth");
  if (kind != data_.annotations.end() && kind->second == "emulated-tpm" && !registration_->admits_emulated_tpm)
    throw Error(reason::kNoEmulatedTpm, "the machine emulates its TPM");
  machine_ = host_.write_inventory(*registration_, identity_, data_, is_approved());
  if (machine_->revoked) throw Error(reason::kRevoked, "inventory {} is revoked", machine_->key.to_text());
  if (!machine_->approved)
    throw Error(reason::kNotApproved, "inventory {} waits for approval", machine_->key.to_text());
  std::string config = host_.config(*registration_, *machine_);
  if (version_ < kVersionWithConfig) return {std::move(config)};
  return {make_frame(Type::config, config)};
}

// Only for the installed system, which says Update: live media never hold a certificate.
std::vector<std::string> ServerSession::certificate(std::string_view payload) {
  if (version_ != kCairnVersion || !updates_)
    throw Error(reason::kOutOfOrder, "a certificate is for an installed system that speaks our version");
  if (!machine_->approved)
    throw Error(reason::kNotApproved, "inventory {} waits for approval", machine_->key.to_text());
  return {make_frame(Type::certificate, grant_json(host_.sign(*machine_, parse_certificate_request(payload))))};
}

}  // namespace cairn::enroll
