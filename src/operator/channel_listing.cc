// SPDX-License-Identifier: Apache-2.0
#include "operator/channel_listing.h"

#include "core/digest.h"
#include "core/json.h"
#include "core/reasons.h"
#include "core/text.h"
#include "core/utc.h"
#include "net/http_client.h"
#include "object/duration.h"
#include "oci/sources.h"
#include "oci/tags.h"
#include "operator/reasons.h"

#include <algorithm>

namespace cairn::fleet {
namespace {

constexpr std::size_t kMaxListing = 4 << 20;
constexpr std::size_t kMaxName = 253;  // of objects: RFC 1123 subdomain
constexpr milliseconds kShortestInterval{10'000};
constexpr milliseconds kLongestTimeout{600'000};
constexpr std::string_view kTitleLabel = "org.opencontainers.image.title";
constexpr std::string_view kDescribedPlatform = "linux";

bool is_name_character(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool is_object_name(std::string_view name) {
  const auto inner = [](char c) { return is_name_character(c) || c == '-' || c == '.'; };
  return !name.empty() && name.size() <= kMaxName && is_name_character(name.front()) &&
         is_name_character(name.back()) && std::all_of(name.begin(), name.end(), inner);
}

// An option of a channel; Elemental takes its name in any case of letters. Empty if it is missing.
std::string find_option(const json::object& options, std::string_view name) {
  for (const auto& member : options) {
    if (to_lower(member.key()) != name) continue;
    if (!member.value().is_string()) throw Error(reason::kBadChannel, "spec.options.{}: expected text", name);
    return std::string(member.value().get_string());
  }
  return {};
}

milliseconds duration_at(std::string_view field, std::string_view text, milliseconds otherwise) {
  if (text.empty()) return otherwise;
  const auto duration = object::parse_duration(text);
  if (!duration) {
    throw Error(reason::kBadChannel, "{}: \"{}\" is no duration; write 1h30m, say", field, printable(text, 40));
  }
  return *duration;
}

std::string json_place(const json::object& options) {
  const std::string place = find_option(options, "uri");
  if (place.empty()) throw Error(reason::kBadChannel, "spec.options.uri: is missing");
  if (with_context("spec.options.uri", [&] { return net::Url::parse(place); }).scheme != "https") {
    throw Error(reason::kBadChannel, "spec.options.uri: versions are only taken over https");
  }
  return place;
}

std::string repository_place(const json::object& options) {
  const std::string place = find_option(options, "repository");
  if (place.empty()) throw Error(reason::kBadChannel, "spec.options.repository: is missing");
  const oci::Reference reference =
      with_context("spec.options.repository", [&] { return oci::Reference::parse(place); });
  if (reference.digest || place.ends_with(":" + reference.tag)) {
    throw Error(reason::kBadChannel, "spec.options.repository: \"{}\" names one image; leave tag and digest out",
                printable(place, 200));
  }
  return place;
}

ListedVersion read_entry(const json::value& entry, const std::string& where) {
  const JsonCursor cursor(entry, where, reason::kBadVersions);
  ListedVersion listed{.name = cursor.at("metadata").at("name").text(), .spec = {}};
  if (!is_object_name(listed.name)) {
    throw Error(reason::kBadVersions, "{}: metadata.name: \"{}\" is no name of an object", where,
                printable(listed.name, 80));
  }
  listed.spec = object::decode<api::ManagedOSVersionSpec>(cursor.at("spec").value(), where + ": spec");
  return listed;
}

// A server that answers with a page of its own for a while must not be given up as a mistake of the channel's.
json::value parse_document(std::string_view text) {
  try {
    return parse_json(text, "the list of versions");
  } catch (const Error& error) {  // recovers nothing: only the kind is another
    throw Error(reason::kBadVersions, "{}", error.what());
  }
}

Listing list_document(const ChannelPlan& plan, const ChannelWorld& world, const std::stop_token& stop) {
  net::HttpOptions options;
  options.header_timeout = options.idle_timeout = plan.timeout;
  options.connect_timeout = std::min(options.connect_timeout, plan.timeout);
  options.ca_file = world.ca_file;
  net::HttpClient client(options);
  const net::HttpRequest request{.url = net::Url::parse(plan.place), .headers = {{"Accept", "application/json"}}};
  net::HttpResponse response = net::send_with_retries(client, request, {.attempts = 3}, *world.clock, stop);
  if (response.status != 200) throw net::http_status_error("GET", response);
  return parse_listing(read_text(*response.body, kMaxListing, request.url.to_public_text()));
}

// What is known of one tag of a repository.
ListedVersion describe_tag(const oci::Reference& tagged, const oci::SourceOptions& options) {
  const auto source = oci::make_registry_source(tagged, options);
  oci::ImageSource::Document document = source->get_root();
  const std::string what = tagged.to_text();
  const Digest digest = document.digest;
  json::array platforms;
  if (oci::find_document_type(document.text, document.media_type, what) == oci::media_type::kIndex) {
    const oci::Index index = oci::Index::parse(document.text, what);
    const oci::Descriptor* first = nullptr;
    for (const oci::Descriptor& entry : index.manifests) {
      // Others are no systems: attestations stand as platform unknown/unknown.
      if (!entry.platform || entry.platform->os != kDescribedPlatform) continue;
      platforms.emplace_back(entry.platform->to_text());
      if (first == nullptr) first = &entry;
    }
    if (first == nullptr) throw Error(reason::kBadVersions, "{} has no image for Linux", what);
    document = source->get_manifest(*first);
  }
  const oci::Manifest manifest = oci::Manifest::parse(document.text, what);
  const auto config =
      oci::ImageConfig::parse(read_text(*source->open_blob(manifest.config), oci::kMaxDocument, what), what);
  if (platforms.empty()) platforms.emplace_back(config.platform.to_text());
  const auto title = config.labels.find(std::string(kTitleLabel));
  api::ManagedOSVersionSpec spec;
  spec.version = tagged.tag;
  spec.type = api::kContainerVersion;
  // With the digest: what was offered is what is installed, whatever becomes of the tag.
  spec.metadata[api::kUpgradeImage] = fmt::format("{}@{}", tagged.to_text(), digest.text());
  spec.metadata[api::kDisplayName] =
      fmt::format("{} {}", title == config.labels.end() ? tagged.repository : title->second, tagged.tag);
  if (const auto created = parse_utc(config.created)) spec.metadata["created"] = *created;
  spec.metadata["platforms"] = std::move(platforms);
  return {.name = {}, .spec = std::move(spec)};
}

Listing list_repository(const ChannelPlan& plan, const std::string& channel, const ChannelWorld& world,
                        const std::stop_token& stop) {
  oci::Reference repository = oci::Reference::parse(plan.place);
  oci::SourceOptions options = world.registry;
  options.plain_http = world.plain_http.contains(repository.registry);
  options.ca_file = world.ca_file;
  options.stop = stop;
  Listing listing;
  std::set<std::string> taken;
  for (const std::string& tag : oci::list_tags(repository, options, kMostVersions)) {
    repository.tag = tag;
    try {
      ListedVersion version = describe_tag(repository, options);
      version.name = name_version(channel, tag, taken);
      taken.insert(version.name);
      listing.versions.push_back(std::move(version));
    } catch (const Error& error) {  // recovers the other tags: one may be an artefact, or damaged
      if (error.kind() == ErrorKind::canceled || error.kind() == ErrorKind::unavailable ||
          error.kind() == ErrorKind::timed_out) {
        throw;
      }
      listing.problems.push_back(fmt::format("tag {}: {}", tag, error.what()));
    }
  }
  return listing;
}

}  // namespace

ChannelPlan read_plan(const api::ManagedOSVersionChannelSpec& spec) {
  ChannelPlan plan;
  if (spec.type == api::kJsonChannel) {
    plan.place = json_place(spec.options);
  } else if (spec.type == api::kOciChannel) {
    plan.source = ChannelPlan::Source::repository;
    plan.place = repository_place(spec.options);
  } else {
    throw Error(reason::kBadChannel, "spec.type: \"{}\" is not known; write json or oci", printable(spec.type, 40));
  }
  plan.timeout = duration_at("spec.options.timeout", find_option(spec.options, "timeout"), plan.timeout);
  plan.timeout = std::clamp(plan.timeout, milliseconds(1'000), kLongestTimeout);
  plan.interval = duration_at("spec.syncInterval", spec.sync_interval, plan.interval);
  if (plan.interval < kShortestInterval) {
    throw Error(reason::kBadChannel, "spec.syncInterval: \"{}\" is below 10s", printable(spec.sync_interval, 40));
  }
  return plan;
}

Listing parse_listing(std::string_view text) {
  const json::value document = parse_document(text);
  if (!document.is_array()) throw Error(reason::kBadVersions, "the list of versions is no JSON array");
  const json::array& entries = document.get_array();
  if (entries.size() > kMostVersions) {
    throw Error(reason::kBadVersions, "the list has {} versions; {} are the most", entries.size(), kMostVersions);
  }
  Listing listing;
  std::set<std::string> taken;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::string where = fmt::format("versions[{}]", i);
    try {
      ListedVersion version = read_entry(entries[i], where);
      if (!taken.insert(version.name).second) {
        throw Error(reason::kBadVersions, "{}: metadata.name: \"{}\" is there twice", where, version.name);
      }
      listing.versions.push_back(std::move(version));
    } catch (const Error& error) {  // recovers the other versions
      listing.problems.emplace_back(error.what());
    }
  }
  return listing;
}

std::string name_version(std::string_view channel, std::string_view tag, const std::set<std::string>& taken) {
  std::string name = fmt::format("{}-", channel);
  for (const char c : to_lower(tag)) name += is_name_character(c) || c == '.' ? c : '-';
  name.resize(std::min(name.size(), kMaxName - 9));
  while (!is_name_character(name.back())) name.pop_back();
  if (!taken.contains(name)) return name;
  return fmt::format("{}-{}", name, sha256(as_bytes(tag)).hex().substr(0, 8));
}

Listing list_versions(const ChannelPlan& plan, const std::string& channel, const ChannelWorld& world,
                      const std::stop_token& stop) {
  return plan.source == ChannelPlan::Source::json ? list_document(plan, world, stop)
                                                  : list_repository(plan, channel, world, stop);
}

}  // namespace cairn::fleet
