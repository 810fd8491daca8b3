// SPDX-License-Identifier: Apache-2.0
#include "operator/registrations.h"

#include "api/conditions.h"
#include "api/names.h"
#include "core/random.h"
#include "core/text.h"
#include "k8s/finalizers.h"
#include "net/url.h"
#include "operator/reasons.h"

#include <tuple>

namespace cairn::fleet {
namespace {

using api::MachineRegistration;

// As Elemental's tokens: no vowels, so that no words appear, and no digits that look like letters.
constexpr std::string_view kTokenAlphabet = "bcdfghjklmnpqrstvwxz2456789";
constexpr std::size_t kTokenLength = 54;  // 256 bits
constexpr std::string_view kRegistrationPath = "/elemental/registration/";

std::string claimed_token(const MachineRegistration& registration) {
  return registration.spec.token.empty() ? registration.status.registration_token : registration.spec.token;
}

// Which of two registrations came first; the uid decides between those of the same second.
bool is_older(const MachineRegistration& a, const MachineRegistration& b) {
  const auto age = [](const MachineRegistration& r) {
    return std::tuple(r.metadata.creation_timestamp.value_or(object::Time()), r.metadata.uid);
  };
  return age(a) < age(b);
}

}  // namespace

Registrations::Registrations(k8s::Client& client, Store& store, k8s::EventRecorder& events, std::string server_url,
                             Clock& clock)
    : client_(client), store_(store), events_(events), server_url_(std::move(server_url)), clock_(clock) {
  store_.add_index(kByToken, [](const MachineRegistration& registration) {
    std::string token = claimed_token(registration);
    return token.empty() ? std::vector<std::string>{} : std::vector{std::move(token)};
  });
}

void Registrations::watch(k8s::Controller& controller, k8s::Informer<MachineRegistration>& informer) const {
  controller.watch<MachineRegistration>(
      informer,
      [&store = informer.store()](const MachineRegistration& changed) {
        // Whoever waits for the token of one that goes, or that has another now.
        std::vector<object::NamespacedName> keys{changed.metadata.key()};
        for (const auto& other : store.find_by(kByToken, claimed_token(changed))) keys.push_back(other->metadata.key());
        return keys;
      },
      k8s::changes_more_than_status<MachineRegistration>);
}

k8s::Result Registrations::reconcile(const object::NamespacedName& key, const std::stop_token& stop) {
  const auto held = store_.find(key);
  if (!held) return {};
  MachineRegistration registration = *held;
  if (registration.metadata.deleting()) {
    // Left by old versions of Elemental, whose operator is gone.
    k8s::drop_finalizer(client_, MachineRegistration::kind(), registration.metadata,
                        api::finalizer::kMachineRegistration, stop);
    return {};
  }
  choose_token(registration);
  judge(registration);
  api::tell_unsupported(registration.status.conditions, object::find_unsupported(registration.spec, "spec"),
                        registration.metadata.generation, object::Time(clock_.wall()));
  if (registration.status == held->status) return {};
  store_.learn(client_.update(MachineRegistration::kind(), object::encode_object(registration), "status", stop));
  if (!held->status.rotation.empty() && held->status.rotation != registration.status.rotation) {
    events_.record(k8s::make_reference(registration), k8s::EventType::normal, "TokenRotated",
                   "the token was replaced; media made before need the new registration URL");
  }
  return {};
}

void Registrations::choose_token(MachineRegistration& registration) {
  auto& status = registration.status;
  const auto& annotations = registration.metadata.annotations;
  const auto asked = annotations.find(api::annotation::kRotateToken);
  const std::string rotation = asked == annotations.end() ? status.rotation : asked->second;
  if (!registration.spec.token.empty()) {
    status.registration_token = registration.spec.token;
  } else if (status.registration_token.empty() || rotation != status.rotation) {
    status.registration_token = make_random_text(kTokenLength, kTokenAlphabet);
  }
  status.rotation = rotation;
}

void Registrations::judge(MachineRegistration& registration) const {
  auto& status = registration.status;
  const auto tell = [&](object::Truth ready, const char* why, std::string message) {
    api::tell_ready(status.conditions, ready, why, std::move(message), registration.metadata.generation,
                    object::Time(clock_.wall()));
  };
  status.registration_url.clear();
  if (const auto older = find_older_owner(registration, status.registration_token)) {
    return tell(
        object::Truth::no, api::registration_reason::kDuplicateToken,
        fmt::format("spec.token is that of {}, which is older; choose another token", older->metadata.key().to_text()));
  }
  if (server_url_.empty()) {
    return tell(object::Truth::no, api::registration_reason::kNoServerUrl,
                "the operator does not know the address that machines use for it; set serverURL of the chart "
                "(--server-url)");
  }
  status.registration_url = fmt::format("{}{}{}", server_url_, kRegistrationPath, status.registration_token);
  tell(object::Truth::yes, api::registration_reason::kCreated, "machines can register at the registration URL");
}

Registrations::Store::Pointer Registrations::find_older_owner(const MachineRegistration& registration,
                                                              std::string_view token) const {
  for (const auto& other : store_.find_by(kByToken, token)) {
    const bool same = other->metadata.uid == registration.metadata.uid;
    if (!same && !other->metadata.deleting() && is_older(*other, registration)) return other;
  }
  return nullptr;
}

std::string check_server_url(std::string_view text) {
  if (text.empty()) return {};
  try {
    const net::Url url = net::Url::parse(text);
    if (url.scheme == "https" && url.target == "/") return fmt::format("https://{}", url.authority());
  } catch (const Error&) {  // recovers nothing: says it in the words of the option
  }
  throw Error(reason::kBadServerUrl, "\"{}\" is not the address of an operator", printable(text, 200));
}

}  // namespace cairn::fleet
