// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.h"
#include "core/json.h"
#include "object/meta.h"

#include <string_view>

namespace cairn::k8s {

// Takes what a reflector reads. Documents live for the call only.
class ObjectSink {
 public:
  virtual ~ObjectSink() = default;
  // All objects as they are now, between begin and end; begin may come again before the end.
  virtual void begin_list() = 0;
  virtual void list_item(const json::value& document) = 0;
  virtual void end_list() = 0;
  virtual void changed(const json::value& document) = 0;
  virtual void removed(const json::value& document) = 0;
};

// Whether version `a` is before `b`. Since Kubernetes 1.35 versions that are decimal numbers may be compared so; of
// others nothing is said: false.
bool is_older(std::string_view a, std::string_view b);

// The key of a document that may be otherwise unreadable; empty names where it has none.
object::NamespacedName key_of_unreadable(const json::value& document);
void tell_unreadable(const json::value& document, std::string_view kind, const Error& error);

}  // namespace cairn::k8s
