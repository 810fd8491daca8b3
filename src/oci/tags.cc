// SPDX-License-Identifier: Apache-2.0
#include "oci/tags.h"

#include "core/json.h"
#include "core/reasons.h"
#include "core/text.h"
#include "oci/reasons.h"

#include <optional>

namespace cairn::oci {
namespace {

constexpr std::size_t kPageBytes = 4 << 20;
constexpr std::size_t kMaxTag = 128;  // distribution-spec: [a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}

// Where a Link header with rel="next" leads (RFC 8288), if anywhere.
std::optional<std::string> next_page(const net::HttpResponse& response) {
  for (const std::string& link : response.headers.all("Link")) {
    const std::size_t begin = link.find('<');
    const std::size_t end = link.find('>');
    if (begin != std::string::npos && end != std::string::npos && begin < end &&
        to_lower(link.substr(end)).find("next") != std::string::npos) {
      return link.substr(begin + 1, end - begin - 1);
    }
  }
  return std::nullopt;
}

void append(const std::string& text, const std::string& what, std::vector<std::string>& tags) {
  const json::value document = parse_json(text, what);
  const auto list = JsonCursor(document, what, reason::kRegistry).find("tags");
  if (!list) return;  // null: no tags
  for (const JsonCursor& item : list->items()) {
    std::string tag = item.text();
    if (tag.empty() || tag.size() > kMaxTag) throw item.error("is no tag");
    tags.push_back(std::move(tag));
  }
}

}  // namespace

std::vector<std::string> list_tags(const Reference& repository, const SourceOptions& options, std::size_t most,
                                   const RegistryWorld& world) {
  RegistryClient client(repository, options, Access::pull, world);
  const std::string what = fmt::format("the tags of {}/{}", client.registry(), client.repository());
  std::vector<std::string> tags;
  net::Url url = client.url("tags/list?n=1000");
  // An empty page that leads to another would go on for ever: each must bring something.
  for (std::size_t before = 0;; before = tags.size()) {
    net::HttpResponse response = client.send({.url = url}, options.stop);
    if (response.status != 200) throw client.failure("GET", "tags", response);
    const auto next = next_page(response);
    append(read_text(*response.body, kPageBytes, what), what, tags);
    if (tags.size() > most) throw Error(cairn::reason::kTooLarge, "{} are more than {}", what, most);
    if (!next || tags.size() == before) return tags;
    const net::Url following = url.resolve(*next);
    if (!following.same_origin(url)) {
      throw Error(reason::kRegistry, "{}: the next page is at {}", what, following.to_public_text());
    }
    url = following;
  }
}

}  // namespace cairn::oci
