// SPDX-License-Identifier: Apache-2.0
#include "api/container.h"

namespace cairn::api {
namespace {

constexpr char kNoContainer[] = "machines upgrade by themselves, no container runs.";

}  // namespace

const object::Fields<EnvVar>& EnvVar::fields() {
  static const object::Fields<EnvVar> table{
      {"name", &EnvVar::name, "Name of the variable.", {.required = true}},
      {"value", &EnvVar::value, "Its value."},
      {"valueFrom", &EnvVar::value_from, "Where its value comes from.", {.not_supported = kNoContainer}},
  };
  return table;
}

const object::Fields<ContainerVolume>& ContainerVolume::fields() {
  static const object::Fields<ContainerVolume> table{
      {"name", &ContainerVolume::name, "Name of the volume.", {.required = true}},
      {"source", &ContainerVolume::source, "Path on the node.", {.required = true}},
      {"destination", &ContainerVolume::destination, "Path in the container.", {.required = true}},
  };
  return table;
}

const object::Fields<ContainerSpec>& ContainerSpec::fields() {
  static const object::Fields<ContainerSpec> table{
      {"image", &ContainerSpec::image, "Image of the container.", {.not_supported = kNoContainer}},
      {"command", &ContainerSpec::command, "Command of the container.", {.not_supported = kNoContainer}},
      {"args", &ContainerSpec::args, "Arguments of the command.", {.not_supported = kNoContainer}},
      {"envs", &ContainerSpec::envs,
       "Switches: FORCE=true upgrades to an older version too, UPGRADE_RECOVERY=true the recovery system as well, "
       "UPGRADE_RECOVERY_ONLY=true nothing but it."},
      {"envFrom", &ContainerSpec::env_from, "Sources of variables.", {.not_supported = kNoContainer}},
      {"volumes", &ContainerSpec::volumes, "Folders of the node in the container.", {.not_supported = kNoContainer}},
      {"securityContext",
       &ContainerSpec::security_context,
       "Rights of the container.",
       {.not_supported = kNoContainer}},
  };
  return table;
}

}  // namespace cairn::api
