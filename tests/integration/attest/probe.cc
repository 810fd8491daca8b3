// SPDX-License-Identifier: Apache-2.0
// Both sides of attestation as steps that a script can put other people's programs between. Binary values are
// hexadecimal, documents are files.
//   probe describe TPM                           the attestation document
//   probe name|ak-pem|ek-pem|hash DOCUMENT       what it says, once it is proven
//   probe trust DOCUMENT AUTHORITIES             whether the authorities vouch for it
//   probe challenge DOCUMENT SECRET              a challenge document
//   probe answer TPM CHALLENGE                   the secret
//   probe quote TPM NONCE FILE                   FILE.attested and FILE.signature, about PCRs 0, 7 and 16
//   probe check-quote DOCUMENT NONCE FILE        the digest of the PCRs
#include "attest/machine_tpm.h"
#include "core/error.h"
#include "core/file.h"

#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <map>

namespace {

using namespace cairn;

const std::vector<unsigned> kPcrs = {0, 7, 16};

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

std::string unhex(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16));
  return bytes;
}

template <class Body>
auto with_machine(const std::string& path, Body&& body) {
  const auto transport = attest::open_tpm(path);
  attest::Tpm tpm(*transport, system_clock(), {});
  attest::MachineTpm machine(tpm);
  return body(machine);
}

attest::AttestationData document(const std::string& path) {
  return attest::AttestationData::parse(read_file(path, 64 << 10));
}

using Words = std::vector<std::string>;

std::string challenge(const Words& words) {
  const auto data = document(words[0]);
  return attest::challenge_json(attest::make_credential(
      data.endorsement_key.key(), attest::verify_ak(data.attestation_key).name(), unhex(words[1])));
}

std::string answer(const Words& words) {
  const auto asked = attest::parse_challenge(read_file(words[1], 64 << 10));
  return hex(with_machine(words[0], [&](auto& machine) { return machine.answer(asked); }));
}

std::string quote(const Words& words) {
  const auto made = with_machine(words[0], [&](auto& machine) { return machine.quote(unhex(words[1]), kPcrs); });
  atomic_write(words[2] + ".attested", as_bytes(made.attested));
  atomic_write(words[2] + ".signature", as_bytes(made.signature));
  return "";
}

std::string check_quote(const Words& words) {
  const auto ak = attest::verify_ak(document(words[0]).attestation_key);
  const attest::Quote made{read_file(words[2] + ".attested", 4096), read_file(words[2] + ".signature", 4096)};
  return hex(attest::verify_quote(ak.key(), made, unhex(words[1]), kPcrs).pcr_digest);
}

std::string trust(const Words& words) {
  attest::EkAuthorities::parse(read_file(words[1], 1 << 20))
      .require(document(words[0]).endorsement_key, std::chrono::system_clock::now());
  return "trusted";
}

struct Step {
  std::size_t words;
  std::function<std::string(const Words&)> run;
};

const std::map<std::string, Step> kSteps = {
    {"describe",
     {1,
      [](const Words& w) {
        return with_machine(w[0], [](auto& machine) { return machine.attestation().to_json(); });
      }}},
    {"name", {1, [](const Words& w) { return hex(attest::verify_ak(document(w[0]).attestation_key).name()); }}},
    {"ak-pem", {1, [](const Words& w) { return attest::verify_ak(document(w[0]).attestation_key).key().pem(); }}},
    {"ek-pem", {1, [](const Words& w) { return document(w[0]).endorsement_key.key().pem(); }}},
    {"hash", {1, [](const Words& w) { return document(w[0]).endorsement_key.hash(); }}},
    {"trust", {2, trust}},
    {"challenge", {2, challenge}},
    {"answer", {2, answer}},
    {"quote", {3, quote}},
    {"check-quote", {3, check_quote}},
};

}  // namespace

int main(int argc, char** argv) {
  const Words words(argv + std::min(argc, 2), argv + argc);
  const auto step = argc < 2 ? kSteps.end() : kSteps.find(argv[1]);
  if (step == kSteps.end() || step->second.words != words.size()) return 2;
  try {
    fmt::print("{}\n", step->second.run(words));
    return 0;
  } catch (const Error& error) {
    fmt::print(stderr, "{} {}\n", error.reason().code, error.what());
    return exit_code(error.kind());
  }
}
