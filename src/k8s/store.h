// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.h"
#include "k8s/object_sink.h"
#include "k8s/object_table.h"

namespace cairn::k8s {

// The objects of a kind as the API server last told them. A reflector fills it; everybody may read.
template <Record T>
class Store final : public ObjectSink {
 public:
  using Pointer = typename ObjectTable<T>::Pointer;
  using Indexer = typename ObjectTable<T>::Indexer;

  struct Change {
    Pointer before;        // null: it is new
    Pointer after;         // null: it is gone
    bool initial = false;  // of the first list, or told to a new handler: nothing happened just now
  };
  // Must be quick and must not call add_handler() or learn(). Changes come one after the other, in order.
  using Handler = std::function<void(const Change&)>;

  explicit Store(std::string kind) : kind_(std::move(kind)) {}

  void add_index(const std::string& name, Indexer indexer) { table_.add_index(name, std::move(indexer)); }
  // Told at once about all objects that are there.
  void add_handler(Handler handler) {
    const std::scoped_lock delivery(delivery_);
    for (const auto& object : table_.all()) handler({nullptr, object, true});
    handlers_.push_back(std::move(handler));
  }

  // Null if there is none.
  Pointer find(const NamespacedName& key) const { return table_.find(key); }
  std::vector<Pointer> find_by(std::string_view index, std::string_view value) const {
    return table_.find_by(index, value);
  }
  // In the order of their keys.
  typename ObjectTable<T>::Set all() const { return table_.all(); }
  std::size_t size() const { return table_.size(); }

  // The answer to a write of our own, so that the next reconcile does not see the time before it. Taken only where it
  // is newer than what is held; older news of the watch is ignored from then on.
  void learn(const json::value& answer) { changed(answer); }

  void begin_list() override { listed_.clear(); }
  void list_item(const json::value& document) override {
    Pointer object = read(document);
    if (!object) object = find(key_of_unreadable(document));
    if (object) listed_.push_back(std::move(object));
  }
  // What differs is told, whatever its version; what was not in the list is gone.
  void end_list() override {
    const std::scoped_lock delivery(delivery_);
    auto gone = table_.all();
    for (const auto& object : listed_) {
      gone.erase(object);
      put(object, !filled_);
    }
    for (const auto& object : gone) drop(object->metadata.key());
    listed_ = {};
    filled_ = true;
  }
  void changed(const json::value& document) override {
    const std::scoped_lock delivery(delivery_);
    const Pointer object = read(document);
    if (!object) return;
    const Pointer held = find(object->metadata.key());
    const bool same = held && held->metadata.uid == object->metadata.uid;
    if (same && is_older(object->metadata.resource_version, held->metadata.resource_version)) return;
    put(object, false);
  }
  void removed(const json::value& document) override {
    const std::scoped_lock delivery(delivery_);
    drop(key_of_unreadable(document));
  }

 private:
  // Null, and told in the log, for a document that is not of the kind's form: one such object must not stop all others.
  Pointer read(const json::value& document) const {
    try {
      auto object = std::make_shared<T>(object::decode<T>(document, kind_));
      if constexpr (requires { object->metadata.unknown.members; }) {
        object->metadata.unknown.members.erase("managedFields");  // half of the bytes of most objects, read by nobody
      }
      return object;
    } catch (const Error& error) {  // recovers the other objects of the list
      tell_unreadable(document, kind_, error);
      return nullptr;
    }
  }

  void put(const Pointer& object, bool initial) {
    Pointer before = find(object->metadata.key());
    if (before && *before == *object) return;
    // A new object under an old name: its end was missed, and handlers must see both.
    if (before && before->metadata.uid != object->metadata.uid) {
      drop(before->metadata.key());
      before = nullptr;
    }
    table_.replace(before, object);
    tell({before, object, initial});
  }

  void drop(const NamespacedName& key) {
    const Pointer before = find(key);
    if (!before) return;
    table_.replace(before, nullptr);
    tell({before, nullptr, false});
  }

  void tell(const Change& change) const {
    for (const auto& handler : handlers_) handler(change);
  }

  const std::string kind_;
  ObjectTable<T> table_;
  std::mutex delivery_;  // held by the one who writes, from the change to the last handler's end
  std::vector<Handler> handlers_;
  std::vector<Pointer> listed_;
  bool filled_ = false;
};

}  // namespace cairn::k8s
