// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "object/fields.h"

#include <string>
#include <vector>

namespace cairn::api {

// corev1.EnvVar.
struct EnvVar {
  std::string name;
  std::string value;
  json::object value_from;
  object::Unknown unknown;

  bool operator==(const EnvVar&) const = default;
  static const object::Fields<EnvVar>& fields();
};

struct ContainerVolume {
  std::string name;
  std::string source;
  std::string destination;
  object::Unknown unknown;

  bool operator==(const ContainerVolume&) const = default;
  static const object::Fields<ContainerVolume>& fields();
};

// system-upgrade-controller's ContainerSpec, by which Elemental upgrades. Machines upgrade by themselves, so only its
// environment has a meaning: the switches FORCE, UPGRADE_RECOVERY and UPGRADE_RECOVERY_ONLY.
struct ContainerSpec {
  std::string image;
  std::vector<std::string> command;
  std::vector<std::string> args;
  std::vector<EnvVar> envs;
  std::vector<json::object> env_from;
  std::vector<ContainerVolume> volumes;
  json::object security_context;
  object::Unknown unknown;

  bool operator==(const ContainerSpec&) const = default;
  static const object::Fields<ContainerSpec>& fields();
};

}  // namespace cairn::api
