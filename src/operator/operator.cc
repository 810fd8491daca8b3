// SPDX-License-Identifier: Apache-2.0
#include "operator/operator.h"

#include "core/log.h"
#include "core/random.h"
#include "k8s/manager.h"
#include "operator/channels.h"
#include "operator/registrations.h"

#include <unistd.h>

#include <array>

namespace cairn::fleet {
namespace {

// An operator whose kinds are missing, or whose rights are, says so by /readyz and its log and waits: ending would only
// make it start again.
constexpr milliseconds kSyncPatience{std::chrono::hours(24)};

std::string make_identity() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host = {};
  return fmt::format("{}_{}", host.data(), make_uuid());
}

}  // namespace

void run_operator(const OperatorOptions& options, const k8s::Environment& environment, Clock& clock,
                  const std::stop_token& stop) {
  const std::string server_url = check_server_url(options.server_url);
  const k8s::Access access = k8s::find_access(options.kubeconfig, environment);
  k8s::ManagerOptions settings;
  settings.component = "cairn-operator";
  settings.client.user_agent = settings.client.field_manager = settings.component;
  settings.election = k8s::ElectionOptions{.lease = {access.name_space, options.lease}, .identity = make_identity()};
  settings.probes = options.probes;
  settings.sync_timeout = kSyncPatience;
  k8s::Manager manager(access, std::move(settings), clock);
  const k8s::ListOptions where{.name_space = options.name_space};
  auto& registrations = manager.informer<api::MachineRegistration>(api::MachineRegistration::kind(), where);
  auto& channels = manager.informer<api::ManagedOSVersionChannel>(api::ManagedOSVersionChannel::kind(), where);
  auto& versions = manager.informer<api::ManagedOSVersion>(api::ManagedOSVersion::kind(), where);
  auto& images = manager.informer<api::ManagedOSImage>(api::ManagedOSImage::kind(), where);

  Registrations registering(manager.client(), registrations.store(), manager.events(), server_url, clock);
  registering.watch(manager.controller("machineregistration",
                                       [&](const object::NamespacedName& key, const std::stop_token& token) {
                                         return registering.reconcile(key, token);
                                       }),
                    registrations);
  Channels syncing(
      manager.client(), {channels.store(), versions.store(), images.store()}, manager.events(),
      [&](const ChannelPlan& plan, const std::string& channel, const std::stop_token& token) {
        return list_versions(plan, channel, options.channels, token);
      },
      clock);
  Channels::watch(manager.controller("managedosversionchannel",
                                     [&](const object::NamespacedName& key, const std::stop_token& token) {
                                       return syncing.reconcile(key, token);
                                     },
                                     {.workers = 4, .retry = Channels::kRetry}),
                  channels);
  log::info("the operator runs", {{"server", access.server.to_public_text()}, {"namespace", options.name_space}});
  manager.run(stop);
}

}  // namespace cairn::fleet
