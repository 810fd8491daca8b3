// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "object/fields.h"
#include "object/meta.h"

#include <string>
#include <vector>

// What a registration gives to its machines. Names, defaults and meaning are those of elemental-operator's
// MachineRegistration.spec.config; machines get the same as YAML.
namespace cairn::api {

// One requirement on a disk; all of a list must hold.
struct DeviceRequirement {
  std::string key;  // Name, Size
  std::string op;   // In, NotIn (Name); Gt, Lt (Size)
  std::vector<std::string> values;
  object::Unknown unknown;

  bool operator==(const DeviceRequirement&) const = default;
  static const object::Fields<DeviceRequirement>& fields();
};

struct SnapshotterConfig {
  std::string type = "loopdevice";
  std::int32_t max_snaps = 2;
  object::Unknown unknown;

  bool operator==(const SnapshotterConfig&) const = default;
  static const object::Fields<SnapshotterConfig>& fields();
};

struct InstallConfig {
  std::string firmware;
  std::string device;
  std::vector<DeviceRequirement> device_selector;
  bool no_format = false;
  std::vector<std::string> config_urls;
  std::string iso;
  std::string system_uri;
  bool debug = false;
  std::string tty;
  bool poweroff = false;
  bool reboot = false;
  bool eject_cd = false;
  bool disable_boot_entry = false;
  std::string config_dir;
  SnapshotterConfig snapshotter;
  object::Unknown unknown;

  bool operator==(const InstallConfig&) const = default;
  static const object::Fields<InstallConfig>& fields();
};

struct ResetConfig {
  bool enabled = false;
  bool reset_persistent = true;
  bool reset_oem = true;
  std::vector<std::string> config_urls;
  std::string system_uri;
  bool debug = false;
  bool poweroff = false;
  bool reboot = true;
  bool disable_boot_entry = false;
  object::Unknown unknown;

  bool operator==(const ResetConfig&) const = default;
  static const object::Fields<ResetConfig>& fields();
};

struct RegistrationConfig {
  std::string url;      // filled by the operator, never by users
  std::string ca_cert;  // PEM; likewise
  bool emulate_tpm = false;
  std::int64_t emulated_tpm_seed = 0;
  bool no_smbios = false;
  std::string auth = "tpm";  // tpm, mac, sys-uuid
  bool no_toolkit = false;
  object::Labels labels;
  object::Unknown unknown;

  bool operator==(const RegistrationConfig&) const = default;
  static const object::Fields<RegistrationConfig>& fields();
};

// Access of Elemental's agent to the API server of Rancher; we never give a machine such access.
struct SystemAgentConfig {
  bool strict_tls_mode = false;
  std::string url;
  std::string token;
  std::string secret_name;
  std::string secret_namespace;
  object::Unknown unknown;

  bool operator==(const SystemAgentConfig&) const = default;
  static const object::Fields<SystemAgentConfig>& fields();
};

struct ElementalConfig {
  InstallConfig install;
  ResetConfig reset;
  RegistrationConfig registration;
  SystemAgentConfig system_agent;
  object::Unknown unknown;

  bool operator==(const ElementalConfig&) const = default;
  static const object::Fields<ElementalConfig>& fields();
};

}  // namespace cairn::api
