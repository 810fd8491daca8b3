// SPDX-License-Identifier: Apache-2.0
#include "support/effect_record.h"

#include "core/error.h"

namespace cairn::testing {
namespace {

std::string_view name_of(EffectKind kind) {
  switch (kind) {
    case EffectKind::create: return "create";
    case EffectKind::allocate: return "allocate";
    case EffectKind::write: return "write";
    case EffectKind::truncate: return "truncate";
    case EffectKind::sync: return "sync";
    case EffectKind::make_directory: return "make_directory";
    case EffectKind::rename: return "rename";
    case EffectKind::remove: return "remove";
    case EffectKind::sync_directory: return "sync_directory";
    case EffectKind::settle: return "settle";
    case EffectKind::run: return "run";
  }
  return "?";
}

}  // namespace

std::string EffectRecord::to_text() const {
  std::string text = fmt::format("{} {}", name_of(kind), path.string());
  if (kind == EffectKind::rename) text += " to " + to.string();
  if (kind == EffectKind::write) text += fmt::format(" {}+{}", offset, data.size());
  if (kind == EffectKind::allocate || kind == EffectKind::truncate) text += fmt::format(" {}", size);
  return text + (failed ? " (failed)" : "");
}

void RecordingEffects::record(EffectRecord record) {
  record.failed = fault_.error_number != 0 && records_.size() == fault_.call;
  records_.push_back(std::move(record));
  if (records_.back().failed) throw system_error(fault_.error_number, records_.back().to_text());
}

Effects::Handle RecordingEffects::create(const Path& path, mode_t mode) {
  record({.kind = EffectKind::create, .path = path});
  const Handle file = next_.create(path, mode);
  names_[file] = path;
  return file;
}

Effects::Handle RecordingEffects::open(const Path& path) {
  const Handle file = next_.open(path);
  names_[file] = path;
  return file;
}

void RecordingEffects::allocate(Handle file, std::uint64_t size) {
  record({.kind = EffectKind::allocate, .path = names_[file], .size = size});
  next_.allocate(file, size);
}

void RecordingEffects::write(Handle file, std::uint64_t offset, Bytes data) {
  EffectRecord made{.kind = EffectKind::write, .path = names_[file], .offset = offset};
  made.data = std::string(as_text(data));
  record(std::move(made));
  next_.write(file, offset, data);
}

void RecordingEffects::truncate(Handle file, std::uint64_t size) {
  record({.kind = EffectKind::truncate, .path = names_[file], .size = size});
  next_.truncate(file, size);
}

void RecordingEffects::sync(Handle file) {
  record({.kind = EffectKind::sync, .path = names_[file]});
  next_.sync(file);
}

void RecordingEffects::close(Handle file) {
  names_.erase(file);
  next_.close(file);
}

void RecordingEffects::make_directory(const Path& path, mode_t mode) {
  record({.kind = EffectKind::make_directory, .path = path});
  next_.make_directory(path, mode);
}

void RecordingEffects::rename(const Path& from, const Path& to) {
  record({.kind = EffectKind::rename, .path = from, .to = to});
  next_.rename(from, to);
}

void RecordingEffects::remove(const Path& path) {
  record({.kind = EffectKind::remove, .path = path});
  next_.remove(path);
}

void RecordingEffects::sync_directory(const Path& path) {
  record({.kind = EffectKind::sync_directory, .path = path});
  next_.sync_directory(path);
}

void RecordingEffects::settle_filesystem(const Path& mount_point) {
  record({.kind = EffectKind::settle, .path = mount_point});
  next_.settle_filesystem(mount_point);
}

void RecordingEffects::run(const Command& command) {
  // Programs that matter here make a file system; the last argument is where.
  record({.kind = EffectKind::run, .path = command.args.back()});
  next_.run(command);
}

}  // namespace cairn::testing
