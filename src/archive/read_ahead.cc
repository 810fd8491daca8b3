// SPDX-License-Identifier: Apache-2.0
#include "archive/read_ahead.h"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace cairn::archive {
namespace {

class ReadAhead final : public Source {
 public:
  ReadAhead(std::unique_ptr<Source> inner, std::size_t buffer_size, std::size_t buffers)
      : inner_(std::move(inner)),
        ring_(buffers, Buffer{.bytes = std::vector<std::byte>(buffer_size)}),
        thread_([this](const std::stop_token& stop) { produce(stop); }) {}

  std::size_t read(MutableBytes out) override {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return filled_ > 0; });
    }
    Buffer& buffer = ring_[head_];  // ours until it is released
    if (given_ == buffer.size) {    // only the last one is kept when it is used up: the end stays the end
      if (buffer.error) std::rethrow_exception(buffer.error);
      return 0;
    }
    const std::size_t count = std::min(out.size(), buffer.size - given_);
    std::memcpy(out.data(), buffer.bytes.data() + given_, count);
    given_ += count;
    if (given_ == buffer.size && !buffer.last) release();
    return count;
  }

 private:
  struct Buffer {
    std::vector<std::byte> bytes;
    std::size_t size = 0;
    bool last = false;           // the end, or `error`, follows
    std::exception_ptr error{};  // comes behind the bytes that were read before it
  };

  void release() {
    {
      const std::scoped_lock lock(mutex_);
      head_ = (head_ + 1) % ring_.size();
      --filled_;
      given_ = 0;
    }
    changed_.notify_all();
  }

  void produce(const std::stop_token& stop) {
    for (std::size_t tail = 0;; tail = (tail + 1) % ring_.size()) {
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, stop, [&] { return filled_ < ring_.size(); });
        if (stop.stop_requested()) return;
      }
      const bool last = fill(ring_[tail], stop);
      {
        const std::scoped_lock lock(mutex_);
        ++filled_;
      }
      changed_.notify_all();
      if (last) return;
    }
  }

  // Reads until the buffer is full, the source ends or fails, or nobody wants it any more; true if it is the last.
  bool fill(Buffer& buffer, const std::stop_token& stop) {
    buffer.size = 0;
    try {
      while (buffer.size < buffer.bytes.size() && !buffer.last) {
        const std::size_t count = inner_->read(MutableBytes(buffer.bytes).subspan(buffer.size));
        buffer.size += count;
        buffer.last = count == 0 || stop.stop_requested();
      }
    } catch (...) {  // the thread's root: the error goes to the reader
      buffer.error = std::current_exception();
      buffer.last = true;
    }
    return buffer.last;
  }

  std::unique_ptr<Source> inner_;
  std::vector<Buffer> ring_;
  std::size_t head_ = 0;    // the buffer being read
  std::size_t given_ = 0;   // of it
  std::size_t filled_ = 0;  // guarded by mutex_
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace

std::unique_ptr<Source> make_read_ahead(std::unique_ptr<Source> inner, std::size_t buffer_size, std::size_t buffers) {
  return std::make_unique<ReadAhead>(std::move(inner), buffer_size, buffers);
}

}  // namespace cairn::archive
