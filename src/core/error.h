// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/core.h>

#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn {

// What a failure means for the one who called: whether to retry, whom to ask, which exit code to give.
enum class ErrorKind {
  invalid,      // the user's input is wrong
  unsupported,  // a tool, firmware or feature is missing here
  not_found,    // what was named does not exist
  unavailable,  // it exists but does not answer now
  timed_out,    // it did not answer in time
  conflict,     // somebody else holds it or changed it
  denied,       // credentials, signature or permission
  corrupt,      // bytes differ from what was promised
  no_space,     // the disk (or a quota, or a bound of ours) is full
  canceled,     // asked to stop
  internal,     // a defect of ours
};

std::string_view to_string(ErrorKind kind);

// Exit code of a program that ends with an error of this kind. Stable: scripts depend on it (docs/errors.md).
int exit_code(ErrorKind kind);

// One way to fail that a user may see: a stable code, what it means, and what to do next.
// Each module lists its own in `<module>/reasons.h`; docs/errors.md is generated from all of them.
struct Reason {
  std::string_view code;  // "CRN-OCI-003"; never reused for another meaning
  ErrorKind kind;
  std::string_view meaning;  // one clause, no full stop
  std::string_view remedy;   // one sentence in the imperative
};

// The one exception type. `message` says what failed, on what and why; callers prefix context on the way up.
// A catch that is not at main, a thread's root, a session, a reconcile or a transaction boundary
// carries a comment saying what it recovers.
class Error : public std::exception {
 public:
  template <class... Args>
  Error(const Reason& reason, fmt::format_string<Args...> format, Args&&... args)
      : Error(reason, fmt::format(format, std::forward<Args>(args)...), FromText{}) {}

  const Reason& reason() const { return *reason_; }
  ErrorKind kind() const { return reason_->kind; }
  // Whether it failed in this way.
  bool is(const Reason& reason) const { return reason_->code == reason.code; }
  const std::string& message() const { return message_; }

  // What to do next: the reason's remedy unless a better one was known where it failed.
  std::string_view remedy() const { return remedy_.empty() ? reason_->remedy : std::string_view(remedy_); }
  Error& set_remedy(std::string remedy);

  // Puts `what` in front of the text: "pulling X: reading layer 2: ...".
  Error& add_context(std::string_view what);

  // The message with all context in front, on one line.
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  struct FromText {};
  Error(const Reason& reason, std::string message, FromText);

  const Reason* reason_;  // points to a constant with static storage
  std::string message_;
  std::string remedy_;
  std::string text_;
};

// An error from errno (captured by the caller before anything else runs). Kind and code follow the errno:
// ENOENT not_found, EACCES/EPERM denied, ENOSPC/EDQUOT no_space, and so on. `what` is "opening /x", say.
Error system_error(int error_number, std::string_view what);

// Runs `body`; an Error that leaves it carries `what` as context.
template <class Body>
decltype(auto) with_context(std::string_view what, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (Error& error) {  // recovers nothing: adds context and passes on
    error.add_context(what);
    throw;
  }
}

}  // namespace cairn
