// SPDX-License-Identifier: Apache-2.0
#include "operator/channels.h"

#include "api/conditions.h"
#include "api/names.h"
#include "core/text.h"
#include "k8s/reasons.h"
#include "operator/reasons.h"

#include <exception>

namespace cairn::fleet {
namespace {

using api::ManagedOSImage;
using api::ManagedOSVersion;
using api::ManagedOSVersionChannel;

constexpr std::size_t kMostProblemsTold = 3;
constexpr std::size_t kMessageBytes = 1024;

std::string qualified(const std::string& name_space, const std::string& name) { return name_space + "/" + name; }

void tell(ManagedOSVersionChannel& channel, object::Truth ready, const char* why, std::string_view message,
          object::Time now) {
  api::tell_ready(channel.status.conditions, ready, why, printable(message, kMessageBytes), channel.metadata.generation,
                  now);
}

std::string with_remedy(const Error& error) { return fmt::format("{}; {}", error.what(), error.remedy()); }

// "3 versions", and what was left out.
std::string summarize(std::size_t count, const std::vector<std::string>& problems) {
  std::string text = fmt::format("{} version{}", count, count == 1 ? "" : "s");
  if (problems.empty()) return text;
  text += fmt::format("; {} left out: ", problems.size());
  for (std::size_t i = 0; i < problems.size() && i < kMostProblemsTold; ++i) {
    text += (i == 0 ? "" : "; ") + problems[i];
  }
  if (problems.size() > kMostProblemsTold) text += "; ...";
  return text;
}

// How long until the next sync is due; none or less: now.
milliseconds time_left(const ManagedOSVersionChannel& channel, milliseconds interval, Clock::Wall now) {
  const auto& status = channel.status;
  if (!status.last_synced_time || status.synced_generation != channel.metadata.generation) return milliseconds(0);
  if (status.failed_synchronization_attempts > 0) return milliseconds(0);
  const auto since = std::chrono::duration_cast<milliseconds>(object::MicroTime(now).at - status.last_synced_time->at);
  // A clock that was set back must not stop a channel for long.
  return since < milliseconds(0) ? milliseconds(0) : interval - since;
}

// The specification of the version as the channel wants it.
api::ManagedOSVersionSpec complete(const ManagedOSVersionChannel& channel, const ListedVersion& listed) {
  api::ManagedOSVersionSpec spec = listed.spec;
  if (!channel.spec.registry.empty()) {
    for (const char* member : {api::kUpgradeImage, api::kIsoUri}) {
      const std::string place(object::find_text(spec.metadata, member));
      if (!place.empty()) spec.metadata[member] = fmt::format("{}/{}", channel.spec.registry, place);
    }
  }
  if (channel.spec.upgrade_container) spec.upgrade_container = channel.spec.upgrade_container;
  return spec;
}

bool is_of(const ManagedOSVersion& version, const ManagedOSVersionChannel& channel) {
  const auto label = version.metadata.labels.find(api::label::kChannel);
  return label != version.metadata.labels.end() && label->second == channel.metadata.name;
}

}  // namespace

Channels::Channels(k8s::Client& client, Stores stores, k8s::EventRecorder& events, List list, Clock& clock)
    : client_(client), stores_(stores), events_(events), list_(std::move(list)), clock_(clock) {
  stores_.versions.add_index(kByChannel, [](const ManagedOSVersion& version) {
    const auto label = version.metadata.labels.find(api::label::kChannel);
    if (label == version.metadata.labels.end()) return std::vector<std::string>{};
    return std::vector{qualified(version.metadata.name_space, label->second)};
  });
  stores_.images.add_index(kByVersion, [](const ManagedOSImage& image) {
    if (image.spec.managed_os_version_name.empty()) return std::vector<std::string>{};
    return std::vector{qualified(image.metadata.name_space, image.spec.managed_os_version_name)};
  });
}

void Channels::watch(k8s::Controller& controller, k8s::Informer<ManagedOSVersionChannel>& channels) {
  controller.watch<ManagedOSVersionChannel>(channels, k8s::changes_more_than_status<ManagedOSVersionChannel>);
}

k8s::Result Channels::reconcile(const object::NamespacedName& key, const std::stop_token& stop) {
  const auto held = stores_.channels.find(key);
  if (!held || held->metadata.deleting()) return {};  // its versions go with it: they are owned
  ManagedOSVersionChannel channel = *held;
  k8s::Result result;
  std::exception_ptr failure;
  try {
    result = sync(channel, stop);
  } catch (const Error& error) {  // recovers nothing: the status tells it first
    if (error.kind() == ErrorKind::canceled) throw;
    ++channel.status.failed_synchronization_attempts;
    tell(channel, object::Truth::no, api::channel_reason::kFailed, with_remedy(error), object::Time(clock_.wall()));
    failure = std::current_exception();
  }
  write_status(*held, channel, stop);
  if (failure) std::rethrow_exception(failure);
  return result;
}

k8s::Result Channels::sync(ManagedOSVersionChannel& channel, const std::stop_token& stop) {
  const object::Time now(clock_.wall());
  auto& status = channel.status;
  std::vector<std::string> unsupported = object::find_unsupported(channel.spec, "spec");
  if (channel.spec.type == api::kCustomChannel) unsupported.emplace_back("spec.type custom");
  api::tell_unsupported(status.conditions, unsupported, channel.metadata.generation, now);
  if (!channel.spec.enabled) {
    retire(channel, {}, stop);
    tell(channel, object::Truth::yes, api::channel_reason::kDisabled, "spec.enabled is false: nothing is asked", now);
    return {};
  }
  if (channel.spec.type == api::kCustomChannel) {
    tell(channel, object::Truth::no, api::channel_reason::kInvalid,
         "spec.type: custom channels run a container, which is not supported; use json or oci", now);
    return {};
  }
  ChannelPlan plan;
  try {
    plan = read_plan(channel.spec);
  } catch (const Error& error) {  // recovers nothing: only a change of the channel helps
    tell(channel, object::Truth::no, api::channel_reason::kInvalid, with_remedy(error), now);
    return {};
  }
  const milliseconds left = time_left(channel, plan.interval, clock_.wall());
  if (left > milliseconds(0)) return {.again_after = left};
  Listing listing = list_(plan, channel.metadata.name, stop);
  const std::size_t count = publish(channel, listing, stop);
  status.last_synced_time = object::Time(clock_.wall());
  status.synced_generation = channel.metadata.generation;
  status.failed_synchronization_attempts = 0;
  tell(channel, object::Truth::yes, api::channel_reason::kSynchronized, summarize(count, listing.problems), now);
  return {.again_after = plan.interval};
}

// Writes what is offered and says how many versions there are now.
std::size_t Channels::publish(const ManagedOSVersionChannel& channel, Listing& listing, const std::stop_token& stop) {
  std::set<std::string> offered;
  for (const ListedVersion& listed : listing.versions) {
    try {
      write_version(channel, listed, stop);
      offered.insert(listed.name);
    } catch (const Error& error) {  // recovers the other versions
      if (!error.is(reason::kForeignVersion) && !error.is(k8s::reason::kInvalid)) throw;
      listing.problems.emplace_back(error.what());
    }
  }
  retire(channel, offered, stop);
  return offered.size();
}

void Channels::write_version(const ManagedOSVersionChannel& channel, const ListedVersion& listed,
                             const std::stop_token& stop) {
  const object::NamespacedName key{channel.metadata.name_space, listed.name};
  const auto held = stores_.versions.find(key);
  if (held && !is_of(*held, channel)) {
    throw Error(reason::kForeignVersion,
                "version {}: there is a ManagedOSVersion of this name that is not of this channel", listed.name);
  }
  ManagedOSVersion version = held ? *held : ManagedOSVersion{};
  version.metadata.name = listed.name;
  version.metadata.name_space = channel.metadata.name_space;
  version.metadata.labels[api::label::kChannel] = channel.metadata.name;
  version.metadata.annotations.erase(api::annotation::kNoLongerInSync);
  object::set_owner(version.metadata, object::make_owner_reference(channel, true));
  version.spec = complete(channel, listed);
  if (held && version == *held) return;
  version.metadata.annotations[api::annotation::kLastSync] = object::to_text(object::Time(clock_.wall()));
  const json::value document = object::encode_object(version);
  stores_.versions.learn(held ? client_.update(ManagedOSVersion::kind(), document, {}, stop)
                              : client_.create(ManagedOSVersion::kind(), document, stop));
  if (!held) {
    events_.record(k8s::make_reference(channel), k8s::EventType::normal, "VersionFound",
                   fmt::format("version {} is new", listed.name));
  }
}

// Marks or deletes the versions of the channel that it does not offer.
void Channels::retire(const ManagedOSVersionChannel& channel, const std::set<std::string>& offered,
                      const std::stop_token& stop) {
  const std::string& name_space = channel.metadata.name_space;
  for (const auto& held : stores_.versions.find_by(kByChannel, qualified(name_space, channel.metadata.name))) {
    if (offered.contains(held->metadata.name) || held->metadata.deleting()) continue;
    const bool used = !stores_.images.find_by(kByVersion, qualified(name_space, held->metadata.name)).empty();
    if (channel.spec.delete_no_longer_in_sync_versions && !used) {
      client_.remove(ManagedOSVersion::kind(), held->metadata.key(), {.uid = held->metadata.uid}, stop);
    } else if (!held->metadata.annotations.contains(api::annotation::kNoLongerInSync)) {
      ManagedOSVersion version = *held;
      version.metadata.annotations[api::annotation::kNoLongerInSync] = "true";
      stores_.versions.learn(client_.update(ManagedOSVersion::kind(), object::encode_object(version), {}, stop));
    }
  }
}

void Channels::write_status(const ManagedOSVersionChannel& before, const ManagedOSVersionChannel& after,
                            const std::stop_token& stop) {
  if (after.status == before.status) return;
  stores_.channels.learn(client_.update(ManagedOSVersionChannel::kind(), object::encode_object(after), "status", stop));
}

}  // namespace cairn::fleet
