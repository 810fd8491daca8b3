// SPDX-License-Identifier: Apache-2.0
#include "api/elemental_config.h"

namespace cairn::api {

const object::Fields<DeviceRequirement>& DeviceRequirement::fields() {
  static const object::Fields<DeviceRequirement> table{
      {"key", &DeviceRequirement::key, "What is compared.", {.required = true, .one_of = {"Name", "Size"}}},
      {"operator",
       &DeviceRequirement::op,
       "How: In and NotIn for Name, Gt and Lt for Size.",
       {.required = true, .one_of = {"In", "NotIn", "Gt", "Lt"}}},
      {"values", &DeviceRequirement::values, "Names with or without /dev/, or one size such as 100Gi."},
  };
  return table;
}

const object::Fields<SnapshotterConfig>& SnapshotterConfig::fields() {
  static const object::Fields<SnapshotterConfig> table{
      {"type", &SnapshotterConfig::type, "How systems are kept: loopdevice. btrfs counts as loopdevice."},
      {"maxSnaps", &SnapshotterConfig::max_snaps, "How many systems are kept.", {.minimum = 2}},
  };
  return table;
}

const object::Fields<InstallConfig>& InstallConfig::fields() {
  static const object::Fields<InstallConfig> table{
      {"firmware", &InstallConfig::firmware, "How the machine boots: efi, or empty for what it booted with."},
      {"device", &InstallConfig::device, "The disk to install to; wins over device-selector."},
      {"device-selector", &InstallConfig::device_selector, "Requirements on the disk; all must hold."},
      {"no-format",
       &InstallConfig::no_format,
       "Keep the partitions that are there.",
       {.not_supported = "an installation makes its partitions anew."}},
      {"config-urls", &InstallConfig::config_urls, "Cloud-config documents to fetch."},
      {"iso", &InstallConfig::iso, "URL of an ISO to install from."},
      {"system-uri", &InstallConfig::system_uri, "The image to install, instead of that of the medium."},
      {"debug", &InstallConfig::debug, "Log more."},
      {"tty", &InstallConfig::tty, "One more console, such as ttyS1."},
      {"poweroff", &InstallConfig::poweroff, "Turn the machine off afterwards."},
      {"reboot", &InstallConfig::reboot, "Reboot the machine afterwards."},
      {"eject-cd",
       &InstallConfig::eject_cd,
       "Eject the medium at the reboot.",
       {.not_supported = "the medium stays where it is."}},
      {"disable-boot-entry", &InstallConfig::disable_boot_entry, "Leave the menu of the firmware alone."},
      {"config-dir", &InstallConfig::config_dir, "Folder of the installer's configuration, on the medium."},
      {"snapshotter", &InstallConfig::snapshotter, "How systems are kept.", {.default_object = true}},
  };
  return table;
}

const object::Fields<ResetConfig>& ResetConfig::fields() {
  static const object::Fields<ResetConfig> table{
      {"enabled", &ResetConfig::enabled, "Machines are reset when their MachineInventory is deleted."},
      {"reset-persistent", &ResetConfig::reset_persistent, "A reset wipes the partition COS_PERSISTENT."},
      {"reset-oem", &ResetConfig::reset_oem, "A reset wipes the partition COS_OEM."},
      {"config-urls", &ResetConfig::config_urls, "Cloud-config documents to fetch."},
      {"system-uri", &ResetConfig::system_uri, "The image to install, instead of that of the recovery system."},
      {"debug", &ResetConfig::debug, "Log more."},
      {"poweroff", &ResetConfig::poweroff, "Turn the machine off afterwards."},
      {"reboot", &ResetConfig::reboot, "Reboot the machine afterwards."},
      {"disable-boot-entry", &ResetConfig::disable_boot_entry, "Leave the menu of the firmware alone."},
  };
  return table;
}

const object::Fields<RegistrationConfig>& RegistrationConfig::fields() {
  static const object::Fields<RegistrationConfig> table{
      {"url", &RegistrationConfig::url, "Where machines register; the operator fills it in."},
      {"ca-cert", &RegistrationConfig::ca_cert, "Certificates that machines trust, PEM; the operator fills it in."},
      {"emulate-tpm", &RegistrationConfig::emulate_tpm,
       "Admit machines whose TPM is emulated in software: whoever knows the seed can be the machine."},
      {"emulated-tpm-seed", &RegistrationConfig::emulated_tpm_seed,
       "Seed of emulated TPMs; -1 makes one for each machine, 0 leaves it to the machine."},
      {"no-smbios", &RegistrationConfig::no_smbios, "Machines send no data about their hardware."},
      {"auth",
       &RegistrationConfig::auth,
       "How machines prove who they are: tpm; or mac or sys-uuid, which prove nothing and are admitted only here.",
       {.one_of = {"tpm", "mac", "sys-uuid"}}},
      {"no-toolkit", &RegistrationConfig::no_toolkit, "The operating system of machines is not ours to manage."},
      {"labels", &RegistrationConfig::labels, "Labels that machines send."},
  };
  return table;
}

const object::Fields<SystemAgentConfig>& SystemAgentConfig::fields() {
  static const object::Fields<SystemAgentConfig> table{
      {"strictTLSMode", &SystemAgentConfig::strict_tls_mode, "Trust the given certificates only."},
      {"url", &SystemAgentConfig::url, "API server."},
      {"token", &SystemAgentConfig::token, "Token of a service account."},
      {"secret-name", &SystemAgentConfig::secret_name, "Name of the plan Secret."},
      {"secret-namespace", &SystemAgentConfig::secret_namespace, "Namespace of the plan Secret."},
  };
  return table;
}

const object::Fields<ElementalConfig>& ElementalConfig::fields() {
  static const object::Fields<ElementalConfig> table{
      {"install", &ElementalConfig::install, "The installation."},
      {"reset", &ElementalConfig::reset, "The reset of installed machines.", {.default_object = true}},
      {"registration", &ElementalConfig::registration, "The registration of machines."},
      {"system-agent",
       &ElementalConfig::system_agent,
       "Access of Elemental's agent to an API server.",
       {.not_supported = "no machine gets access to the API server; agents are given work by the operator."}},
  };
  return table;
}

}  // namespace cairn::api
