// SPDX-License-Identifier: Apache-2.0
#include "core/progress.h"

#include "core/text.h"

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <string>

namespace cairn {
namespace {

using SteadyClock = std::chrono::steady_clock;

void put(int fd, const std::string& text) {
  // Progress that can't be shown must not stop the work.
  [[maybe_unused]] const ssize_t written = ::write(fd, text.data(), text.size());
}

// What both speaking forms share: the state of the current step and the limit on how often it is told.
class SteppedProgress : public Progress {
 public:
  explicit SteppedProgress(SteadyClock::duration interval) : interval_(interval) {}

  void step(std::string_view name) final {
    const std::scoped_lock lock(mutex_);
    close_step();
    name_ = name;
    began_ = SteadyClock::now();
    told_ = {};
    done_ = 0;
    total_.reset();
    open_step();
  }
  void bytes(std::uint64_t done, std::optional<std::uint64_t> total) final {
    const std::scoped_lock lock(mutex_);
    done_ = done;
    total_ = total;
    const auto now = SteadyClock::now();
    if (name_.empty() || now - told_ < interval_) return;
    told_ = now;
    tell();
  }
  void finish() final {
    const std::scoped_lock lock(mutex_);
    close_step();
    name_.clear();
  }

 protected:
  double seconds() const { return std::chrono::duration<double>(SteadyClock::now() - began_).count(); }
  virtual void open_step() = 0;
  virtual void tell() = 0;
  virtual void end_step() = 0;

  std::string name_;
  std::uint64_t done_ = 0;
  std::optional<std::uint64_t> total_;

 private:
  void close_step() {
    if (!name_.empty()) end_step();
  }

  std::mutex mutex_;
  SteadyClock::duration interval_;
  SteadyClock::time_point began_;
  SteadyClock::time_point told_;
};

class TerminalProgress final : public SteppedProgress {
 public:
  explicit TerminalProgress(int fd)
      : SteppedProgress(std::chrono::milliseconds(100)), fd_(fd), live_(::isatty(fd) == 1) {}
  ~TerminalProgress() override {
    if (live_ && !name_.empty()) put(fd_, "\r\033[K");
  }

 private:
  void open_step() override { tell(); }
  void tell() override {
    if (!live_) return;
    std::string line = fmt::format("  {} ", name_);
    if (total_ && *total_ > 0) {
      const double part = std::min(1.0, static_cast<double>(done_) / static_cast<double>(*total_));
      constexpr int kWidth = 24;
      const auto filled = static_cast<std::size_t>(part * kWidth);
      line += fmt::format("[{}{}] {:3.0f} % of {}", std::string(filled, '='), std::string(kWidth - filled, ' '),
                          part * 100, human_size(*total_));
      if (part > 0.05) line += fmt::format(", {:.0f} s left", seconds() * (1 - part) / part);
    } else if (done_ > 0) {
      line += human_size(done_);
    }
    put(fd_, "\r" + line.substr(0, columns()) + "\033[K");
  }
  void end_step() override {
    const std::string size = done_ > 0 ? ", " + human_size(done_) : "";
    put(fd_, fmt::format("{}  {} ({:.1f} s{}){}\n", live_ ? "\r" : "", name_, seconds(), size, live_ ? "\033[K" : ""));
  }
  std::size_t columns() const {
    winsize size{};
    return ::ioctl(fd_, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col - 1U : 79U;
  }

  int fd_;
  bool live_;
};

class JsonProgress final : public SteppedProgress {
 public:
  explicit JsonProgress(int fd) : SteppedProgress(std::chrono::seconds(1)), fd_(fd) {}

 private:
  void open_step() override { put_line("begin"); }
  void tell() override { put_line("running"); }
  void end_step() override { put_line("done"); }
  void put_line(std::string_view state) {
    std::string line = fmt::format(R"({{"step":{},"state":"{}","seconds":{:.1f},"bytes":{})",
                                   boost::json::serialize(boost::json::string(name_)), state, seconds(), done_);
    if (total_) line += fmt::format(R"(,"total":{})", *total_);
    put(fd_, line + "}\n");
  }

  int fd_;
};

class SilentProgress final : public Progress {
 public:
  void step(std::string_view) override {}
  void bytes(std::uint64_t, std::optional<std::uint64_t>) override {}
  void finish() override {}
};

}  // namespace

std::unique_ptr<Progress> make_terminal_progress(int fd) { return std::make_unique<TerminalProgress>(fd); }
std::unique_ptr<Progress> make_json_progress(int fd) { return std::make_unique<JsonProgress>(fd); }
Progress& silent_progress() {
  static SilentProgress progress;
  return progress;
}

}  // namespace cairn
