// SPDX-License-Identifier: Apache-2.0
#include "attest/tpm.h"

#include "attest/crypto.h"
#include "attest/reasons.h"
#include "attest/tpm_codec.h"
#include "attest/tpm_constants.h"

#include <algorithm>

namespace cairn::attest {
namespace {

namespace code {
constexpr std::uint32_t kRetry = 0x922;
constexpr std::uint32_t kYielded = 0x908;
constexpr std::uint32_t kTesting = 0x90a;
constexpr std::uint32_t kLockout = 0x921;
constexpr std::uint32_t kNoHandle = 0x18b;  // TPM_RC_HANDLE of the first handle
}  // namespace code

constexpr milliseconds kFirstPause{10};
constexpr milliseconds kLongestPause{640};
constexpr int kMostTries = 20;  // about 9 s of pauses

constexpr std::size_t kHeaderBytes = 10;
constexpr std::size_t kMaxBuffer = 1024;
constexpr std::size_t kMaxNvBytes = 16 << 10;
constexpr std::size_t kNvChunk = 512;  // the least that a TPM must be able to read at once
constexpr unsigned kPcrs = 24;

bool is_asked_again(std::uint32_t rc) { return rc == code::kRetry || rc == code::kYielded || rc == code::kTesting; }

// One authorisation that needs no computing: an empty password, or a policy session that ends with the command.
std::string authorization(std::uint32_t session) {
  return TpmWriter().number(session).sized("").number(std::uint8_t{0}).sized("").bytes();
}

std::string selection_of(const std::vector<unsigned>& pcrs) {
  std::string bits(kPcrs / 8, '\0');
  for (const unsigned pcr : pcrs) {
    if (pcr >= kPcrs) throw Error(reason::kBadQuote, "there is no PCR {}", pcr);
    bits[pcr / 8] = static_cast<char>(bits[pcr / 8] | 1 << pcr % 8);
  }
  return TpmWriter().number(std::uint32_t{1}).number(alg::kSha256).number(std::uint8_t{kPcrs / 8}).raw(bits).bytes();
}

}  // namespace

struct Tpm::Call {
  std::string_view name;
  std::uint32_t code = 0;
  std::vector<std::uint32_t> handles = {};
  std::vector<std::uint32_t> sessions = {};
  std::string parameters = {};

