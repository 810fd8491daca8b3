// SPDX-License-Identifier: Apache-2.0
#include "api/machine_registration.h"

#include "api/conditions.h"
#include "api/names.h"

namespace cairn::api {

const object::Fields<RegistrationNetwork>& RegistrationNetwork::fields() {
  static const object::Fields<RegistrationNetwork> table{
      {"configurator",
       &RegistrationNetwork::configurator,
       "What applies the configuration.",
       {.one_of = {"none", "nmc", "nmstate", "nmconnections"}}},
      {"ipAddresses", &RegistrationNetwork::ip_addresses, "Pools of addresses by the name that `config` uses."},
      {"config", &RegistrationNetwork::config, "The document of the configurator, with {name} for addresses."},
  };
  return table;
}

const object::Fields<MachineConfig>& MachineConfig::fields() {
  static const object::Fields<MachineConfig> table{
      {"cloud-config", &MachineConfig::cloud_config, "Cloud-config of the installed system."},
      {"network",
       &MachineConfig::network,
       "Network of the installed system.",
       {.not_supported = "write the files of the network by cloud-config."}},
      {"elemental", &MachineConfig::elemental, "Installation, reset and registration."},
  };
  return table;
}

const object::Fields<MachineRegistrationSpec>& MachineRegistrationSpec::fields() {
  static const object::Fields<MachineRegistrationSpec> table{
      {"token",
       &MachineRegistrationSpec::token,
       "The token in the registration URL, instead of a random one.",
       {.pattern = "^([a-z0-9]([a-z0-9-]*[a-z0-9])?)?$", .max_length = 253}},
      {"machineName", &MachineRegistrationSpec::machine_name,
       "Template of the names of machines, such as site-${Product/SerialNumber}; m-UUID when it is missing."},
      {"machineInventoryLabels", &MachineRegistrationSpec::machine_inventory_labels,
       "Labels of MachineInventories; values are templates."},
      {"machineInventoryAnnotations", &MachineRegistrationSpec::machine_inventory_annotations,
       "Annotations of MachineInventories; values are templates."},
      {"labelPrefix", &MachineRegistrationSpec::label_prefix,
       "Prefix of keys that machines send: empty for elemental.cattle.io, - for none."},
      {"config", &MachineRegistrationSpec::config, "What machines are given.", {.default_object = true}},
      {"approval",
       &MachineRegistrationSpec::approval,
       "Who admits new machines: manual, a person each; auto, nobody is asked. Missing: machines that ekCASecretName "
       "vouches for, or whose MachineInventory was made beforehand, are admitted, others wait for a person.",
       {.column = "Approval"}},
      {"ekCASecretName", &MachineRegistrationSpec::ek_ca_secret_name,
       "Secret of this namespace whose tls.crt holds the certificates, PEM, that must have signed the endorsement keys "
       "of TPMs. Missing: tpm-ca, if it is there."},
  };
  return table;
}

const object::Fields<MachineRegistrationStatus>& MachineRegistrationStatus::fields() {
  static const object::Fields<MachineRegistrationStatus> table{
      {"conditions", &MachineRegistrationStatus::conditions, "Ready, NotSupported.", object::condition_list()},
      {"registrationURL",
       &MachineRegistrationStatus::registration_url,
       "Where machines register; a secret, as it holds the token.",
       {.column = "URL", .column_priority = 1}},
      {"registrationToken", &MachineRegistrationStatus::registration_token, "The token in the URL."},
      {"serviceAccountRef", &MachineRegistrationStatus::service_account_ref,
       "Service account that Elemental's operator made; Cairn makes none."},
      {"rotation", &MachineRegistrationStatus::rotation,
       "Value of the annotation cairn.dev/rotate-token that the token was made for."},
  };
  return table;
}

const object::Kind& MachineRegistration::kind() {
  static const object::Kind kind{
      .group = kElementalGroup,
      .version = kElementalVersion,
      .name = "MachineRegistration",
      .plural = "machineregistrations",
      .doc = "Where machines register, and what they are given.",
      .short_names = {"mreg"},
      .categories = {kCategory},
      .columns = {condition_column("Ready", condition::kReady, "Whether machines can register.")},
      .status = object::Kind::Status::sub_resource};
  return kind;
}

const object::Fields<MachineRegistration>& MachineRegistration::fields() {
  static const object::Fields<MachineRegistration> table{
      {"metadata", &MachineRegistration::metadata, "Metadata."},
      {"spec", &MachineRegistration::spec, "What is wanted.", {.default_object = true}},
      {"status", &MachineRegistration::status, "What is."},
  };
  return table;
}

}  // namespace cairn::api
