// SPDX-License-Identifier: Apache-2.0
#include "node/operation.h"

#include "core/file.h"
#include "core/log.h"
#include "core/utc.h"
#include "node/effect_files.h"
#include "node/health_record.h"

#include <unistd.h>

namespace cairn::node {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kMode = 0644;  // `cairn status` needs no privileges
constexpr std::chrono::seconds kBetweenBytes{1};
constexpr std::size_t kMaxWarnings = 32;

}  // namespace

Operation::Operation(std::string name, Durability durability, const Tools& tools, OperationPaths paths)
    : durability_(durability), tools_(tools), paths_(std::move(paths)), last_write_(tools.clock.steady()) {
  const auto pid = static_cast<std::uint64_t>(::getpid());
  record_ = {.operation = std::move(name),
             .phase = "starting",
             .pid = pid,
             .process_start = find_process_start(pid, paths_).value_or(0),
             .boot_id = get_boot_id(paths_.boot_id),
             .started = format_utc(tools_.clock.wall())};
  write(Where::disk);
}

void Operation::step(std::string_view name) {
  tools_.shown.step(name);
  const std::scoped_lock lock(mutex_);
  record_.phase = name;
  record_.bytes.reset();
  write(Where::disk);
}

void Operation::bytes(std::uint64_t done, std::optional<std::uint64_t> total) {
  tools_.shown.bytes(done, total);
  const std::scoped_lock lock(mutex_);
  record_.bytes = {.done = done, .total = total};
  if (tools_.clock.steady() - last_write_ >= kBetweenBytes) write(Where::memory);
}

void Operation::finish() { tools_.shown.finish(); }

void Operation::set_image(std::string image) {
  const std::scoped_lock lock(mutex_);
  record_.image = std::move(image);
  write(Where::memory);  // the next phase comes soon
}

void Operation::warn(std::string warning) {
  log::warning(warning);
  const std::scoped_lock lock(mutex_);
  if (record_.warnings.size() < kMaxWarnings) record_.warnings.push_back(std::move(warning));
  write(Where::memory);
}

void Operation::succeed() noexcept {
  const std::scoped_lock lock(mutex_);
  record_.outcome = OperationRecord::Outcome::done;
  record_.bytes.reset();
  write(Where::disk);
}

void Operation::fail(OperationRecord::Failure failure) noexcept {
  const std::scoped_lock lock(mutex_);
  record_.outcome = OperationRecord::Outcome::failed;
  record_.failure = std::move(failure);
  write(Where::disk);
}

void Operation::write(Where where) noexcept {
  try {
    last_write_ = tools_.clock.steady();
    record_.updated = format_utc(tools_.clock.wall());
    const std::string text = to_pretty_text(to_json(record_));
    fs::create_directories(paths_.volatile_file.parent_path());
    atomic_write(paths_.volatile_file, as_bytes(text), kMode);
    // Without OEM there is no place that outlives this boot.
    const bool has_place = fs::exists(paths_.durable_file.parent_path());
    if (where == Where::disk && durability_ == Durability::durable && has_place) write_durable(text);
  } catch (const std::exception& error) {  // recovers: the operation matters, not its record
    log::warning("the record of this operation could not be written", {{"error", error.what()}});
  }
}

void Operation::write_durable(const std::string& text) {
  EffectFiles(tools_.effects, paths_.durable_file.parent_path()).replace(paths_.durable_file.filename(), text, kMode);
}

}  // namespace cairn::node
