// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/process.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace cairn::tool {

// A Dockerfile to build.
struct DockerfileBuild {
  std::filesystem::path dockerfile;
  std::filesystem::path context;
  std::vector<std::string> arguments;                // NAME=VALUE, as `docker build --build-arg`
  std::string platform;                              // "linux/amd64"; empty: the machine's
  bool plain_http = false;                           // of registries that the Dockerfile names
  std::optional<std::int64_t> mtime = std::nullopt;  // SOURCE_DATE_EPOCH for the layers, where the builder can
};

// Builds it with the first of buildah, podman and docker that is installed, and writes the image as an OCI layout
// archive to `archive`, which must not exist. The builder's own output goes to standard error. Throws
// reason::kToolMissing when none is there, kToolFailed when the build fails.
void build_dockerfile(const DockerfileBuild& build, const std::filesystem::path& archive, Runner& runner,
                      const std::stop_token& stop = {});

}  // namespace cairn::tool
