// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/machine_registration.h"
#include "core/clock.h"
#include "k8s/client.h"
#include "k8s/controller.h"
#include "k8s/events.h"

#include <string>

namespace cairn::fleet {

// Gives each MachineRegistration its token and the URL where machines register: status.registrationToken and
// status.registrationURL, and the condition Ready that says why there is none. It makes no other object.
//   A token is spec.token, or a random one that stays until the annotation cairn.dev/rotate-token changes. Of several
//   registrations that want the same token the oldest has it.
class Registrations {
 public:
  using Store = k8s::Store<api::MachineRegistration>;

  // `server_url` is "https://HOST[:PORT]", or empty where nobody said. The others outlive it.
  Registrations(k8s::Client& client, Store& store, k8s::EventRecorder& events, std::string server_url, Clock& clock);

  // Names what `controller` is to be called for. Before the informer runs.
  void watch(k8s::Controller& controller, k8s::Informer<api::MachineRegistration>& informer) const;
  k8s::Result reconcile(const object::NamespacedName& key, const std::stop_token& stop);

  // The index of the store by the token that a registration has or wants.
  static constexpr const char* kByToken = "by-token";

 private:
  void choose_token(api::MachineRegistration& registration);
  // Sets Ready, and the URL, for the token that it has.
  void judge(api::MachineRegistration& registration) const;
  Store::Pointer find_older_owner(const api::MachineRegistration& registration, std::string_view token) const;

  k8s::Client& client_;
  Store& store_;
  k8s::EventRecorder& events_;
  const std::string server_url_;
  Clock& clock_;
};

// Throws reason::kBadServerUrl unless `text` is an https URL without a path; the answer has no slash at its end. Empty
// stays empty.
std::string check_server_url(std::string_view text);

}  // namespace cairn::fleet
