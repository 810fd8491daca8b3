// SPDX-License-Identifier: Apache-2.0
#include "oci/descriptor.h"

#include <algorithm>
#include <limits>

namespace cairn::oci {
namespace {

constexpr std::size_t kMaxMediaType = 255;  // RFC 6838 section 4.2: 127 on each side of the slash
constexpr std::size_t kMaxAnnotations = 1000;
constexpr std::size_t kMaxAnnotation = 64 * 1024;  // bytes of a key or value
constexpr std::size_t kMaxPlatformWord = 64;

// "type/subtype" of RFC 6838 section 4.2.
bool is_media_type(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$&-^_.+").find(c) != std::string_view::npos;
  };
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == text.size() || text.size() > kMaxMediaType) {
    return false;
  }
  const std::string_view type = text.substr(0, slash);
  const std::string_view subtype = text.substr(slash + 1);
  return std::all_of(type.begin(), type.end(), allowed) && std::all_of(subtype.begin(), subtype.end(), allowed);
}

Digest parse_digest(const JsonCursor& cursor) {
  if (auto digest = Digest::try_parse(cursor.text())) return *std::move(digest);
  throw cursor.error("expected sha256:<64 lower-case hexadecimal digits> or a sha512 digest");
}

std::string platform_word(const JsonCursor& cursor) {
  std::string word = cursor.text();
  const bool plain = std::all_of(word.begin(), word.end(), [](char c) { return c > ' ' && c < 0x7f && c != '/'; });
  if (word.size() > kMaxPlatformWord || !plain) throw cursor.error("expected one short word");
  return word;
}

}  // namespace

Platform parse_platform(const JsonCursor& cursor) {
  Platform platform{
      .os = platform_word(cursor.at("os")), .architecture = platform_word(cursor.at("architecture")), .variant = ""};
  if (const auto variant = cursor.find("variant")) platform.variant = platform_word(*variant);
  return platform;
}

Annotations parse_annotations(const JsonCursor& cursor) {
  Annotations annotations;
  const auto members = cursor.members();
  if (members.size() > kMaxAnnotations) throw cursor.error("more than 1000 annotations");
  for (const auto& [key, value] : members) {
    std::string text = value.text();
    if (key.size() > kMaxAnnotation || text.size() > kMaxAnnotation) throw value.error("longer than 64 KiB");
    annotations.emplace(key, std::move(text));
  }
  return annotations;
}

Annotations find_annotations(const JsonCursor& object) {
  const auto member = object.find("annotations");
  return member ? parse_annotations(*member) : Annotations{};
}

Descriptor parse_descriptor(const JsonCursor& cursor) {
  const JsonCursor type = cursor.at("mediaType");
  const std::string media_type = type.text();
  if (!is_media_type(media_type)) throw type.error("expected a media type");
  Descriptor descriptor{
      .media_type = std::string(oci_media_type(media_type)),
      .digest = parse_digest(cursor.at("digest")),
      .size = cursor.at("size").count(static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())),
      .platform = std::nullopt,
      .annotations = find_annotations(cursor),
  };
  if (const auto platform = cursor.find("platform")) descriptor.platform = parse_platform(*platform);
  return descriptor;
}

json::object to_json(const Annotations& annotations) {
  json::object object;
  for (const auto& [key, value] : annotations) object[key] = value;
  return object;
}

json::object to_json(const Descriptor& descriptor) {
  json::object object{
      {"mediaType", descriptor.media_type}, {"digest", descriptor.digest.text()}, {"size", descriptor.size}};
  if (const auto& platform = descriptor.platform) {
    json::object words{{"architecture", platform->architecture}, {"os", platform->os}};
    if (!platform->variant.empty()) words["variant"] = platform->variant;
    object["platform"] = std::move(words);
  }
  if (!descriptor.annotations.empty()) object["annotations"] = to_json(descriptor.annotations);
  return object;
}

}  // namespace cairn::oci
