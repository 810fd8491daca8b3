// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/json.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace cairn::node {

// Which image a system is made of, as the medium's manifest and the node's own records name it. Only digest and
// platform are always there.
struct ImageIdentity {
  std::string reference;  // as the builder was given it
  std::string digest;     // of the image's manifest
  std::string title;
  std::string version;
  std::string platform;  // "linux/amd64"
  std::string created;   // RFC 3339
};

json::object to_json(const ImageIdentity& image);
ImageIdentity read_image_identity(const JsonCursor& image);

// What a node reads of a medium's manifest (docs/formats/media.md, "Manifest").
struct MediumManifest {
  std::string id;
  std::string kind;   // "iso" or "netboot"
  std::string label;  // volume label; ISO only
  ImageIdentity image;
  std::string kernel;                          // version
  std::vector<std::string> cmdline;            // kernel words, the loader's first
  std::map<std::string, std::uint64_t> sizes;  // path without a leading slash -> size in bytes
  std::map<std::string, std::string> in_root;  // of files that lie in the root tree, too: path -> path in it
};

inline constexpr std::size_t kMaxManifestSize = 64 * 1024;

// Throws reason::kBadMedium when the document (`name` in errors) is malformed or of a later format.
MediumManifest parse_medium_manifest(std::string_view text, std::string_view name);

}  // namespace cairn::node
