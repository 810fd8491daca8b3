// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/effects.h"
#include "core/error.h"

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace cairn::disk {

// A disk opened for a few writes that are on it when done() returns.
class OpenDisk {
 public:
  OpenDisk(Effects& effects, const std::filesystem::path& device) : effects_(effects), file_(effects.open(device)) {}
  OpenDisk(const OpenDisk&) = delete;
  OpenDisk& operator=(const OpenDisk&) = delete;
  ~OpenDisk() {
    if (!open_) return;
    try {
      effects_.close(file_);
    } catch (const Error&) {  // another error is on its way already
    }
  }

  void write(std::uint64_t offset, std::string_view bytes) { effects_.write(file_, offset, as_bytes(bytes)); }
  void flush() { effects_.sync(file_); }
  void done() {
    flush();
    open_ = false;
    effects_.close(file_);
  }

 private:
  Effects& effects_;
  Effects::Handle file_;
  bool open_ = true;
};

}  // namespace cairn::disk
