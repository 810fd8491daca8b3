// SPDX-License-Identifier: Apache-2.0
#include "node/directory_in.h"

#include "core/error.h"
#include "core/unique_fd.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace cairn::node {

namespace fs = std::filesystem;

std::optional<fs::path> find_directory_in(const fs::path& root, const fs::path& path) {
  const UniqueFd top(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!top) throw system_error(errno, fmt::format("opening {}", root.string()));
  open_how how{};
  how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const UniqueFd found(static_cast<int>(::syscall(SYS_openat2, top.get(), path.c_str(), &how, sizeof how)));
  if (found) return fs::read_symlink(fmt::format("/proc/self/fd/{}", found.get()));
  if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP) return std::nullopt;
  throw system_error(errno, fmt::format("opening {} in {}", path.string(), root.string()));
}

fs::path ensure_directory_in(const fs::path& root, const fs::path& path) {
  if (auto found = find_directory_in(root, path)) return *found;
  const fs::path made = ensure_directory_in(root, path.parent_path()) / path.filename();
  if (::mkdir(made.c_str(), 0755) != 0) throw system_error(errno, fmt::format("making {}", made.string()));
  return made;
}

}  // namespace cairn::node
