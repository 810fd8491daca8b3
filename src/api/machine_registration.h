// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/elemental_config.h"
#include "object/condition.h"
#include "object/kind.h"

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cairn::api {

struct RegistrationNetwork {
  std::string configurator = "none";  // none, nmc, nmstate, nmconnections
  std::map<std::string, object::TypedLocalObjectReference> ip_addresses;
  json::object config;
  object::Unknown unknown;

  bool operator==(const RegistrationNetwork&) const = default;
  static const object::Fields<RegistrationNetwork>& fields();
};

struct MachineConfig {
  json::object cloud_config;
  RegistrationNetwork network;
  ElementalConfig elemental;
  object::Unknown unknown;

  bool operator==(const MachineConfig&) const = default;
  static const object::Fields<MachineConfig>& fields();
};

// Who admits new machines.
enum class Approval { manual, automatic };
constexpr std::array<std::pair<Approval, std::string_view>, 2> names_of(Approval) {
  return {{{Approval::manual, "manual"}, {Approval::automatic, "auto"}}};
}

struct MachineRegistrationSpec {
  std::string token;
  std::string machine_name;
  object::Labels machine_inventory_labels;
  object::Labels machine_inventory_annotations;
  // Before the keys of labels and annotations that machines send: empty for elemental.cattle.io/, "-" for nothing.
  std::string label_prefix;
  MachineConfig config;
  // Ours. Missing: machines that the CA pool vouches for or that an inventory was made for are admitted, others wait.
  std::optional<Approval> approval;
  std::string ek_ca_secret_name;  // missing: kDefaultEkCaSecret, if there is one
  object::Unknown unknown;

  bool operator==(const MachineRegistrationSpec&) const = default;
  static const object::Fields<MachineRegistrationSpec>& fields();
};

struct MachineRegistrationStatus {
  std::vector<object::Condition> conditions;
  std::string registration_url;
  std::string registration_token;
  std::optional<object::ObjectReference> service_account_ref;  // of Elemental's operator; we make none
  std::string rotation;                                        // annotation::kRotateToken that the token is of
  object::Unknown unknown;

  bool operator==(const MachineRegistrationStatus&) const = default;
  static const object::Fields<MachineRegistrationStatus>& fields();
};

// Where machines register, and what they are given.
struct MachineRegistration {
  object::ObjectMeta metadata;
  MachineRegistrationSpec spec;
  MachineRegistrationStatus status;
  object::Unknown unknown;

  bool operator==(const MachineRegistration&) const = default;
  static const object::Kind& kind();
  static const object::Fields<MachineRegistration>& fields();
};

// A Secret with PEM certificates under the key tls.crt, as Elemental has it.
inline constexpr char kDefaultEkCaSecret[] = "tpm-ca";
inline constexpr char kEkCaKey[] = "tls.crt";

// Reasons of the condition Ready.
namespace registration_reason {
inline constexpr char kCreated[] = "SuccessfullyCreated";
inline constexpr char kNoServerUrl[] = "MissingTokenOrServerURL";
inline constexpr char kDuplicateToken[] = "DuplicateToken";
}  // namespace registration_reason

}  // namespace cairn::api
