// SPDX-License-Identifier: Apache-2.0
#include "snapshot/store.h"

#include "core/effect_file.h"
#include "core/file.h"
#include "core/text.h"
#include "snapshot/reasons.h"

#include <algorithm>
#include <optional>

namespace cairn::snapshot {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxDocument = 64 * 1024;
constexpr std::uint64_t kMiB = 1 << 20;
constexpr std::string_view kNew = ".new-";
constexpr std::string_view kOld = ".old-";
constexpr std::string_view kNewRefused = ".new-refused.json";

std::optional<Number> parse_name(std::string_view name) {
  const auto number = parse_number(name);
  if (!number || *number < 1 || *number > kMaxNumber || name.front() == '0') return std::nullopt;
  return static_cast<Number>(*number);
}

std::vector<std::string> names_in(const fs::path& directory) {
  std::vector<std::string> names;
  std::error_code failure;
  for (fs::directory_iterator it(directory, failure), end; !failure && it != end; it.increment(failure)) {
    names.push_back(it->path().filename().string());
  }
  if (failure) throw system_error(failure.value(), fmt::format("listing {}", directory.string()));
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

SnapshotStore::SnapshotStore(fs::path mount_point, Effects& effects)
    : mount_point_(std::move(mount_point)), root_(mount_point_ / ".snapshots"), effects_(effects) {}

fs::path SnapshotStore::directory(Number number) const { return root_ / std::to_string(number); }

void SnapshotStore::ensure_root() {
  if (fs::is_directory(root_)) return;
  effects_.make_directory(root_, 0700);
  effects_.sync_directory(mount_point_);
}

std::vector<Number> SnapshotStore::list() const {
  std::vector<Number> numbers;
  for (const std::string& name : names_in(root_)) {
    if (const auto number = parse_name(name)) numbers.push_back(*number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

Manifest SnapshotStore::manifest(Number number) const {
  const fs::path path = directory(number) / "manifest.json";
  std::string text;
  try {
    text = read_file(path, kMaxDocument);
  } catch (const Error& error) {  // recovers nothing: what is missing is a snapshot, not just a file
    if (error.kind() == ErrorKind::not_found)
      throw Error(reason::kNoSnapshot, "snapshot {} in {}", number, root_.string());
    throw;
  }
  return parse_manifest(text, path.string());
}

Number SnapshotStore::next_number(Number floor) const {
  Number highest = floor;
  for (const std::string& name : names_in(root_)) {
    const std::string_view rest =
        std::string_view(name).substr(name.starts_with(kNew) || name.starts_with(kOld) ? kNew.size() : 0);
    if (const auto number = parse_name(rest)) highest = std::max(highest, *number);
  }
  if (highest >= kMaxNumber) throw Error(reason::kNoNumber, "the highest number in {} is {}", root_.string(), highest);
  return highest + 1;
}

void SnapshotStore::remove(const std::vector<Number>& numbers) {
  if (numbers.empty()) return;
  for (const Number number : numbers) {
    effects_.rename(directory(number), root_ / fmt::format("{}{}", kOld, number));
  }
  effects_.sync_directory(root_);
  // Once blocks are free they may hold another file's bytes: until the loader sees the new names, too, none is freed.
  settle();
  for (const Number number : numbers) remove_tree(root_ / fmt::format("{}{}", kOld, number));
}

void SnapshotStore::remove_leftovers() {
  for (const std::string& name : names_in(root_)) {
    if (!name.starts_with(kNew) && !name.starts_with(kOld)) continue;
    if (name == kNewRefused) {
      effects_.remove(root_ / name);
    } else {
      remove_tree(root_ / name);
    }
  }
}

void SnapshotStore::remove_tree(const fs::path& directory) {
  for (const std::string& name : names_in(directory)) effects_.remove(directory / name);
  effects_.remove(directory);
}

std::vector<RefusedImage> SnapshotStore::refused() const {
  const fs::path path = root_ / "refused.json";
  try {
    return parse_refused(read_file(path, kMaxDocument), path.string());
  } catch (const Error& error) {  // none was ever refused
    if (error.kind() == ErrorKind::not_found) return {};
    throw;
  }
}

bool SnapshotStore::is_refused(const std::string& digest) const {
  const auto images = refused();
  return std::any_of(images.begin(), images.end(), [&](const RefusedImage& image) { return image.digest == digest; });
}

void SnapshotStore::refuse(RefusedImage image) { write_refused(with_refused(refused(), std::move(image))); }

void SnapshotStore::allow(const std::string& digest) {
  auto images = refused();
  if (std::erase_if(images, [&](const RefusedImage& image) { return image.digest == digest; }) > 0)
    write_refused(images);
}

void SnapshotStore::write_refused(const std::vector<RefusedImage>& refused) {
  const std::string text = to_text(refused);
  const fs::path path = root_ / kNewRefused;
  if (fs::exists(path)) effects_.remove(path);
  write_new_file(effects_, path, text, 0600);
  effects_.rename(path, root_ / "refused.json");
  effects_.sync_directory(root_);
}

std::uint64_t required_rootfs_bytes(const SizeHints& hints) {
  return hints.rootfs != 0 ? hints.rootfs : hints.layers / 2 * 5 + kMiB;
}

std::uint64_t required_bytes(const SizeHints& hints) {
  return required_rootfs_bytes(hints) + hints.kernel_and_initrd + kMiB;
}

}  // namespace cairn::snapshot
