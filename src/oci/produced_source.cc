// SPDX-License-Identifier: Apache-2.0
#include "oci/produced_source.h"

#include "core/error.h"
#include "core/reasons.h"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace cairn::oci {
namespace {

class ProducedSource final : public Source, private Sink {
 public:
  ProducedSource(std::function<void(Sink&)> produce, std::size_t ahead) : ring_(ahead), produce_(std::move(produce)) {
    thread_ = std::jthread([this] { run(); });
  }
  ~ProducedSource() override {
    {
      const std::scoped_lock lock(mutex_);
      abandoned_ = true;
    }
    changed_.notify_all();
  }
  ProducedSource(const ProducedSource&) = delete;
  ProducedSource& operator=(const ProducedSource&) = delete;

  std::size_t read(MutableBytes out) override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return filled_ > 0 || ended_; });
    if (filled_ == 0) {
      if (failure_) std::rethrow_exception(failure_);
      return 0;
    }
    const std::size_t count = std::min({out.size(), filled_, ring_.size() - begin_});
    std::memcpy(out.data(), ring_.data() + begin_, count);
    begin_ = (begin_ + count) % ring_.size();
    filled_ -= count;
    lock.unlock();
    changed_.notify_all();
    return count;
  }

 private:
  void write(Bytes data) override {
    while (!data.empty()) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return filled_ < ring_.size() || abandoned_; });
      if (abandoned_) throw Error(cairn::reason::kCanceled, "nobody reads any more");
      const std::size_t end = (begin_ + filled_) % ring_.size();
      const std::size_t count = std::min({data.size(), ring_.size() - filled_, ring_.size() - end});
      std::memcpy(ring_.data() + end, data.data(), count);
      filled_ += count;
      data = data.subspan(count);
      lock.unlock();
      changed_.notify_all();
    }
  }

  void run() {
    std::exception_ptr failure;
    try {
      produce_(*this);
    } catch (...) {  // root of a thread: carried to the reader
      failure = std::current_exception();
    }
    {
      const std::scoped_lock lock(mutex_);
      failure_ = failure;
      ended_ = true;
    }
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::byte> ring_;
  std::size_t begin_ = 0;
  std::size_t filled_ = 0;
  bool ended_ = false;
  bool abandoned_ = false;
  std::exception_ptr failure_;
  std::function<void(Sink&)> produce_;
  std::jthread thread_;  // last: it uses everything above
};

}  // namespace

std::unique_ptr<Source> make_produced_source(std::function<void(Sink&)> produce, std::size_t ahead) {
  return std::make_unique<ProducedSource>(std::move(produce), ahead);
}

}  // namespace cairn::oci
