// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/managed_os_version.h"
#include "api/managed_os_version_channel.h"
#include "core/clock.h"
#include "oci/image.h"

#include <filesystem>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

// What a channel offers: asked of a JSON document or of an image repository.
namespace cairn::fleet {

struct ListedVersion {
  std::string name;  // of the ManagedOSVersion
  api::ManagedOSVersionSpec spec;

  bool operator==(const ListedVersion&) const = default;
};

struct Listing {
  std::vector<ListedVersion> versions;
  std::vector<std::string> problems;  // entries that were left out, and why
};

// More versions than this make a channel fail.
inline constexpr std::size_t kMostVersions = 1000;

// What `spec` asks for, checked.
struct ChannelPlan {
  enum class Source { json, repository } source = Source::json;
  std::string place;  // an https URL, or a repository without tag
  milliseconds timeout{30'000};
  milliseconds interval{3'600'000};
};

// Throws reason::kBadChannel, with the field in front.
ChannelPlan read_plan(const api::ManagedOSVersionChannelSpec& spec);

// Elemental's document: an array of {metadata: {name}, spec: {version, type, metadata, ...}}. An entry that is wrong is
// a problem of its own; a document that is none throws reason::kBadVersions.
Listing parse_listing(std::string_view text);

// The name of the version that a repository's tag stands for: `channel` and the tag in the letters of object names. Of
// two tags that would have one name the later carries a part of its digest.
std::string name_version(std::string_view channel, std::string_view tag, const std::set<std::string>& taken);

// How channels reach the world.
struct ChannelWorld {
  std::optional<std::filesystem::path> ca_file;  // trusted besides the system's roots
  std::set<std::string> plain_http;              // registries ("host:port") that are spoken to without TLS
  oci::SourceOptions registry;                   // cache and credentials
  Clock* clock = &system_clock();
};

// Asks the place. Throws what HTTP and registries throw, and the above.
Listing list_versions(const ChannelPlan& plan, const std::string& channel, const ChannelWorld& world,
                      const std::stop_token& stop);

}  // namespace cairn::fleet
