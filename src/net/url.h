// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cairn::net {

// An http or https URL (RFC 3986, the subset that HTTP uses), host in lower case. Exists only if it parsed.
struct Url {
  std::string scheme;  // "http" or "https"
  std::string host;    // without brackets
  std::uint16_t port = 0;
  std::string target;  // path and query, at least "/"; never a fragment

  // Throws reason::kBadUrl; user:password@ is refused, credentials travel in headers only.
  static Url parse(std::string_view text);
  // A Location header or a link, against this URL (RFC 3986 section 5.2). Throws reason::kBadUrl.
  Url resolve(std::string_view reference) const;

  std::string to_text() const;
  // For messages: without the query, which may hold a signature or a token.
  std::string to_public_text() const;
  // "host" or "host:port" (the port where it is not the scheme's own), as the Host header wants it.
  std::string authority() const;
  bool same_origin(const Url& other) const {
    return scheme == other.scheme && host == other.host && port == other.port;
  }
};

}  // namespace cairn::net
