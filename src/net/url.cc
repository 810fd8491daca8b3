// SPDX-License-Identifier: Apache-2.0
#include "net/url.h"

#include "core/text.h"
#include "net/reasons.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace cairn::net {
namespace {

constexpr std::size_t kMaxUrlBytes = 16 * 1024;  // signed URLs of object stores take 2 to 4 KiB

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// What a person may see of a text that should have been a URL: no query, no credentials.
std::string shown(std::string_view text) {
  text = text.substr(0, text.find_first_of("?#"));
  if (const std::size_t at = text.rfind('@'); at != std::string_view::npos) {
    const std::size_t slashes = text.find("//");
    const std::string_view head = slashes < at ? text.substr(0, slashes + 2) : std::string_view();
    return printable(std::string(head) + "..." + std::string(text.substr(at)), 200);
  }
  return printable(text, 200);
}

Error bad_url(std::string_view text, std::string_view problem) {
  return Error(reason::kBadUrl, "URL \"{}\" {}", shown(text), problem);
}

std::uint16_t default_port(std::string_view scheme) { return scheme == "https" ? 443 : 80; }

bool is_ipv6(const std::string& host) {
  std::array<unsigned char, 16> address{};
  return inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
}

bool is_ipv4(const std::string& host) {
  std::array<unsigned char, 4> address{};
  return inet_pton(AF_INET, host.c_str(), address.data()) == 1;
}

// A DNS name or a dotted quad. The resolver would also read "0x7f.1" or "2130706433" as addresses, which rules on host
// names (no_proxy, say) would not see: a name whose last label is numeric must be a whole dotted quad.
bool is_host_name(const std::string& host) {
  if (host.empty() || host.size() > 253) return false;
  const auto labels = split(host, '.');
  for (const auto& label : labels) {
    if (label.empty() || label.size() > 63 || label.front() == '-') return false;
    for (const char c : label) {
      if (!is_alpha(c) && !is_digit(c) && c != '-' && c != '_') return false;
    }
  }
  return !is_digit(labels.back().front()) || is_ipv4(host);
}

// Any byte that may stand in a request line; the rest could end the line or be read in different ways.
bool is_target_byte(char c) { return c > 0x20 && c < 0x7f && c != '"' && c != '<' && c != '>' && c != '\\'; }

std::uint16_t parse_port(std::string_view port, std::string_view scheme, std::string_view text) {
  if (port.empty()) return default_port(scheme);
  const auto number = port.size() <= 5 ? parse_number(port) : std::nullopt;
  if (!number || *number == 0 || *number > 65535) throw bad_url(text, "has a port that is not 1 to 65535");
  return static_cast<std::uint16_t>(*number);
}

void parse_authority(std::string_view authority, std::string_view text, Url& url) {
  if (authority.find('@') != std::string_view::npos) throw bad_url(text, "carries a user name");
  std::string_view port;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) throw bad_url(text, "has a bracket that is not closed");
    url.host = to_lower(authority.substr(1, close - 1));
    if (!is_ipv6(url.host)) throw bad_url(text, "has brackets around what is no IPv6 address");
    const std::string_view rest = authority.substr(close + 1);
    if (!rest.empty() && rest.front() != ':') throw bad_url(text, "has text after the address in brackets");
    if (!rest.empty()) port = rest.substr(1);
  } else {
    const std::size_t colon = authority.find(':');
    if (colon != std::string_view::npos) port = authority.substr(colon + 1);
    url.host = to_lower(authority.substr(0, colon));
    if (url.host.ends_with('.')) url.host.pop_back();  // the root's dot: the same name, but certificates lack it
    if (!is_host_name(url.host)) throw bad_url(text, "has no valid host name");
  }
  url.port = parse_port(port, url.scheme, text);
}

// RFC 3986 section 5.2.4, on a path that begins with "/".
std::string without_dot_segments(std::string_view path) {
  std::vector<std::string> kept;
  const auto segments = split(path.substr(1), '/');
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const bool last = i + 1 == segments.size();
    if (segments[i] == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (segments[i] != ".") {
      kept.push_back(segments[i]);
      continue;
    }
    if (last) kept.emplace_back();
  }
  std::string out;
  for (const auto& segment : kept) out += "/" + segment;
  return out.empty() ? "/" : out;
}

// "scheme:" at the front, if there is one.
std::string_view scheme_of(std::string_view text) {
  if (text.empty() || !is_alpha(text.front())) return {};
  const auto end = std::find_if(text.begin(), text.end(), [](char c) {
    return !is_alpha(c) && !is_digit(c) && c != '+' && c != '-' && c != '.';
  });
  return end != text.end() && *end == ':' ? text.substr(0, static_cast<std::size_t>(end - text.begin()))
                                          : std::string_view();
}

}  // namespace

Url Url::parse(std::string_view text) {
  if (text.size() > kMaxUrlBytes) throw bad_url(text, "is longer than 16 KiB");
  Url url;
  url.scheme = to_lower(scheme_of(text));
  if (url.scheme != "http" && url.scheme != "https") throw bad_url(text, "begins neither with http:// nor https://");
  std::string_view rest = text.substr(url.scheme.size() + 1);
  if (!rest.starts_with("//")) throw bad_url(text, "lacks // after its scheme");
  rest.remove_prefix(2);
  const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  parse_authority(rest.substr(0, end), text, url);
  const std::string_view target =
      rest.substr(end, rest.find('#') == std::string_view::npos ? rest.npos : rest.find('#') - end);
  if (!std::all_of(target.begin(), target.end(), is_target_byte)) {
    throw bad_url(text, "holds a character that must be percent-encoded");
  }
  url.target = target.starts_with('/') ? std::string(target) : "/" + std::string(target);
  return url;
}

Url Url::resolve(std::string_view reference) const {
  if (!scheme_of(reference).empty()) return parse(reference);
  if (reference.starts_with("//")) return parse(scheme + ":" + std::string(reference));
  if (const std::size_t hash = reference.find('#'); hash != std::string_view::npos)
    reference = reference.substr(0, hash);
  const std::string origin = scheme + "://" + authority();
  if (reference.empty()) return parse(origin + target);
  const std::string_view path = std::string_view(target).substr(0, target.find('?'));
  if (reference.front() == '?') return parse(origin + std::string(path) + std::string(reference));
  const std::size_t query = std::min(reference.find('?'), reference.size());
  std::string merged(reference.substr(0, query));
  if (merged.front() != '/') merged = std::string(path.substr(0, path.rfind('/') + 1)) + merged;
  return parse(origin + without_dot_segments(merged) + std::string(reference.substr(query)));
}

std::string Url::to_text() const { return scheme + "://" + authority() + target; }

std::string Url::to_public_text() const {
  return printable(scheme + "://" + authority() + target.substr(0, target.find('?')), 300);
}

std::string Url::authority() const {
  std::string text = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != default_port(scheme)) text += ":" + std::to_string(port);
  return text;
}

}  // namespace cairn::net
