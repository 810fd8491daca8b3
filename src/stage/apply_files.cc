// SPDX-License-Identifier: Apache-2.0
#include "archive/codec.h"
#include "core/base64.h"
#include "core/text.h"
#include "stage/accounts.h"
#include "stage/document.h"
#include "stage/reasons.h"
#include "stage/step_run.h"
#include "stage/template.h"

#include <fcntl.h>
#include <stdio.h>

#include <algorithm>
#include <cerrno>

namespace cairn::stage {
namespace {

constexpr std::size_t kMaxContent = 64 << 20;

std::optional<std::uint32_t> number_of(const std::string& name) {
  const auto number = parse_number(name);
  return number && *number < UINT32_MAX ? std::optional(static_cast<std::uint32_t>(*number)) : std::nullopt;
}

// Names count in the files below the root, not in the system that runs; a number is itself.
Attributes attributes_of(const StepRun& run, mode_t mode, const Owner& owner) {
  Attributes attributes{.mode = mode, .user = owner.user, .group = owner.group};
  if (owner.names.empty()) return attributes;
  const std::size_t colon = owner.names.find(':');
  const std::string user = owner.names.substr(0, colon);
  const std::string group = colon == std::string::npos ? "" : owner.names.substr(colon + 1);
  if (!user.empty()) {
    const auto number = number_of(user);
    attributes.user = number ? *number : look_up_user(run.tools.root, user).user;
    if (!number && group.empty()) attributes.group = look_up_user(run.tools.root, user).group;
  }
  if (!group.empty()) {
    const auto number = number_of(group);
    attributes.group = number ? *number : look_up_group(run.tools.root, group);
  }
  return attributes;
}

std::string decode_base64_lines(std::string text) {
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; });
  auto decoded = decode_base64(text);
  if (!decoded) throw Error(reason::kBadConfig, "the content is no base64");
  return std::move(*decoded);
}

std::string unpack_gzip(const std::string& packed) {
  const auto plain = archive::open_decompressed(std::make_unique<TextSource>(packed), archive::Compression::gzip);
  return read_text(*plain, kMaxContent, "the unpacked content");
}

std::string content_of(const StepRun& run, const FileWant& want) {
  std::string content = want.content;
  if (want.encoding == Encoding::base64 || want.encoding == Encoding::gzip_base64) {
    content = decode_base64_lines(std::move(content));
  }
  if (want.encoding == Encoding::gzip || want.encoding == Encoding::gzip_base64) content = unpack_gzip(content);
  // Bytes that came encoded and are no text are no template.
  if (want.encoding != Encoding::plain && content.find('\0') != std::string::npos) return content;
  return render_template(content, run.facts.template_data);
}

}  // namespace

void apply_downloads(StepRun& run) {
  for (const DownloadWant& want : run.step().downloads) {
    run.attempt(fmt::format("download {}", want.path), [&] {
      run.tools.root.write_file(want.path, attributes_of(run, want.mode, want.owner),
                                [&](Sink& sink) { run.tools.fetcher.download(want.url, want.timeout, sink); });
    });
  }
}

void apply_directories(StepRun& run) {
  for (const DirectoryWant& want : run.step().directories) {
    run.attempt(fmt::format("directory {}", want.path),
                [&] { run.tools.root.make_directory(want.path, attributes_of(run, want.mode, want.owner)); });
  }
}

void apply_files(StepRun& run) {
  for (const FileWant& want : run.step().files) {
    run.attempt(fmt::format("file {}", want.path), [&] {
      run.tools.root.write_file(want.path, as_bytes(content_of(run, want)), attributes_of(run, want.mode, want.owner));
    });
  }
}

void apply_unpack_images(StepRun& run) {
  for (const ImageUnpackWant& want : run.step().unpack_images) {
    run.attempt(fmt::format("image {}", want.source), [&] {
      if (!run.tools.unpack_image) throw Error(reason::kRefused, "images can't be unpacked here");
      const Root& root = run.tools.root;
      if (!root.list(want.target).empty()) {
        run.result.notes.push_back(fmt::format("{} is not empty: {} is not unpacked again", want.target, want.source));
        return;
      }
      const std::filesystem::path target = std::filesystem::path(want.target + "/").lexically_normal().parent_path();
      const UniqueFd parent = root.open_directory(target.parent_path());
      const std::filesystem::path below = fmt::format("/proc/self/fd/{}", parent.get());
      const TempDir made(below, target.filename().string());
      // Complete or not there: the directory gets its name when it is full.
      run.tools.unpack_image(want, made.path() / "root");
      const std::string from = made.path().filename().string() + "/root";
      if (::renameat(parent.get(), from.c_str(), parent.get(), target.filename().c_str()) != 0) {
        throw system_error(errno, fmt::format("renaming to {}", want.target));
      }
    });
  }
}

}  // namespace cairn::stage
