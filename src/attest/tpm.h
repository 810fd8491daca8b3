// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "attest/public_area.h"
#include "attest/transport.h"
#include "core/clock.h"

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::attest {

// The few commands of a TPM 2.0 that Cairn sends (TCG TPM 2.0 Library part 3). Every answer is checked against its own
// sizes. Throws reason::kDevice for answers that are none, kRefused with the TPM's code, kLocked in lockout, kCanceled.
// Hierarchies are used with empty passwords. Not for use by two threads.
class Tpm {
 public:
  Tpm(Transport& transport, Clock& clock, std::stop_token stop)
      : transport_(transport), clock_(clock), stop_(std::move(stop)) {}
  Tpm(const Tpm&) = delete;
  Tpm& operator=(const Tpm&) = delete;

  struct Created {
    std::uint32_t handle = 0;
    std::string public_area;    // TPMT_PUBLIC
    std::string creation_data;  // TPMS_CREATION_DATA
    std::string creation_hash;
    std::string ticket;  // TPMT_TK_CREATION
  };
  struct Signed {
    std::string attested;   // TPMS_ATTEST
    std::string signature;  // TPMT_SIGNATURE
  };

  // A primary key of the endorsement hierarchy: the same template gives the same key until the TPM is cleared.
  Created create_primary(const PublicArea& key_template);
  // The public area of a key; nothing where the handle holds none.
  std::optional<std::string> read_public(std::uint32_t handle);
  // `key`, a signing key, states that this TPM created it.
  Signed certify_creation(const Created& key);
  // PCRs of the SHA-256 bank, with the asker's nonce.
  Signed quote(std::uint32_t key, std::string_view nonce, const std::vector<unsigned>& pcrs);
  // What make_credential() hid (both parts are TPM2Bs). `endorsement_key` is used by its policy.
  std::string activate(std::uint32_t key, std::uint32_t endorsement_key, std::string_view id_object,
                       std::string_view encrypted_secret);
  // The content of an NV index; nothing where the index is not defined. At most 16 KiB.
  std::optional<std::string> read_nv(std::uint32_t index);
  // Never throws: a handle that can't be flushed is the TPM's to lose.
  void flush(std::uint32_t handle) noexcept;

 private:
  struct Answer {
    std::uint32_t code = 0;
    std::string body;  // what follows the header
  };
  struct Call;

  Answer send(const Call& call);
  Answer require(const Call& call);

  Transport& transport_;
  Clock& clock_;
  std::stop_token stop_;
};

// Flushes a transient object or session when it goes.
class Flushed {
 public:
  Flushed(Tpm& tpm, std::uint32_t handle) : tpm_(&tpm), handle_(handle) {}
  Flushed(Flushed&& other) noexcept : tpm_(std::exchange(other.tpm_, nullptr)), handle_(other.handle_) {}
  Flushed& operator=(Flushed&&) = delete;
  ~Flushed() {
    if (tpm_ != nullptr) tpm_->flush(handle_);
  }
  std::uint32_t handle() const { return handle_; }
  // The TPM flushed it itself.
  void release() { tpm_ = nullptr; }

 private:
  Tpm* tpm_;
  std::uint32_t handle_;
};

}  // namespace cairn::attest
