// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/secret.h"

#include <string>

namespace cairn::net {

// TLS of a client that belongs to one server, such as an API server; all in PEM.
struct TlsSettings {
  std::string ca;           // trusted instead of the system's roots
  std::string certificate;  // shown to a server that asks, with the chain that follows it
  Secret key;               // of the certificate
  std::string server_name;  // what the server's certificate must hold, where that is not the URL's host
};

}  // namespace cairn::net
