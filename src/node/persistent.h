// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/process.h"

#include <filesystem>
#include <string>

namespace cairn::node {

// The directories on the mounted COS_PERSISTENT that are bound over those of the root: .cairn/binds, one a path
// (docs/formats/mounts.md).
class PersistentStore {
 public:
  // Makes what is missing of the store itself, and removes what an interrupted seeding left.
  PersistentStore(const std::filesystem::path& mount_point, Runner& runner, std::stop_token stop = {});

  // The directory that belongs at `path` of the root. The first time it is seeded from `image`, which may be missing;
  // it appears complete and on the disk or not at all. What is there is never touched again.
  std::filesystem::path ensure(const std::string& path, const std::filesystem::path& image);

  // This machine's id (machine-id(5)), made the first time.
  std::string machine_id();

 private:
  std::filesystem::path root_;
  Runner& runner_;
  std::stop_token stop_;
};

// A new machine id: 32 random hexadecimal digits.
std::string make_machine_id();

}  // namespace cairn::node
