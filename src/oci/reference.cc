// SPDX-License-Identifier: Apache-2.0
#include "oci/reference.h"

#include "core/text.h"
#include "oci/reasons.h"

#include <arpa/inet.h>

#include <algorithm>

namespace cairn::oci {
namespace {

constexpr std::size_t kMaxRepository = 255;  // bytes, as registries keep it in their databases
constexpr std::size_t kMaxTag = 128;
constexpr std::size_t kMaxHost = 253;  // RFC 1035
constexpr std::size_t kMaxText = 1024;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_letter(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); }

Error bad(std::string_view text, std::string_view problem) {
  return Error(reason::kBadReference, "\"{}\" is not the name of an image: {}", printable(text, 160), problem);
}

bool is_ipv6(const std::string& address) {
  in6_addr parsed;
  return ::inet_pton(AF_INET6, address.c_str(), &parsed) == 1;
}

// Labels of letters, digits and inner hyphens, with dots between.
bool is_host_name(std::string_view host) {
  if (host.empty() || host.size() > kMaxHost) return false;
  const auto labels = split(host, '.');
  return std::all_of(labels.begin(), labels.end(), [](const std::string& label) {
    return !label.empty() && label.front() != '-' && label.back() != '-' &&
           std::all_of(label.begin(), label.end(), [](char c) { return is_letter(c) || is_digit(c) || c == '-'; });
  });
}

void check_registry(std::string_view registry, std::string_view text) {
  std::string_view port;
  std::string_view host = registry;
  if (registry.starts_with('[')) {
    const std::size_t close = registry.find(']');
    if (close == std::string_view::npos) throw bad(text, "the bracket around its address is not closed");
    if (!is_ipv6(std::string(registry.substr(1, close - 1)))) throw bad(text, "the brackets hold no IPv6 address");
    port = registry.substr(close + 1);
    if (!port.empty() && port.front() != ':') throw bad(text, "only a port may follow the address in brackets");
  } else {
    host = registry.substr(0, registry.find(':'));
    port = registry.substr(host.size());
    if (!is_host_name(host)) throw bad(text, fmt::format("\"{}\" is no host name", printable(host, 80)));
  }
  if (port.empty()) return;
  const auto number = port.size() <= 6 ? parse_number(port.substr(1)) : std::nullopt;
  if (!number || *number == 0 || *number > 65535) throw bad(text, "its port is not a number from 1 to 65535");
}

// Lower-case letters and digits, single separators between: one of "." "_" "__" or any number of "-".
bool is_path_part(std::string_view part) {
  const auto alphanumeric = [](char c) { return is_lower(c) || is_digit(c); };
  if (part.empty() || !alphanumeric(part.front()) || !alphanumeric(part.back())) return false;
  for (std::size_t at = 0; at < part.size();) {
    if (alphanumeric(part[at])) {
      ++at;
      continue;
    }
    const std::size_t end = static_cast<std::size_t>(
        std::find_if(part.begin() + static_cast<std::ptrdiff_t>(at), part.end(), alphanumeric) - part.begin());
    const std::string_view separator = part.substr(at, end - at);
    const bool hyphens = separator.find_first_not_of('-') == std::string_view::npos;
    if (!hyphens && separator != "." && separator != "_" && separator != "__") return false;
    at = end;
  }
  return true;
}

void check_repository(std::string_view repository, std::string_view text) {
  if (repository.empty()) throw bad(text, "it has no repository");
  if (repository.size() > kMaxRepository) throw bad(text, "its repository is longer than 255 bytes");
  for (const std::string& part : split(repository, '/')) {
    if (part.empty()) throw bad(text, "a part between slashes is empty");
    if (std::any_of(part.begin(), part.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) {
      throw bad(text, fmt::format("\"{}\" has capital letters", printable(part, 80)));
    }
    if (!is_path_part(part)) {
      throw bad(text, fmt::format("\"{}\" may only have lower-case letters and digits with one of . _ __ - between",
                                  printable(part, 80)));
    }
  }
}

void check_tag(std::string_view tag, std::string_view text) {
  if (tag.empty()) throw bad(text, "its tag is empty");
  if (tag.size() > kMaxTag) throw bad(text, "its tag is longer than 128 bytes");
  const auto word = [](char c) { return is_letter(c) || is_digit(c) || c == '_'; };
  const bool fits =
      word(tag.front()) && std::all_of(tag.begin(), tag.end(), [&](char c) { return word(c) || c == '.' || c == '-'; });
  if (!fits) throw bad(text, "its tag may only have letters, digits and _ . - and begins with no . or -");
}

// Whether what stands before the first slash is a registry and not the first part of a repository of Docker Hub.
bool is_registry(std::string_view first) {
  const bool capital = std::any_of(first.begin(), first.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  return first.find_first_of(".:") != std::string_view::npos || first == "localhost" || capital;
}

}  // namespace

Reference Reference::parse(std::string_view text) {
  if (text.empty()) throw bad(text, "it is empty");
  if (text.size() > kMaxText) throw bad(text, "it is longer than 1024 bytes");
  if (text.starts_with('/') || text.starts_with('.')) {
    throw bad(text, "it looks like a path").set_remedy("Write dir:PATH, oci:PATH or oci-archive:PATH for a path.");
  }
  if (text.find("://") != std::string_view::npos) throw bad(text, "it must not have a scheme like https:// in front");
  Reference reference;
  std::string_view rest = text;
  if (const std::size_t at = rest.find('@'); at != std::string_view::npos) {
    reference.digest = Digest::try_parse(rest.substr(at + 1));
    if (!reference.digest) throw bad(text, "what follows @ is not sha256:<64 lower-case hexadecimal digits>");
    rest = rest.substr(0, at);
  }
  if (const std::size_t slash = rest.find('/'); slash != std::string_view::npos && is_registry(rest.substr(0, slash))) {
    reference.registry = rest.substr(0, slash);
    rest.remove_prefix(slash + 1);
    check_registry(reference.registry, text);
  } else {
    reference.registry = "docker.io";
  }
  if (const std::size_t colon = rest.rfind(':'); colon != std::string_view::npos) {
    reference.tag = rest.substr(colon + 1);
    rest = rest.substr(0, colon);
    check_tag(reference.tag, text);
  } else if (!reference.digest) {
    reference.tag = "latest";
  }
  if (reference.registry == "index.docker.io") reference.registry = "docker.io";
  reference.repository = rest;
  if (reference.registry == "docker.io" && rest.find('/') == std::string_view::npos) {
    if (Digest::try_parse("sha256:" + std::string(rest))) throw bad(text, "it looks like a digest without sha256:");
    reference.repository = "library/" + std::string(rest);
    if (rest.empty()) throw bad(text, "it has no repository");
  }
  check_repository(reference.repository, text);
  return reference;
}

std::string Reference::to_text() const {
  std::string text = registry + "/" + repository;
  if (!tag.empty()) text += ":" + tag;
  if (digest) text += "@" + digest->text();
  return text;
}

}  // namespace cairn::oci
