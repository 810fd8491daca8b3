// SPDX-License-Identifier: Apache-2.0
#include "node/medium_manifest.h"

#include "node/boot_request.h"
#include "node/reasons.h"

#include <limits>

namespace cairn::node {
namespace {

constexpr std::uint64_t kFormat = 1;

std::string optional_text(const JsonCursor& object, std::string_view key) {
  const auto member = object.find(key);
  return member ? member->text() : std::string();
}

json::value parse_document(std::string_view text, std::string_view name) {
  try {
    return parse_json(text, name);
  } catch (const Error& error) {  // recovers nothing: to the one at the console, the medium is what is broken
    throw Error(reason::kBadMedium, "{}", error.what());
  }
}

}  // namespace

json::object to_json(const ImageIdentity& image) {
  return {{"reference", image.reference}, {"digest", image.digest},     {"title", image.title},
          {"version", image.version},     {"platform", image.platform}, {"created", image.created}};
}

ImageIdentity read_image_identity(const JsonCursor& image) {
  return {.reference = optional_text(image, "reference"),
          .digest = image.at("digest").text(),
          .title = optional_text(image, "title"),
          .version = optional_text(image, "version"),
          .platform = image.at("platform").text(),
          .created = optional_text(image, "created")};
}

MediumManifest parse_medium_manifest(std::string_view text, std::string_view name) {
  const json::value document = parse_document(text, name);
  const JsonCursor root(document, name, reason::kBadMedium);
  const JsonCursor format = root.at("format");
  if (format.count(std::numeric_limits<std::int64_t>::max()) != kFormat) {
    throw format.error("this version of Cairn reads format 1 only");
  }
  MediumManifest manifest{.id = root.at("id").text(),
                          .kind = optional_text(root, "kind"),
                          .label = optional_text(root, "label"),
                          .image = read_image_identity(root.at("image")),
                          .kernel = optional_text(root, "kernel"),
                          .cmdline = {},
                          .sizes = {},
                          .in_root = {}};
  if (!is_medium_id(manifest.id)) throw root.at("id").error("not 16 lower-case hexadecimal digits");
  if (const auto words = root.find("cmdline")) {
    for (const JsonCursor& word : words->items()) manifest.cmdline.push_back(word.text());
  }
  for (const JsonCursor& file : root.at("files").items()) {
    std::string path = file.at("path").text();
    path.erase(0, path.find_first_not_of('/'));
    if (const auto place = file.find("inRoot")) manifest.in_root[path] = place->text();
    manifest.sizes[path] = file.at("size").count(std::numeric_limits<std::int64_t>::max());
  }
  return manifest;
}

}  // namespace cairn::node
