// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::snapshot {

// One file of a snapshot as it was written.
struct FileRecord {
  std::string path;  // name in the snapshot's directory
  std::uint64_t size = 0;
  std::string sha256;  // 64 lower-case hexadecimal digits

  friend bool operator==(const FileRecord&, const FileRecord&) = default;
};

// What a snapshot is made of (docs/formats/snapshot.md, manifest.json).
struct Manifest {
  std::string created;    // RFC 3339, UTC
  std::string cairn;      // version of the program that wrote it
  std::string reference;  // where the image came from; may be empty
  std::string digest;     // of the image's manifest
  // Of the image as its labels and configuration say; empty: not said, or written before this was recorded.
  std::string title = {};
  std::string version = {};
  std::string platform = {};       // "linux/amd64"
  std::string image_created = {};  // RFC 3339
  std::vector<FileRecord> files = {};

  friend bool operator==(const Manifest&, const Manifest&) = default;
};

std::string to_text(const Manifest& manifest);
// Throws reason::kBadManifest; `name` stands for the document in errors.
Manifest parse_manifest(std::string_view text, std::string_view name);

// An image that failed here and is not tried again until told.
struct RefusedImage {
  std::string digest;
  std::string when;  // RFC 3339, UTC
  std::string why;   // for people

  friend bool operator==(const RefusedImage&, const RefusedImage&) = default;
};

inline constexpr std::size_t kMaxRefused = 64;

std::string to_text(const std::vector<RefusedImage>& refused);
std::vector<RefusedImage> parse_refused(std::string_view text, std::string_view name);

// Image by image, newest last, each digest once, the oldest dropped beyond kMaxRefused.
std::vector<RefusedImage> with_refused(std::vector<RefusedImage> refused, RefusedImage image);

}  // namespace cairn::snapshot
