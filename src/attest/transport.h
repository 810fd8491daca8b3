// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/clock.h"
#include "core/unique_fd.h"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace cairn::attest {

// Carries one command to a TPM and its answer back.
class Transport {
 public:
  virtual ~Transport() = default;
  // Throws reason::kDevice for an answer that is none or never comes.
  virtual std::string transmit(std::string_view command) = 0;
};

// A TPM's device (/dev/tpmrm0, /dev/tpm0), or the UNIX socket of a software TPM (`swtpm socket --server
// type=unixio,path=...`). Throws reason::kNoTpm when it cannot be opened.
std::unique_ptr<Transport> open_tpm(const std::filesystem::path& path);

// The device of this machine's first TPM 2.0, by preference behind the kernel's resource manager, below `sysfs`
// (/sys/class/tpm) and `devices` (/dev). Throws reason::kNoTpm.
std::filesystem::path find_tpm(const std::filesystem::path& sysfs, const std::filesystem::path& devices);

}  // namespace cairn::attest
