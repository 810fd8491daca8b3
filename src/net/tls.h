// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/byte_stream.h"
#include "net/tls_settings.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

struct ssl_ctx_st;

namespace cairn::net {

using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// What a client trusts and shows: the system's roots (SSL_CERT_FILE and SSL_CERT_DIR, or the usual places of Debian,
// Alpine, RHEL and SUSE) or those of the settings, and one more file. TLS 1.2 and later.
class TlsContext {
 public:
  enum class Verify { chain_and_name, nothing };

  // Throws reason::kTls when a file that was named, or a PEM of the settings, cannot be read.
  TlsContext(const std::optional<std::filesystem::path>& ca_file, Verify verify, const TlsSettings& settings,
             const Environment& environment);

  // Shakes hands over a connected socket with the server that calls itself `host` (a name or an address).
  // Throws reason::kTls saying why the server is not trusted; kConnectionLost, kTimedOut, kCanceled.
  std::unique_ptr<ByteStream> connect(UniqueFd socket, const std::string& host, const Patience& patience) const;

 private:
  std::shared_ptr<ssl_ctx_st> context_;
  Verify verify_;
};

}  // namespace cairn::net
