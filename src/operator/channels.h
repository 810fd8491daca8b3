// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/managed_os_image.h"
#include "k8s/client.h"
#include "k8s/controller.h"
#include "k8s/events.h"
#include "operator/channel_listing.h"

#include <functional>

namespace cairn::fleet {

// Keeps the ManagedOSVersions of each ManagedOSVersionChannel as what the channel offers: new ones are made, those that
// changed are written, those that are gone are marked as no longer in sync, or deleted if the channel wants it and no
// ManagedOSImage uses them. The condition Ready says what happened last and what to do.
class Channels {
 public:
  using List = std::function<Listing(const ChannelPlan& plan, const std::string& channel, const std::stop_token& stop)>;
  struct Stores {
    k8s::Store<api::ManagedOSVersionChannel>& channels;
    k8s::Store<api::ManagedOSVersion>& versions;
    k8s::Store<api::ManagedOSImage>& images;
  };

  // All outlive it. `list` asks the world.
  Channels(k8s::Client& client, Stores stores, k8s::EventRecorder& events, List list, Clock& clock);

  // Names what `controller` is to be called for. Before the informers run.
  static void watch(k8s::Controller& controller, k8s::Informer<api::ManagedOSVersionChannel>& channels);
  // Throws what made a sync fail, once that stands in the status, so that the controller tries again later.
  k8s::Result reconcile(const object::NamespacedName& key, const std::stop_token& stop);

  // How controllers of channels come back after failures: as Elemental's.
  static constexpr k8s::RetryRate kRetry{.first = milliseconds(4'000), .most = milliseconds(512'000)};

  // Indexes: versions by "namespace/channel", images by "namespace/version" that they are of.
  static constexpr const char* kByChannel = "by-channel";
  static constexpr const char* kByVersion = "by-version";

 private:
  k8s::Result sync(api::ManagedOSVersionChannel& channel, const std::stop_token& stop);
  std::size_t publish(const api::ManagedOSVersionChannel& channel, Listing& listing, const std::stop_token& stop);
  void write_version(const api::ManagedOSVersionChannel& channel, const ListedVersion& listed,
                     const std::stop_token& stop);
  void retire(const api::ManagedOSVersionChannel& channel, const std::set<std::string>& offered,
              const std::stop_token& stop);
  void write_status(const api::ManagedOSVersionChannel& before, const api::ManagedOSVersionChannel& after,
                    const std::stop_token& stop);

  k8s::Client& client_;
  Stores stores_;
  k8s::EventRecorder& events_;
  const List list_;
  Clock& clock_;
};

}  // namespace cairn::fleet
