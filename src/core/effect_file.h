// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/effects.h"

#include <string_view>

namespace cairn {

// A file or disk opened through Effects for a few writes, which are on it when done() returns. Closes it when the
// writing is given up.
class EffectFile {
 public:
  // Takes what create() or open() of `effects` gave.
  EffectFile(Effects& effects, Effects::Handle file) : effects_(effects), file_(file) {}
  EffectFile(const EffectFile&) = delete;
  EffectFile& operator=(const EffectFile&) = delete;
  ~EffectFile();

  void write(std::uint64_t offset, std::string_view bytes) { effects_.write(file_, offset, as_bytes(bytes)); }
  void flush() { effects_.sync(file_); }
  // Flushes and closes; throws what either says.
  void done();

 private:
  Effects& effects_;
  Effects::Handle file_;
  bool open_ = true;
};

// A new file with this content, flushed; its name is not. It must not exist.
void write_new_file(Effects& effects, const Effects::Path& path, std::string_view content, mode_t mode);

}  // namespace cairn
