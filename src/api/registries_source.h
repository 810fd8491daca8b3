// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "object/fields.h"

#include <string>

namespace cairn::api {

// Where mirrors of and credentials for registries come from.
struct RegistriesSource {
  std::string secret_name;  // of the same namespace
  object::Unknown unknown;

  bool operator==(const RegistriesSource&) const = default;
  static const object::Fields<RegistriesSource>& fields();
};

inline constexpr char kRegistriesKey[] = "registries.yaml";  // of the Secret; in the form of k3s

}  // namespace cairn::api
