// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "media/staging.h"

#include <cstdint>
#include <string>
#include <vector>

namespace cairn::media {

// What a medium says of itself (docs/formats/media.md, Manifest).
struct MediumManifest {
  struct Image {
    std::string reference;
    std::string digest;
    std::string title;
    std::string version;
    std::string platform;
    std::string created;
  };
  struct File {
    MediumFile file;
    std::uint64_t offset = 0;  // where in `initrd` it lies; netboot sets only
    std::string in_root = {};  // its path in the root tree, without a leading slash; netboot sets only
  };

  std::string id;
  std::string kind;   // "iso" or "netboot"
  std::string label;  // empty for netboot sets
  std::int64_t created = 0;
  std::string cairn;  // version of the program
  Image image;
  std::string kernel;
  std::vector<std::string> cmdline;
  std::vector<File> files;

  std::string to_text() const;
};

// The beginning of a digest over all that decides a medium's bytes: 16 hexadecimal digits.
std::string medium_id(const std::vector<std::string>& decisions, const std::vector<MediumFile>& files);

// The id as a volume's time: what udev shows as its UUID, and the form that xorriso takes.
struct VolumeTime {
  std::string uuid;     // YYYY-MM-DD-hh-mm-ss-cc
  std::string compact;  // YYYYMMDDhhmmsscc
};
VolumeTime volume_time(const std::string& id);

}  // namespace cairn::media
