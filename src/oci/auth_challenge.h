// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/http_client.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::oci {

// One way in which a server asks for credentials (RFC 9110 section 11.6.1).
struct AuthChallenge {
  std::string scheme;                             // lower case: "basic", "bearer"
  std::map<std::string, std::string> parameters;  // names in lower case
};

// What the WWW-Authenticate fields of a response say, in order; several challenges may stand in one field. What follows
// a syntax error is left out: a challenge that can't be read can't be answered.
std::vector<AuthChallenge> parse_challenges(const net::Headers& headers);

}  // namespace cairn::oci
