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
      : inner_(std::move(inner)), ring_(buffers), thread_([this](const std::stop_token& stop) { produce(stop); }) {
    for (Buffer& buffer : ring_) buffer.bytes.resize(buffer_size);
    {
      const std::scoped_lock lock(mutex_);
      ready_to_run_ = true;
    }
    changed_.notify_all();
  }

  std::size_t read(MutableBytes out) override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return filled_ > 0; });
    Buffer& buffer = ring_[head_];
    if (buffer.size == 0) {
      if (buffer.error) std::rethrow_exception(buffer.error);
      return 0;  // the end stays the end
    }
    lock.unlock();
    const std::size_t count = std::min(out.size(), buffer.size - given_);
    std::memcpy(out.data(), buffer.bytes.data() + given_, count);
    given_ += count;
    if (given_ == buffer.size) release();
    return count;
  }

 private:
  struct Buffer {
    std::vector<std::byte> bytes;
    std::size_t size = 0;  // 0: the end, or an error
    std::exception_ptr error;
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
    std::size_t tail = 0;
    while (true) {
      {
        std::unique_lock lock(mutex_);
        if (!changed_.wait(lock, stop, [&] { return ready_to_run_ && filled_ < ring_.size(); })) return;
      }
      Buffer& buffer = ring_[tail];
      try {
        buffer.size = read_full(*inner_, buffer.bytes);
      } catch (...) {  // the thread's root: the error goes to the reader
        buffer.size = 0;
        buffer.error = std::current_exception();
      }
      {
        const std::scoped_lock lock(mutex_);
        ++filled_;
      }
      changed_.notify_all();
      if (buffer.size == 0) return;
      tail = (tail + 1) % ring_.size();
    }
  }

  std::unique_ptr<Source> inner_;
  std::vector<Buffer> ring_;
  std::size_t head_ = 0;    // the buffer being read
  std::size_t given_ = 0;   // of it
  std::size_t filled_ = 0;  // guarded by mutex_, as is ready_to_run_
  bool ready_to_run_ = false;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace

std::unique_ptr<Source> make_read_ahead(std::unique_ptr<Source> inner, std::size_t buffer_size, std::size_t buffers) {
  return std::make_unique<ReadAhead>(std::move(inner), buffer_size, buffers);
}

}  // namespace cairn::archive
