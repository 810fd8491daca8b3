// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/effects.h"

#include <filesystem>
#include <set>
#include <string>
#include <string_view>

namespace cairn::node {

// Small files of a file system, through Effects: each is written, flushed, and its name, too.
class EffectFiles {
 public:
  EffectFiles(Effects& effects, std::filesystem::path root) : effects_(effects), root_(std::move(root)) {}

  // Makes a file ("EFI/BOOT/BOOTX64.EFI") and the folders that it needs. It must not exist.
  void write(const std::filesystem::path& name, std::string_view text, mode_t mode = 0644);

  // Makes a file of the folder, or takes the place of one: a reader finds the old one or the new one.
  void replace(const std::string& name, std::string_view text, mode_t mode = 0644);

  // Removes a file of the folder, if it is there.
  void remove(const std::string& name);
  // Removes everything below the folder but this file of it.
  void clear(const std::string& except);

 private:
  void ensure_folder(const std::filesystem::path& name);

  Effects& effects_;
  std::filesystem::path root_;
  std::set<std::filesystem::path> made_;
};

}  // namespace cairn::node
