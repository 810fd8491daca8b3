// SPDX-License-Identifier: Apache-2.0
#include "stage/finding.h"

namespace cairn::stage {

Finding make_error(const Error& error) {
  return {Finding::Severity::error, &error.reason(), error.what(), std::string(error.remedy())};
}

Finding make_warning(const Error& error) {
  return {Finding::Severity::warning, &error.reason(), error.what(), std::string(error.remedy())};
}

std::string_view to_string(Finding::Severity severity) {
  return severity == Finding::Severity::error ? "error" : "warning";
}

}  // namespace cairn::stage
