// SPDX-License-Identifier: Apache-2.0
#include "api/seed_image.h"

#include "api/conditions.h"
#include "api/names.h"

namespace cairn::api {

const object::Fields<BuildContainer>& BuildContainer::fields() {
  static const object::Fields<BuildContainer> table{
      {"name", &BuildContainer::name, "Name of the container."},
      {"image", &BuildContainer::image, "Image of the container."},
      {"command", &BuildContainer::command, "Command of the container."},
      {"args", &BuildContainer::args, "Arguments of the command."},
      {"imagePullPolicy", &BuildContainer::image_pull_policy, "When the image is pulled."},
  };
  return table;
}

const object::Fields<SeedImageSpec>& SeedImageSpec::fields() {
  static const object::Fields<SeedImageSpec> table{
      {"baseImage",
       &SeedImageSpec::base_image,
       "The operating system: an image in a registry, or the URL (http, https) of an ISO.",
       {.column = "Image", .column_priority = 1}},
      {"registrationRef",
       &SeedImageSpec::registration_ref,
       "The MachineRegistration that the medium carries.",
       {.required = true}},
      {"buildContainer",
       &SeedImageSpec::build_container,
       "A container that builds the medium.",
       {.not_supported = "the operator builds media itself, it runs no containers."}},
      {"cleanupAfterMinutes",
       &SeedImageSpec::cleanup_after_minutes,
       "How long the medium is kept after it was built; 0: for ever.",
       {.minimum = 0}},
      {"retriggerBuild", &SeedImageSpec::retrigger_build, "true builds it again; the operator sets it back to false."},
      {"size", &SeedImageSpec::size, "The room that the build may take."},
      {"type", &SeedImageSpec::type, "iso, or raw: a disk image.", {.required = true, .column = "Type"}},
      {"targetPlatform",
       &SeedImageSpec::target_platform,
       "The platform of the machines, such as linux/x86_64; missing: that of the operator.",
       {.pattern = R"(^$|^\S+\/\S+$)"}},
      {"cloud-config", &SeedImageSpec::cloud_config, "Cloud-config of the live system."},
  };
  return table;
}

const object::Fields<BuildProgress>& BuildProgress::fields() {
  static const object::Fields<BuildProgress> table{
      {"phase", &BuildProgress::phase, "queued, fetching or building."},
      {"percent", &BuildProgress::percent, "Percent of the whole.", {.minimum = 0, .maximum = 100}},
      {"remainingSeconds", &BuildProgress::remaining_seconds, "How long it will take yet.", {.minimum = 0}},
  };
  return table;
}

const object::Fields<SeedImageStatus>& SeedImageStatus::fields() {
  static const object::Fields<SeedImageStatus> table{
      {"conditions", &SeedImageStatus::conditions, "Ready, SeedImageReady, NotSupported.", object::condition_list()},
      {"downloadToken", &SeedImageStatus::download_token, "The token in the URLs."},
      {"downloadURL",
       &SeedImageStatus::download_url,
       "Where the medium is; a secret, as it holds a token.",
       {.column = "URL", .column_priority = 1}},
      {"checksumURL", &SeedImageStatus::checksum_url, "Where its SHA-256 is."},
      {"state",
       &SeedImageStatus::state,
       "The build: NotStarted, Initialized, Started, Completed or Failed.",
       {.one_of = {"", "Initialized", "Started", "Completed", "Failed", "NotStarted"}, .column = "State"}},
      {"progress", &SeedImageStatus::progress, "How far the build is."},
  };
  return table;
}

const object::Kind& SeedImage::kind() {
  static const object::Kind kind{
      .group = kElementalGroup,
      .version = kElementalVersion,
      .name = "SeedImage",
      .plural = "seedimages",
      .doc = "A medium that machines boot to register; built and served by the operator.",
      .short_names = {"seed"},
      .categories = {kCategory},
      .columns = {condition_column("Ready", condition::kSeedImageReady, "Whether the medium can be downloaded.")},
      .status = object::Kind::Status::sub_resource};
  return kind;
}

const object::Fields<SeedImage>& SeedImage::fields() {
  static const object::Fields<SeedImage> table{
      {"metadata", &SeedImage::metadata, "Metadata."},
      {"spec", &SeedImage::spec, "What is wanted.", {.required = true}},
      {"status", &SeedImage::status, "What is."},
  };
  return table;
}

}  // namespace cairn::api
