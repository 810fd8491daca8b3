// SPDX-License-Identifier: Apache-2.0
#include "media/staging.h"

#include "core/file.h"
#include "core/text.h"
#include "media/reasons.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

namespace cairn::media {
namespace {

namespace fs = std::filesystem;

// Counts and hashes what passes.
class MeasuredSource final : public Source {
 public:
  explicit MeasuredSource(Source& inner) : inner_(inner) {}
  std::size_t read(MutableBytes out) override {
    const std::size_t count = inner_.read(out);
    hasher_.write(out.first(count));
    size_ += count;
    return count;
  }
  MediumFile finish(std::string_view path) { return {std::string(path), size_, hasher_.finish()}; }

 private:
  Source& inner_;
  Hasher hasher_;
  std::uint64_t size_ = 0;
};

class NullSink final : public Sink {
 public:
  void write(Bytes) override {}
};

void make_directories(const fs::path& path) {
  std::error_code code;
  fs::create_directories(path, code);
  if (code) throw system_error(code.value(), fmt::format("making {}", path.string()));
}

}  // namespace

fs::path Staging::path_of(std::string_view medium_path) const { return root_ / medium_path.substr(1); }

MediumFile Staging::write(std::string_view medium_path, Source& content) {
  const fs::path target = path_of(medium_path);
  make_directories(target.parent_path());
  const UniqueFd fd(::open(target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!fd && errno == EEXIST) {
    throw Error(reason::kBadMedium, "the medium has a file {} already", printable(medium_path));
  }
  if (!fd) throw system_error(errno, fmt::format("making {}", target.string()));
  MeasuredSource measured(content);
  FdSink sink(fd.get(), target.string());
  copy_all(measured, sink);
  return files_.emplace_back(measured.finish(medium_path));
}

MediumFile Staging::write_text(std::string_view medium_path, std::string_view text) {
  TextSource source(text);
  return write(medium_path, source);
}

MediumFile Staging::copy(std::string_view medium_path, const fs::path& from) {
  FileSource source(from);
  return write(medium_path, source);
}

void Staging::copy_tree(std::string_view medium_path, const fs::path& from) {
  std::error_code code;
  std::vector<fs::path> paths;
  for (fs::recursive_directory_iterator at(from, code), end; !code && at != end; at.increment(code)) {
    if (at->is_symlink() || !(at->is_directory() || at->is_regular_file())) {
      throw Error(reason::kBadMedium, "{} is neither a file nor a folder", at->path().string());
    }
    if (at->is_regular_file()) paths.push_back(at->path());
  }
  if (code) throw system_error(code.value(), fmt::format("reading {}", from.string()));
  std::sort(paths.begin(), paths.end());
  for (const fs::path& path : paths) copy(fmt::format("{}/{}", medium_path, fs::relative(path, from).string()), path);
}

MediumFile Staging::add_written(std::string_view medium_path) {
  FileSource source(path_of(medium_path));
  MeasuredSource measured(source);
  NullSink nowhere;
  copy_all(measured, nowhere);
  return files_.emplace_back(measured.finish(medium_path));
}

void Staging::settle(std::int64_t mtime) const {
  const timespec times[2] = {{.tv_sec = mtime, .tv_nsec = 0}, {.tv_sec = mtime, .tv_nsec = 0}};
  const auto set = [&](const fs::path& path, bool directory) {
    if (::chmod(path.c_str(), directory ? 0755 : 0644) != 0 || ::utimensat(AT_FDCWD, path.c_str(), times, 0) != 0) {
      throw system_error(errno, fmt::format("setting mode and time of {}", path.string()));
    }
  };
  for (const auto& entry : fs::recursive_directory_iterator(root_)) set(entry.path(), entry.is_directory());
  set(root_, true);
}

}  // namespace cairn::media
