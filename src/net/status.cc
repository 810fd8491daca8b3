// SPDX-License-Identifier: Apache-2.0
#include "core/json.h"
#include "core/text.h"
#include "net/http_client.h"
#include "net/reasons.h"

#include <boost/beast/http/status.hpp>

namespace cairn::net {
namespace {

constexpr std::size_t kMostRead = 4096;

// What the server says in its own words: the first error of an OCI error document
// ({"errors":[{"code":"...","message":"..."}]}, distribution-spec "Error Codes") or the first line of a short text.
std::string own_words(HttpResponse& response) {
  std::string text(kMostRead, '\0');
  try {
    text.resize(read_full(*response.body, std::as_writable_bytes(std::span(text))));
    const std::string type = response.headers.find("Content-Type").value_or("");
    if (type.find("json") == std::string::npos) {
      return type.starts_with("text/plain") ? printable(trim(text.substr(0, text.find('\n'))), 200) : "";
    }
    const json::value document = parse_json(text, "the answer");
    const JsonCursor errors = JsonCursor(document, "the answer", reason::kHttpStatus).at("errors");
    for (const JsonCursor& item : errors.items()) {
      const std::string code = item.find("code") ? item.at("code").text() : "";
      const std::string message = item.find("message") ? item.at("message").text() : "";
      return printable(code.empty() || message.empty() ? code + message : code + ": " + message, 300);
    }
  } catch (const Error& error) {  // recovers an error page that cannot be read: the status says enough
    if (error.kind() == ErrorKind::canceled) throw;
  }
  return {};
}

const Reason& reason_of(int status) {
  if (status == 401 || status == 403) return reason::kHttpDenied;
  if (status == 404 || status == 410) return reason::kHttpNotFound;
  return reason::kHttpStatus;
}

}  // namespace

Error http_status_error(std::string_view method, HttpResponse& response) {
  const auto phrase =
      boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(static_cast<unsigned>(response.status)));
  const std::string words = own_words(response);
  return Error(reason_of(response.status), "{} {}: status {} {}{}{}", method, response.url.to_public_text(),
               response.status, std::string_view(phrase.data(), phrase.size()), words.empty() ? "" : ": ", words);
}

}  // namespace cairn::net
