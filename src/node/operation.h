// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/clock.h"
#include "core/effects.h"
#include "core/error.h"
#include "core/progress.h"
#include "node/operation_record.h"

#include <mutex>

namespace cairn::node {

// The record of an operation while it runs (docs/formats/operation.md): told each change in memory, and at each phase
// on the disk, if there is one of ours. What can't be recorded is logged, and never stops the operation. It passes on
// to another Progress what it is told. Thread-safe.
class Operation final : public Progress {
 public:
  enum class Durability { volatile_only, durable };
  struct Tools {
    Effects& effects;
    Clock& clock;
    Progress& shown;
  };

  Operation(std::string name, Durability durability, const Tools& tools, OperationPaths paths = {});
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;
  ~Operation() override = default;

  void step(std::string_view name) override;
  void bytes(std::uint64_t done, std::optional<std::uint64_t> total) override;
  // Only the shown bar: whether all is done, run() knows.
  void finish() override;

  void set_image(std::string image);
  void warn(std::string warning);
  const OperationRecord& record() const { return record_; }

  // Runs the operation and records its outcome.
  template <class Body>
  decltype(auto) run(Body&& body) {
    try {
      const OnSuccess success(*this);
      return std::forward<Body>(body)();
    } catch (const Error& error) {  // recovers nothing: a transaction's edge, the record says what happened
      fail({.code = std::string(error.reason().code), .message = error.what(), .remedy = std::string(error.remedy())});
      throw;
    } catch (const std::exception& error) {  // the same
      fail({.code = "", .message = error.what(), .remedy = ""});
      throw;
    }
  }

 private:
  // Records success when a body was left other than by an exception, whatever it returns.
  class OnSuccess {
   public:
    explicit OnSuccess(Operation& operation) : operation_(operation), before_(std::uncaught_exceptions()) {}
    OnSuccess(const OnSuccess&) = delete;
    OnSuccess& operator=(const OnSuccess&) = delete;
    ~OnSuccess() {
      if (std::uncaught_exceptions() == before_) operation_.succeed();
    }

   private:
    Operation& operation_;
    int before_;
  };

  void succeed() noexcept;
  void fail(OperationRecord::Failure failure) noexcept;
  enum class Where { memory, disk };
  void write(Where where) noexcept;  // with the lock held
  void write_durable(const std::string& text);

  Durability durability_;
  Tools tools_;
  OperationPaths paths_;
  std::mutex mutex_;
  OperationRecord record_;
  Clock::Steady last_write_;
};

}  // namespace cairn::node
