// SPDX-License-Identifier: Apache-2.0
#include "node/effect_files.h"

#include "core/effect_file.h"

#include <algorithm>
#include <vector>

namespace cairn::node {

void EffectFiles::ensure_folder(const std::filesystem::path& name) {
  if (name.empty() || made_.contains(name)) return;
  ensure_folder(name.parent_path());
  if (!std::filesystem::is_directory(root_ / name)) effects_.make_directory(root_ / name, 0755);
  effects_.sync_directory((root_ / name).parent_path());
  made_.insert(name);
}

void EffectFiles::write(const std::filesystem::path& name, std::string_view text, mode_t mode) {
  ensure_folder(name.parent_path());
  const std::filesystem::path path = root_ / name;
  write_new_file(effects_, path, text, mode);
  effects_.sync_directory(path.parent_path());
}

void EffectFiles::replace(const std::string& name, std::string_view text, mode_t mode) {
  const std::string fresh = "." + name + ".new";
  if (std::filesystem::exists(root_ / fresh)) effects_.remove(root_ / fresh);  // of a power cut
  write(fresh, text, mode);
  effects_.rename(root_ / fresh, root_ / name);
  effects_.sync_directory(root_);
}

void EffectFiles::remove(const std::string& name) {
  if (!std::filesystem::exists(std::filesystem::symlink_status(root_ / name))) return;
  effects_.remove(root_ / name);
  effects_.sync_directory(root_);
}

void EffectFiles::clear(const std::string& except) {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root_)) {
    if (entry.path() != root_ / except) found.push_back(entry.path());
  }
  // A folder comes before what is in it.
  std::sort(found.rbegin(), found.rend());
  for (const std::filesystem::path& path : found) effects_.remove(path);
  effects_.sync_directory(root_);
}

}  // namespace cairn::node
