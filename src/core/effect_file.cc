// SPDX-License-Identifier: Apache-2.0
#include "core/effect_file.h"

#include "core/error.h"

namespace cairn {

EffectFile::~EffectFile() {
  if (!open_) return;
  try {
    effects_.close(file_);
  } catch (const Error&) {  // recovers nothing: the error that led here is the one to report
  }
}

void EffectFile::done() {
  flush();
  open_ = false;
  effects_.close(file_);
}

void write_new_file(Effects& effects, const Effects::Path& path, std::string_view content, mode_t mode) {
  EffectFile file(effects, effects.create(path, mode));
  file.write(0, content);
  file.done();
}

}  // namespace cairn
