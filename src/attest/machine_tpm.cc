// SPDX-License-Identifier: Apache-2.0
#include "attest/machine_tpm.h"

#include "attest/reasons.h"
#include "attest/tpm_codec.h"
#include "attest/tpm_constants.h"

namespace cairn::attest {
namespace {

constexpr std::size_t kMaxCredentialBytes = 1024;

// All of a key but what it is derived from.
std::string shape_of(const PublicArea& area) {
  PublicArea shape = area;
  shape.unique.clear();
  return shape.to_bytes();
}

// The persistent key where the TPM's maker or the system has put it, if it is of our template; else made anew.
Flushed load_ek(Tpm& tpm, std::string& public_area) {
  const PublicArea wanted = ek_template(tpm.read_nv(handle::kEkNonce).value_or(""));
  if (const auto found = tpm.read_public(handle::kPersistentEk)) {
    try {
      if (shape_of(PublicArea::parse(*found)) == shape_of(wanted)) {
        public_area = *found;
        Flushed persistent(tpm, handle::kPersistentEk);
        persistent.release();
        return persistent;
      }
    } catch (const Error&) {  // recovers: a key of another kind lies there, so ours is made
    }
  }
  Tpm::Created made = tpm.create_primary(wanted);
  public_area = std::move(made.public_area);
  return Flushed(tpm, made.handle);
}

// The certificate counts only for the key that this TPM can use.
EndorsementKey with_certificate(Tpm& tpm, const RsaKey& key) {
  const auto stored = tpm.read_nv(handle::kEkCertificate);
  if (!stored) return EndorsementKey::of_key(key);
  try {
    EndorsementKey certified = EndorsementKey::parse_nv(*stored);
    if (certified.key().der() == key.der()) return certified;
  } catch (const Error&) {  // recovers: the machine shows its key alone, and the server decides what that is worth
  }
  return EndorsementKey::of_key(key);
}

// One TPM2B and nothing else, so that bytes of a server never become another part of a command.
void require_one_buffer(std::string_view bytes, std::string_view what) {
  try {
    TpmReader reader(bytes, what);
    reader.sized(kMaxCredentialBytes);
    reader.finish();
  } catch (const Error& error) {  // recovers nothing: names the document that it came in
    throw Error(reason::kBadAttestation, "the challenge: {}", error.what());
  }
}

}  // namespace

MachineTpm::MachineTpm(Tpm& tpm)
    : tpm_(tpm),
      ek_(load_ek(tpm, ek_area_)),
      created_(tpm.create_primary(ak_template())),
      ak_(tpm, created_.handle),
      endorsement_key_(with_certificate(tpm, PublicArea::parse(ek_area_).key())) {
  const Tpm::Signed creation = tpm.certify_creation(created_);
  parameters_ = {.public_area = created_.public_area,
                 .creation_data = created_.creation_data,
                 .create_attestation = creation.attested,
                 .create_signature = creation.signature};
}

std::string MachineTpm::answer(const Credential& challenge) {
  require_one_buffer(challenge.id_object, "the credential");
  require_one_buffer(challenge.encrypted_secret, "the secret");
  return tpm_.activate(ak_.handle(), ek_.handle(), challenge.id_object, challenge.encrypted_secret);
}

Quote MachineTpm::quote(std::string_view nonce, const std::vector<unsigned>& pcrs) {
  const Tpm::Signed result = tpm_.quote(ak_.handle(), nonce, pcrs);
  return {result.attested, result.signature};
}

}  // namespace cairn::attest
