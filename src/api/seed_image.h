// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "object/condition.h"
#include "object/kind.h"
#include "object/quantity.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace cairn::api {

struct BuildContainer {
  std::string name;
  std::string image;
  std::vector<std::string> command;
  std::vector<std::string> args;
  std::string image_pull_policy;
  object::Unknown unknown;

  bool operator==(const BuildContainer&) const = default;
  static const object::Fields<BuildContainer>& fields();
};

enum class SeedImageType { iso, raw };
constexpr std::array<std::pair<SeedImageType, std::string_view>, 2> names_of(SeedImageType) {
  return {{{SeedImageType::iso, "iso"}, {SeedImageType::raw, "raw"}}};
}

struct SeedImageSpec {
  std::string base_image;
  object::ObjectReference registration_ref;
  std::optional<BuildContainer> build_container;
  std::int32_t cleanup_after_minutes = 60;  // 0: never
  bool retrigger_build = false;
  object::Quantity size = object::Quantity::parse("6Gi");
  SeedImageType type = SeedImageType::iso;
  std::string target_platform;
  json::object cloud_config;
  object::Unknown unknown;

  bool operator==(const SeedImageSpec&) const = default;
  static const object::Fields<SeedImageSpec>& fields();
};

// Ours.
struct BuildProgress {
  std::string phase;  // queued, fetching, building
  std::int32_t percent = 0;
  std::int64_t remaining_seconds = 0;  // 0: not known
  object::Unknown unknown;

  bool operator==(const BuildProgress&) const = default;
  static const object::Fields<BuildProgress>& fields();
};

struct SeedImageStatus {
  std::vector<object::Condition> conditions;
  std::string download_token;
  std::string download_url;
  std::string checksum_url;
  std::string state;  // Initialized, Started, Completed, Failed, NotStarted
  std::optional<BuildProgress> progress;
  object::Unknown unknown;

  bool operator==(const SeedImageStatus&) const = default;
  static const object::Fields<SeedImageStatus>& fields();
};

// A medium that machines boot to register; built and served by the operator.
struct SeedImage {
  object::ObjectMeta metadata;
  SeedImageSpec spec;
  SeedImageStatus status;
  object::Unknown unknown;

  bool operator==(const SeedImage&) const = default;
  static const object::Kind& kind();
  static const object::Fields<SeedImage>& fields();
};

namespace condition {
inline constexpr char kSeedImageReady[] = "SeedImageReady";
}  // namespace condition

// Reasons of the conditions SeedImageReady and Ready.
namespace seed_image_reason {
inline constexpr char kNotStarted[] = "SeedImageBuildNotStarted";
inline constexpr char kOngoing[] = "SeedImageBuildOngoing";
inline constexpr char kFailed[] = "SeedImageBuildFailure";
inline constexpr char kSuccess[] = "SeedImageBuildSuccess";
inline constexpr char kDeadline[] = "SeedImageBuildDeadline";  // its time is over, the file is gone
inline constexpr char kRegistrationNotFound[] = "RegistrationNotFound";
inline constexpr char kCreated[] = "ResourcesSuccessfullyCreated";
}  // namespace seed_image_reason

}  // namespace cairn::api
