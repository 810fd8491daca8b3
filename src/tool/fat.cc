// SPDX-License-Identifier: Apache-2.0
#include "tool/fat.h"

#include "core/error.h"
#include "core/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <set>

namespace cairn::tool {
namespace {

namespace fs = std::filesystem;

void make_sparse_file(const fs::path& path, std::uint64_t size) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!fd || ::ftruncate(fd.get(), static_cast<off_t>(size)) != 0) {
    throw system_error(errno, fmt::format("making {}", path.string()));
  }
}

void set_mtime(const fs::path& path, std::int64_t mtime) {
  const timespec times[2] = {{.tv_sec = mtime, .tv_nsec = 0}, {.tv_sec = mtime, .tv_nsec = 0}};
  if (::utimensat(AT_FDCWD, path.c_str(), times, 0) != 0) {
    throw system_error(errno, fmt::format("setting the time of {}", path.string()));
  }
}

// A tree of copies with the wanted times: mcopy -m keeps the times of what it copies, of directories, too.
void stage(const FileMap& files, std::int64_t time, const fs::path& root) {
  for (const auto& [name, source] : files) {
    const fs::path target = root / name;
    fs::create_directories(target.parent_path());
    FileSource content(source);
    const UniqueFd copy(::open(target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (!copy) throw system_error(errno, fmt::format("making {}", target.string()));
    FdSink sink(copy.get(), target.string());
    copy_all(content, sink);
  }
  for (const auto& entry : fs::recursive_directory_iterator(root)) set_mtime(entry.path(), time);
}

}  // namespace

void fill_fat(const fs::path& device, const Extent& where, const FileMap& files, std::int64_t time,
              const fs::path& scratch, Runner& runner, const std::stop_token& stop) {
  if (files.empty()) return;
  stage(files, time, scratch);
  Command copy{.program = "mcopy",
               .args = {"-s", "-m", "-i", fmt::format("{}@@{}", device.string(), where.offset)},
               .environment = {{"SOURCE_DATE_EPOCH", std::to_string(time)}, {"TZ", "UTC"}, {"MTOOLS_SKIP_CHECK", "1"}},
               .stop = stop};
  std::set<std::string> tops;  // in order, so that the directory's order does not depend on the disk's
  for (const auto& [name, source] : files) tops.insert(name.substr(0, name.find('/')));
  for (const std::string& top : tops) copy.args.push_back((scratch / top).string());
  copy.args.push_back("::/");
  runner.run(copy);
}

void make_fat_image(const fs::path& path, const FatImage& image, const fs::path& scratch, Runner& runner,
                    const std::stop_token& stop) {
  make_sparse_file(path, image.size);
  runner.run({.program = "mkfs.vfat",
              .args = {"--invariant", "-i", fmt::format("{:08x}", image.volume_id), "-n", image.label, path.string()},
              .environment = {{"SOURCE_DATE_EPOCH", std::to_string(image.mtime)}, {"TZ", "UTC"}},
              .stop = stop});
  fill_fat(path, {.offset = 0, .size = image.size}, image.files, image.mtime, scratch, runner, stop);
}

}  // namespace cairn::tool
