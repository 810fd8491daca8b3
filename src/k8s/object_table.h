// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "object/fields.h"
#include "object/meta.h"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <string>
#include <vector>

namespace cairn::k8s {

using object::NamespacedName;

// What a store can hold: a kind's struct, or a smaller one with a `metadata` (k8s/record.h) that is described by
// fields.
template <class T>
concept Record = object::Described<T> && std::equality_comparable<T> && requires(const T& t) {
  { t.metadata.key() } -> std::convertible_to<NamespacedName>;
  { t.metadata.uid } -> std::convertible_to<const std::string&>;
  { t.metadata.resource_version } -> std::convertible_to<const std::string&>;
};

// Objects by key, with indexes. Thread-safe; what it gives out never changes.
template <Record T>
class ObjectTable {
 public:
  using Pointer = std::shared_ptr<const T>;
  // Values under which an index finds an object: none, one or several.
  using Indexer = std::function<std::vector<std::string>(const T&)>;

  struct ByKey {
    using is_transparent = void;
    bool operator()(const Pointer& a, const Pointer& b) const { return a->metadata.key() < b->metadata.key(); }
    bool operator()(const Pointer& a, const NamespacedName& b) const { return a->metadata.key() < b; }
    bool operator()(const NamespacedName& a, const Pointer& b) const { return a < b->metadata.key(); }
  };
  using Set = std::set<Pointer, ByKey>;

  void add_index(const std::string& name, Indexer indexer) {
    const std::scoped_lock lock(mutex_);
    Index& index = indexes_[name];
    index = {std::move(indexer), {}};
    for (const auto& object : objects_) index.put(object);
  }

  Pointer find(const NamespacedName& key) const {
    const std::shared_lock lock(mutex_);
    const auto at = objects_.find(key);
    return at == objects_.end() ? nullptr : *at;
  }
  Set all() const {
    const std::shared_lock lock(mutex_);
    return objects_;
  }
  // None for an index that does not exist.
  std::vector<Pointer> find_by(std::string_view index, std::string_view value) const {
    const std::shared_lock lock(mutex_);
    const auto at = indexes_.find(index);
    if (at == indexes_.end()) return {};
    const auto held = at->second.values.find(value);
    if (held == at->second.values.end()) return {};
    return {held->second.begin(), held->second.end()};
  }
  std::size_t size() const {
    const std::shared_lock lock(mutex_);
    return objects_.size();
  }

  // `after` takes the place of `before`, the object of the same key that is there; either may be null.
  void replace(const Pointer& before, const Pointer& after) {
    const std::scoped_lock lock(mutex_);
    for (auto& [name, index] : indexes_) {
      if (before) index.drop(before);
      if (after) index.put(after);
    }
    if (before) objects_.erase(before);
    if (after) objects_.insert(after);
  }

 private:
  struct Index {
    Indexer indexer;
    std::map<std::string, Set, std::less<>> values;

    void put(const Pointer& object) {
      for (auto& value : indexer(*object)) values[std::move(value)].insert(object);
    }
    void drop(const Pointer& object) {
      for (const auto& value : indexer(*object)) {
        const auto at = values.find(value);
        if (at == values.end()) continue;
        at->second.erase(object);
        if (at->second.empty()) values.erase(at);
      }
    }
  };

  mutable std::shared_mutex mutex_;
  Set objects_;
  std::map<std::string, Index, std::less<>> indexes_;
};

}  // namespace cairn::k8s
