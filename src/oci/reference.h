// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/digest.h"

#include <optional>
#include <string>
#include <string_view>

namespace cairn::oci {

// A name of an image in a registry (distribution-spec; grammar of distribution/reference).
// "debian" is docker.io/library/debian:latest; "host:5000/a/b:v1@sha256:..." keeps both tag and digest.
struct Reference {
  std::string registry;    // host[:port]
  std::string repository;  // at most 255 bytes
  std::string tag;         // "latest" if neither tag nor digest was given; may be empty with a digest
  std::optional<Digest> digest = std::nullopt;

  // Throws reason::kBadReference with the rule that is broken.
  static Reference parse(std::string_view text);
  std::string to_text() const;
  // What to ask the registry for: the digest if there is one, else the tag.
  std::string manifest_key() const { return digest ? digest->text() : tag; }
};

// Where an image is: how people write it on cairn's command line.
//   REF, registry:REF · oci:DIR[:TAG][@DIGEST] · oci-archive:FILE[:TAG] · dir:DIR
struct SourceSpec {
  enum class Kind { registry, layout, archive, directory };
  Kind kind = Kind::registry;
  std::optional<Reference> reference = std::nullopt;  // of registry
  std::string path = {};                              // of the others
  std::string tag = {};                               // of layout and archive; may be empty
  std::optional<Digest> digest = std::nullopt;        // of layout and archive

  // Elemental's documents say `oci:` and `docker:` for a registry; cairn's own say it for a layout.
  enum class Dialect { cairn, elemental };
  static SourceSpec parse(std::string_view text, Dialect dialect = Dialect::cairn);
  std::string to_text() const;
};

}  // namespace cairn::oci
