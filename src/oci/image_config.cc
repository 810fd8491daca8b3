// SPDX-License-Identifier: Apache-2.0
#include "core/reasons.h"
#include "oci/descriptor.h"
#include "oci/reasons.h"

namespace cairn::oci {
namespace {

std::vector<std::string> find_texts(const JsonCursor& object, std::string_view key) {
  std::vector<std::string> texts;
  if (const auto list = object.find(key)) {
    for (const JsonCursor& item : list->items()) texts.push_back(item.text());
  }
  return texts;
}

std::vector<Digest> parse_diff_ids(const JsonCursor& rootfs) {
  if (const JsonCursor type = rootfs.at("type"); type.text() != "layers") throw type.error("expected \"layers\"");
  std::vector<Digest> diff_ids;
  for (const JsonCursor& item : rootfs.at("diff_ids").items()) {
    auto digest = Digest::try_parse(item.text());
    if (!digest) throw item.error("expected sha256:<64 lower-case hexadecimal digits> or a sha512 digest");
    diff_ids.push_back(*std::move(digest));
  }
  return diff_ids;
}

}  // namespace

ImageConfig ImageConfig::parse(std::string_view text, std::string_view what) {
  if (text.size() > kMaxDocument) throw Error(cairn::reason::kTooLarge, "{} is larger than 4 MiB", what);
  const json::value value = parse_json(text, what);
  const JsonCursor document(value, what, reason::kBadConfig);
  ImageConfig config{.platform = parse_platform(document), .diff_ids = parse_diff_ids(document.at("rootfs"))};
  if (const auto created = document.find("created")) config.created = created->text();
  if (const auto run = document.find("config")) {
    if (const auto labels = run->find("Labels")) config.labels = parse_annotations(*labels);
    config.environment = find_texts(*run, "Env");
    config.entrypoint = find_texts(*run, "Entrypoint");
    config.command = find_texts(*run, "Cmd");
  }
  return config;
}

}  // namespace cairn::oci
