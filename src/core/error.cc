// SPDX-License-Identifier: Apache-2.0
#include "core/error.h"

#include "core/reasons.h"

#include <cerrno>
#include <cstring>

namespace cairn {

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid: return "invalid";
    case ErrorKind::unsupported: return "unsupported";
    case ErrorKind::not_found: return "not found";
    case ErrorKind::unavailable: return "unavailable";
    case ErrorKind::timed_out: return "timed out";
    case ErrorKind::conflict: return "conflict";
    case ErrorKind::denied: return "denied";
    case ErrorKind::corrupt: return "corrupt";
    case ErrorKind::no_space: return "no space";
    case ErrorKind::canceled: return "canceled";
    case ErrorKind::internal: return "internal";
  }
  return "internal";
}

int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid: return 2;
    case ErrorKind::unsupported: return 3;
    case ErrorKind::not_found:
    case ErrorKind::unavailable:
    case ErrorKind::timed_out: return 4;
    case ErrorKind::conflict: return 5;
    case ErrorKind::denied: return 6;
    case ErrorKind::corrupt: return 7;
    case ErrorKind::no_space: return 8;
    case ErrorKind::canceled: return 130;
    case ErrorKind::internal: return 70;
  }
  return 70;
}

Error::Error(const Reason& reason, std::string message, FromText)
    : reason_(&reason), message_(std::move(message)), text_(message_) {}

Error& Error::set_remedy(std::string remedy) {
  remedy_ = std::move(remedy);
  return *this;
}

Error& Error::add_context(std::string_view what) {
  text_ = fmt::format("{}: {}", what, text_);
  return *this;
}

Error system_error(int error_number, std::string_view what) {
  const Reason& reason = [&]() -> const Reason& {
    switch (error_number) {
      case ENOENT:
      case ENOTDIR:
      case ENODEV: return reason::kNotFound;
      case EACCES:
      case EPERM: return reason::kDenied;
      case ENOSPC:
      case EDQUOT:
      case EFBIG: return reason::kNoSpace;
      case EEXIST:
      case EBUSY:
      case ENOTEMPTY: return reason::kExists;
      case EROFS: return reason::kReadOnly;
      case ETIMEDOUT: return reason::kTimedOut;
      default: return reason::kSystem;
    }
  }();
  return Error(reason, "{}: {}", what, std::strerror(error_number));
}

}  // namespace cairn
