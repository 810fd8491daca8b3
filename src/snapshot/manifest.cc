// SPDX-License-Identifier: Apache-2.0
#include "snapshot/manifest.h"

#include "core/digest.h"
#include "core/json.h"
#include "snapshot/reasons.h"

#include <limits>

namespace cairn::snapshot {
namespace {

constexpr std::uint64_t kFormat = 1;
constexpr std::size_t kMaxFiles = 16;

json::value parse_document(std::string_view text, std::string_view name) {
  try {
    return parse_json(text, name);
  } catch (const Error& error) {  // recovers nothing: whose document it is decides the code
    throw Error(reason::kBadManifest, "{}", error.message());
  }
}

void check_format(const JsonCursor& root) {
  const JsonCursor format = root.at("format");
  if (format.count(std::numeric_limits<std::int64_t>::max()) != kFormat) {
    throw format.error("this version of Cairn reads format 1 only");
  }
}

std::string optional_text(const JsonCursor& object, std::string_view key) {
  const auto member = object.find(key);
  return member ? member->text() : std::string();
}

std::string digest_text(const JsonCursor& cursor) {
  const std::string text = cursor.text();
  if (!Digest::try_parse(text)) throw cursor.error("not a digest");
  return text;
}

FileRecord read_file_record(const JsonCursor& file) {
  FileRecord record{.path = file.at("path").text(),
                    .size = file.at("size").count(std::numeric_limits<std::int64_t>::max()),
                    .sha256 = file.at("sha256").text()};
  if (record.path.empty() || record.path.find('/') != std::string::npos) {
    throw file.at("path").error("not a name in the snapshot's directory");
  }
  if (!Digest::try_parse("sha256:" + record.sha256)) throw file.at("sha256").error("not 64 hexadecimal digits");
  return record;
}

}  // namespace

std::string to_text(const Manifest& manifest) {
  json::array files;
  for (const FileRecord& file : manifest.files) {
    files.push_back(json::object{{"path", file.path}, {"size", file.size}, {"sha256", file.sha256}});
  }
  json::object image{{"reference", manifest.reference}, {"digest", manifest.digest},
                     {"title", manifest.title},         {"version", manifest.version},
                     {"platform", manifest.platform},   {"created", manifest.image_created}};
  return to_pretty_text(json::object{{"format", kFormat},
                                     {"created", manifest.created},
                                     {"cairn", manifest.cairn},
                                     {"image", std::move(image)},
                                     {"files", std::move(files)}});
}

Manifest parse_manifest(std::string_view text, std::string_view name) {
  const json::value document = parse_document(text, name);
  const JsonCursor root(document, name, reason::kBadManifest);
  check_format(root);
  const JsonCursor image = root.at("image");
  Manifest manifest{.created = optional_text(root, "created"),
                    .cairn = optional_text(root, "cairn"),
                    .reference = optional_text(image, "reference"),
                    .digest = digest_text(image.at("digest")),
                    .title = optional_text(image, "title"),
                    .version = optional_text(image, "version"),
                    .platform = optional_text(image, "platform"),
                    .image_created = optional_text(image, "created"),
                    .files = {}};
  const auto files = root.at("files").items();
  if (files.size() > kMaxFiles) throw root.at("files").error("too many files");
  for (const JsonCursor& file : files) manifest.files.push_back(read_file_record(file));
  return manifest;
}

std::string to_text(const std::vector<RefusedImage>& refused) {
  json::array images;
  for (const RefusedImage& image : refused) {
    images.push_back(json::object{{"digest", image.digest}, {"when", image.when}, {"why", image.why}});
  }
  return to_pretty_text(json::object{{"format", kFormat}, {"refused", std::move(images)}});
}

std::vector<RefusedImage> parse_refused(std::string_view text, std::string_view name) {
  const json::value document = parse_document(text, name);
  const JsonCursor root(document, name, reason::kBadManifest);
  check_format(root);
  std::vector<RefusedImage> refused;
  for (const JsonCursor& image : root.at("refused").items()) {
    refused = with_refused(std::move(refused), {.digest = digest_text(image.at("digest")),
                                                .when = optional_text(image, "when"),
                                                .why = optional_text(image, "why")});
  }
  return refused;
}

std::vector<RefusedImage> with_refused(std::vector<RefusedImage> refused, RefusedImage image) {
  constexpr std::size_t kMaxWhy = 256;  // so that the whole file stays within its bound
  if (image.why.size() > kMaxWhy) image.why.resize(kMaxWhy);
  std::erase_if(refused, [&](const RefusedImage& other) { return other.digest == image.digest; });
  refused.push_back(std::move(image));
  if (refused.size() > kMaxRefused) refused.erase(refused.begin());
  return refused;
}

}  // namespace cairn::snapshot