  std::string to_bytes() const {
    TpmWriter body;
    for (const auto one : handles) body.number(one);
    if (!sessions.empty()) {
      std::string area;
      for (const auto session : sessions) area += authorization(session);
      body.number(static_cast<std::uint32_t>(area.size())).raw(area);
    }
    body.raw(parameters);
    return TpmWriter()
        .number(sessions.empty() ? tag::kNoSessions : tag::kSessions)
        .number(static_cast<std::uint32_t>(kHeaderBytes + body.bytes().size()))
        .number(code)
        .raw(body.bytes())
        .bytes();
  }
};

namespace {

// The parameters of an answer to a command with sessions; the sessions' own part after them says nothing to us.
std::string_view parameters_of(TpmReader& reader) { return reader.raw(reader.number<std::uint32_t>()); }

// A malformed answer is the device's fault, not the caller's.
template <class Body>
auto reading(std::string_view command, Body&& body) {
  try {
    return body();
  } catch (const Error& error) {  // recovers nothing: says whose bytes they were
    throw Error(reason::kDevice, "{}: {}", command, error.what());
  }
}

Tpm::Signed read_signed(std::string_view command, std::string_view body) {
  return reading(command, [&] {
    TpmReader reader(body, "an answer");
    TpmReader parameters(parameters_of(reader), "an answer");
    Tpm::Signed result;
    result.attested = parameters.sized(kMaxBuffer);
    result.signature = parameters.rest();
    return result;
  });
}

}  // namespace

Tpm::Answer Tpm::send(const Call& call) {
  const std::string command = call.to_bytes();
  milliseconds pause = kFirstPause;
  for (int tries = 1;; ++tries) {
    check_canceled(stop_);
    const std::string bytes = transport_.transmit(command);
    Answer answer = reading(call.name, [&] {
      TpmReader reader(bytes, "an answer");
      reader.number<std::uint16_t>();
      if (reader.number<std::uint32_t>() != bytes.size())
        throw Error(reason::kDevice, "an answer of another size than it says");
      const auto rc = reader.number<std::uint32_t>();
      return Answer{rc, std::string(reader.rest())};
    });
    if (!is_asked_again(answer.code) || tries == kMostTries) return answer;
    clock_.sleep(pause, stop_);
    pause = std::min(pause * 2, kLongestPause);
  }
}

Tpm::Answer Tpm::require(const Call& call) {
  Answer answer = send(call);
  if (answer.code == code::kLockout) throw Error(reason::kLocked, "{}: the TPM is in lockout", call.name);
  if (answer.code != 0) throw Error(reason::kRefused, "{}: the TPM answered {:#05x}", call.name, answer.code);
  return answer;
}

Tpm::Created Tpm::create_primary(const PublicArea& key_template) {
  const std::string no_secret = TpmWriter().sized("").sized("").bytes();
  const Answer answer = require(
      {.name = "TPM2_CreatePrimary",
       .code = 0x131,
       .handles = {handle::kEndorsement},
       .sessions = {handle::kPassword},
       .parameters =
           TpmWriter().sized(no_secret).sized(key_template.to_bytes()).sized("").number(std::uint32_t{0}).bytes()});
  TpmReader reader(answer.body, "an answer");
  Created created;
  created.handle = reading("TPM2_CreatePrimary", [&] { return reader.number<std::uint32_t>(); });
  Flushed until_read(*this, created.handle);
  reading("TPM2_CreatePrimary", [&] {
    TpmReader parameters(parameters_of(reader), "an answer");
    created.public_area = parameters.sized(kMaxBuffer);
    created.creation_data = parameters.sized(kMaxBuffer);
    created.creation_hash = parameters.sized(kMaxBuffer);
    TpmWriter ticket;
    ticket.number(parameters.number<std::uint16_t>()).number(parameters.number<std::uint32_t>());
    created.ticket = ticket.sized(parameters.sized(kMaxBuffer)).bytes();
    parameters.sized(kMaxBuffer);  // the name, which follows from the public area
    parameters.finish();
    return 0;
  });
  until_read.release();
  return created;
}

std::optional<std::string> Tpm::read_public(std::uint32_t handle) {
  const Call call{.name = "TPM2_ReadPublic", .code = 0x173, .handles = {handle}};
  const Answer answer = send(call);
  if (answer.code != 0) return std::nullopt;
  return reading(call.name, [&] { return std::string(TpmReader(answer.body, "an answer").sized(kMaxBuffer)); });
}

Tpm::Signed Tpm::certify_creation(const Created& key) {
  const Answer answer = require(
      {.name = "TPM2_CertifyCreation",
       .code = 0x14a,
       .handles = {key.handle, key.handle},
       .sessions = {handle::kPassword},
       .parameters = TpmWriter().sized("").sized(key.creation_hash).number(alg::kNull).raw(key.ticket).bytes()});
  return read_signed("TPM2_CertifyCreation", answer.body);
}

Tpm::Signed Tpm::quote(std::uint32_t key, std::string_view nonce, const std::vector<unsigned>& pcrs) {
  const Answer answer =
      require({.name = "TPM2_Quote",
               .code = 0x158,
               .handles = {key},
               .sessions = {handle::kPassword},
               .parameters = TpmWriter().sized(nonce).number(alg::kNull).raw(selection_of(pcrs)).bytes()});
  return read_signed("TPM2_Quote", answer.body);
}

std::string Tpm::activate(std::uint32_t key, std::uint32_t endorsement_key, std::string_view id_object,
                          std::string_view encrypted_secret) {
  constexpr std::uint8_t kPolicy = 1;
  const Answer started = require({.name = "TPM2_StartAuthSession",
                                  .code = 0x176,
                                  .handles = {handle::kNull, handle::kNull},
                                  .parameters = TpmWriter()
                                                    .sized(random_bytes(16))
                                                    .sized("")
                                                    .number(kPolicy)
                                                    .number(alg::kNull)
                                                    .number(alg::kSha256)
                                                    .bytes()});
  Flushed session(*this, reading("TPM2_StartAuthSession",
                                 [&] { return TpmReader(started.body, "an answer").number<std::uint32_t>(); }));
  require({.name = "TPM2_PolicySecret",
           .code = 0x151,
           .handles = {handle::kEndorsement, session.handle()},
           .sessions = {handle::kPassword},
           .parameters = TpmWriter().sized("").sized("").sized("").number(std::uint32_t{0}).bytes()});
  const Answer answer = require({.name = "TPM2_ActivateCredential",
                                 .code = 0x147,
                                 .handles = {key, endorsement_key},
                                 .sessions = {handle::kPassword, session.handle()},
                                 .parameters = TpmWriter().raw(id_object).raw(encrypted_secret).bytes()});
  session.release();
  return reading("TPM2_ActivateCredential", [&] {
    TpmReader reader(answer.body, "an answer");
    TpmReader parameters(parameters_of(reader), "an answer");
    std::string secret(parameters.sized(kMaxBuffer));
    parameters.finish();
    return secret;
  });
}

std::optional<std::string> Tpm::read_nv(std::uint32_t index) {
  const Call look{.name = "TPM2_NV_ReadPublic", .code = 0x169, .handles = {index}};
  const Answer found = send(look);
  if (found.code == code::kNoHandle) return std::nullopt;
  if (found.code != 0)
    throw Error(reason::kRefused, "{} of {:#x}: the TPM answered {:#05x}", look.name, index, found.code);
  const std::size_t size = reading(look.name, [&] {
    TpmReader reader(found.body, "an answer");
    TpmReader area(reader.sized(kMaxBuffer), "an NV index");
    area.raw(4 + 2 + 4);  // index, name algorithm, attributes
    area.sized(64);       // policy
    return area.number<std::uint16_t>();
  });
  if (size > kMaxNvBytes) throw Error(reason::kDevice, "NV index {:#x} has {} bytes", index, size);
  std::string content;
  while (content.size() < size) {
    const std::size_t count = std::min(kNvChunk, size - content.size());
    const Answer answer = require({.name = "TPM2_NV_Read",
                                   .code = 0x14e,
                                   .handles = {index, index},
                                   .sessions = {handle::kPassword},
                                   .parameters = TpmWriter()
                                                     .number(static_cast<std::uint16_t>(count))
                                                     .number(static_cast<std::uint16_t>(content.size()))
                                                     .bytes()});
    content += reading("TPM2_NV_Read", [&] {
      TpmReader reader(answer.body, "an answer");
      TpmReader parameters(parameters_of(reader), "an answer");
      const std::string_view part = parameters.sized(count);
      if (part.size() != count) throw Error(reason::kDevice, "{} bytes came of {}", part.size(), count);
      return std::string(part);
    });
  }
  return content;
}

void Tpm::flush(std::uint32_t handle) noexcept {
  try {
    send({.name = "TPM2_FlushContext", .code = 0x165, .parameters = TpmWriter().number(handle).bytes()});
  } catch (const std::exception&) {  // recovers: what cannot be flushed goes with the connection or the next start
  }
}

}  // namespace cairn::attest
