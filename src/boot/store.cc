// SPDX-License-Identifier: Apache-2.0
#include "boot/store.h"

#include "boot/env_block.h"
#include "boot/reasons.h"
#include "core/effect_file.h"
#include "core/reasons.h"
#include "core/unique_fd.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace cairn::boot {
namespace {

// Past the page cache where the file system can do that: after a failed flush the cache holds what the disk does not.
std::optional<BootState> read_copy(const std::filesystem::path& path) {
  alignas(4096) std::array<char, 4096> buffer;
  UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECT));
  if (!file && errno == EINVAL) file = UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return std::nullopt;
  ssize_t size = 0;
  do {
    size = ::read(file.get(), buffer.data(), buffer.size());
  } while (size < 0 && errno == EINTR);
  if (size < 0) return std::nullopt;
  return parse({buffer.data(), static_cast<std::size_t>(size)});
}

}  // namespace

Copies BootStateStore::read() const {
  return {.a = read_copy(path_of(CopyName::a)), .b = read_copy(path_of(CopyName::b))};
}

BootState BootStateStore::current() const {
  const Copies copies = read();
  if (const BootState* state = copies.current()) return *state;
  throw Error(reason::kNoBootState, "neither copy in {} is valid", directory_.string());
}

void BootStateStore::create(BootState first) {
  write_new(CopyName::a, first, 1);
  write_new(CopyName::b, std::move(first), 2);
  effects_.sync_directory(directory_);
}

void BootStateStore::commit(BootState next) {
  const Copies copies = read();
  const BootState* now = copies.current();
  if (now == nullptr) throw Error(reason::kNoBootState, "neither copy in {} is valid", directory_.string());
  next.sequence = now->sequence + 1;
  const std::string block = compose(next);
  const std::filesystem::path path = path_of(copies.older());
  EffectFile file(effects_, effects_.open(path));
  try {
    file.write(0, block);
    file.done();
  } catch (const Error& error) {  // recovers nothing: the caller must know that the write may have happened
    throw Error(reason::kNotWritten, "committing to {}: {}", path.string(), error.message());
  }
}

std::filesystem::path BootStateStore::path_of(CopyName copy) const {
  return directory_ / (copy == CopyName::a ? "bootstate.a" : "bootstate.b");
}

void BootStateStore::write_new(CopyName copy, BootState state, std::uint32_t sequence) {
  state.sequence = sequence;
  const std::string block = compose(state);
  if (std::filesystem::exists(path_of(copy))) effects_.remove(path_of(copy));
  write_new_file(effects_, path_of(copy), block, 0644);
}

}  // namespace cairn::boot
