// SPDX-License-Identifier: Apache-2.0
#include "node/persistent.h"

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/text.h"
#include "disk/guid.h"
#include "node/mount_plan.h"
#include "tool/copy.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace cairn::node {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kUnfinished = ".new-";
constexpr std::size_t kMaxId = 256;

// What is not in the image and is nobody's business but root's.
constexpr std::array<std::string_view, 3> kPrivate{"/root", "/var/lib/cairn", "/var/lib/etcd"};

bool is_machine_id(std::string_view text) {
  return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos &&
         text.find_first_not_of('0') != std::string_view::npos;
}

void sync_file_system(const fs::path& directory) {
  const UniqueFd fd = open_read(directory);
  if (::syncfs(fd.get()) != 0) throw system_error(errno, fmt::format("syncing {}", directory.string()));
}

}  // namespace

std::string make_machine_id() {
  disk::RandomGuids guids;
  std::string id = guids.make("machine").text();
  std::erase(id, '-');
  return id;
}

PersistentStore::PersistentStore(const fs::path& mount_point, Runner& runner, std::stop_token stop)
    : root_(mount_point / ".cairn"), runner_(runner), stop_(std::move(stop)) {
  const fs::path binds = root_ / "binds";
  fs::create_directories(binds);
  std::vector<fs::path> unfinished;
  for (const auto& entry : fs::directory_iterator(binds)) {
    if (entry.path().filename().string().starts_with(kUnfinished)) unfinished.push_back(entry.path());
  }
  for (const fs::path& path : unfinished) fs::remove_all(path);
}

fs::path PersistentStore::ensure(const std::string& path, const fs::path& image) {
  const std::string name = escape_path(path);
  const fs::path final_path = root_ / "binds" / name;
  if (fs::is_directory(final_path)) return final_path;
  const fs::path fresh = root_ / "binds" / fmt::format("{}{}", kUnfinished, name);
  fs::remove_all(fresh);
  const bool is_private = std::find(kPrivate.begin(), kPrivate.end(), path) != kPrivate.end();
  if (::mkdir(fresh.c_str(), is_private ? 0700 : 0755) != 0) {
    throw system_error(errno, fmt::format("making {}", fresh.string()));
  }
  if (fs::is_directory(image)) tool::copy_directory(image, fresh, runner_, stop_);
  sync_file_system(fresh);
  fs::rename(fresh, final_path);
  sync_directory(final_path.parent_path());
  return final_path;
}

std::string PersistentStore::machine_id() {
  const fs::path path = root_ / "machine-id";
  if (fs::is_regular_file(path)) {
    if (std::string id(trim(read_file(path, kMaxId))); is_machine_id(id)) return id;
    log::warning("the machine id on the disk is damaged, making a new one", {{"file", path.string()}});
  }
  const std::string id = make_machine_id();
  atomic_write(path, as_bytes(id + "\n"), 0444);
  return id;
}

}  // namespace cairn::node
