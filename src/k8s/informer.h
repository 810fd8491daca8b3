// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "k8s/reflector.h"
#include "k8s/store.h"

#include <memory>
#include <string>

namespace cairn::k8s {

// A store that a thread keeps up to date, whatever the type of its records.
class AnyInformer {
 public:
  virtual ~AnyInformer() = default;
  virtual void run(const std::stop_token& stop) = 0;
  virtual bool synced() const = 0;
  virtual const Kind& kind() const = 0;
};

// The objects of `kind`, held as records of type T. Indexes and handlers are put to its store before it runs.
template <Record T>
class Informer final : public AnyInformer {
 public:
  // `kind`, client, clock and metrics outlive it.
  Informer(Client& client, const Kind& kind, ListOptions options, Clock& clock, Metrics& metrics)
      : kind_(kind), store_(kind.name), reflector_(client, kind, std::move(options), store_, clock, metrics) {}

  Store<T>& store() { return store_; }
  void run(const std::stop_token& stop) override { reflector_.run(stop); }
  bool synced() const override { return reflector_.synced(); }
  const Kind& kind() const override { return kind_; }

 private:
  const Kind& kind_;
  Store<T> store_;
  Reflector reflector_;
};

}  // namespace cairn::k8s
