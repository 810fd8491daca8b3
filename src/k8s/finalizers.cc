// SPDX-License-Identifier: Apache-2.0
#include "k8s/finalizers.h"

#include "k8s/reasons.h"

namespace cairn::k8s {
namespace {

void write(Client& client, const Kind& kind, object::ObjectMeta& meta, const std::vector<std::string>& finalizers,
           const std::stop_token& stop) {
  const json::value patch = json::object{{"metadata",
                                          {{"resourceVersion", meta.resource_version},
                                           {"finalizers", json::array(finalizers.begin(), finalizers.end())}}}};
  const json::value answer = client.patch(kind, meta.key(), PatchType::merge, patch, {}, stop);
  meta = object::decode<object::ObjectMeta>(answer.at("metadata"), kind.name);
}

}  // namespace

bool ensure_finalizer(Client& client, const Kind& kind, object::ObjectMeta& meta, std::string_view finalizer,
                      const std::stop_token& stop) {
  object::ObjectMeta wanted = meta;
  if (meta.deleting() || !object::add_finalizer(wanted, finalizer)) return false;
  write(client, kind, meta, wanted.finalizers, stop);
  return true;
}

bool drop_finalizer(Client& client, const Kind& kind, object::ObjectMeta& meta, std::string_view finalizer,
                    const std::stop_token& stop) {
  object::ObjectMeta wanted = meta;
  if (!object::remove_finalizer(wanted, finalizer)) return false;
  try {
    write(client, kind, meta, wanted.finalizers, stop);
  } catch (const Error& error) {  // recovers an object that is gone already
    if (!error.is(reason::kNotFound)) throw;
  }
  return true;
}

}  // namespace cairn::k8s
