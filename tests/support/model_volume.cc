// SPDX-License-Identifier: Apache-2.0
#include "support/model_volume.h"

#include "core/error.h"
#include "core/file.h"
#include "support/model_epoch.h"

#include <fcntl.h>

namespace cairn::testing {

namespace fs = std::filesystem;

Tree read_tree(const fs::path& root) {
  Tree tree;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const std::string name = entry.path().lexically_relative(root).string();
    if (entry.is_directory()) {
      tree[name] = std::nullopt;
    } else {
      tree[name] = read_file(entry.path(), 1 << 20);
    }
  }
  return tree;
}

void write_tree(const fs::path& root, const Tree& tree) {
  fs::create_directories(root);
  for (const auto& [path, content] : tree) {
    if (!content) {
      fs::create_directory(root / path);
    } else {
      const UniqueFd file(::open((root / path).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
      write_all(file.get(), as_bytes(*content), path);
    }
  }
}

std::string CrashChoice::to_text() const {
  return fmt::format("end={} journal={} sectors={:x} metadata={:x}", end, journal, sectors, metadata);
}

ModelVolume::ModelVolume(fs::path mount, FileSystem kind, Tree initial)
    : mount_(std::move(mount)), kind_(kind), epochs_{std::make_shared<Epoch>(kind, 0, initial)} {}

std::optional<std::string> ModelVolume::relative(const fs::path& path) const {
  const std::string text = path.lexically_relative(mount_).string();
  if (text.starts_with("..")) return std::nullopt;
  return text == "." ? std::string() : text;
}

void ModelVolume::add(const EffectRecord& record) {
  const std::size_t act = acts_++;
  const auto path = relative(record.path);
  if (!path) return;
  if (record.kind == EffectKind::run) {
    if (!record.failed) epochs_.push_back(std::make_shared<Epoch>(kind_, act, Tree{}));
    return;
  }
  epochs_.back()->add(act, record, *path, relative(record.to).value_or(""));
}

Tree ModelVolume::view(const CrashChoice& choice, Reader reader) const {
  // Act 0 is the state at the beginning; the series starts with act 1.
  CrashChoice shifted = choice;
  shifted.end = choice.end + 1;
  const Epoch* last = epochs_.front().get();
  for (const auto& epoch : epochs_) {
    if (epoch->begin() < shifted.end) last = epoch.get();
  }
  return last->view(shifted, reader);
}

}  // namespace cairn::testing
