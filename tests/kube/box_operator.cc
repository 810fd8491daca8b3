// SPDX-License-Identifier: Apache-2.0
// A small operator of the kind Box, for tests of the controller runtime against a real API server (KUBECONFIG):
//
//   box_operator definition               writes the kind's definition
//   box_operator run IDENTITY [LEASE]     reconciles boxes; LEASE: leads by that Lease, in the namespace default
//   box_operator fill COUNT SPACE         makes COUNT boxes of some 2 KB each, and says how long it took
//   box_operator hold full|record SPACE   an informer only: says what the objects of a namespace cost
//
// `run` answers lines of standard input by lines of JSON: "boxes" what its store has, "metrics" its own numbers, and
// ends at the end of the input. A Box becomes ready when its status has seen its size and a ConfigMap of its name holds
// it.
#include "core/environment.h"
#include "core/file.h"
#include "core/log.h"
#include "k8s/finalizers.h"
#include "k8s/manager.h"
#include "k8s/reasons.h"
#include "k8s/record.h"
#include "object/schema.h"
#include "support/box.h"

#include <fmt/core.h>
#include <malloc.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <thread>

namespace {

using namespace cairn;  // NOLINT: a program of one file
using testing::Box;

constexpr const char* kFinalizer = "cairn.test/cleaned";

void say(const json::value& line) {
  static std::mutex mutex;
  const std::scoped_lock lock(mutex);
  std::cout << to_text(line) << std::endl;
}

const object::Kind& config_map() {
  static const object::Kind kind{.group = "", .version = "v1", .name = "ConfigMap", .plural = "configmaps"};
  return kind;
}

class BoxReconciler {
 public:
  BoxReconciler(k8s::Manager& manager, k8s::Store<Box>& store) : manager_(manager), store_(store) {}

  k8s::Result reconcile(const object::NamespacedName& key, const std::stop_token& stop) {
    const auto held = store_.find(key);
    if (!held) return {};
    Box box = *held;
    if (box.metadata.deleting()) {
      if (!object::has_finalizer(box.metadata, kFinalizer)) return {};
      manager_.events().record(k8s::make_reference(box), k8s::EventType::normal, "Cleaned", "the box was emptied");
      k8s::drop_finalizer(manager_.client(), Box::kind(), box.metadata, kFinalizer, stop);
      return {};
    }
    k8s::ensure_finalizer(manager_.client(), Box::kind(), box.metadata, kFinalizer, stop);
    apply_child(box, stop);
    write_status(std::move(box), stop);
    return {};
  }

 private:
  void apply_child(const Box& box, const std::stop_token& stop) {
    const json::value child =
        json::object{{"apiVersion", "v1"},
                     {"kind", "ConfigMap"},
                     {"metadata",
                      {{"name", box.metadata.name},
                       {"namespace", box.metadata.name_space},
                       {"ownerReferences", json::array{object::encode(object::make_owner_reference(box, true))}}}},
                     {"data", {{"size", std::to_string(box.spec.size)}}}};
    manager_.client().apply(config_map(), child, {}, stop);
  }

  void write_status(Box box, const std::stop_token& stop) {
    const testing::BoxStatus before = box.status;
    box.status.seen = box.spec.size;
    object::set_condition(box.status.conditions,
                          {.type = "Ready",
                           .status = object::Truth::yes,
                           .observed_generation = box.metadata.generation,
                           .reason = "Seen",
                           .message = "the size was seen"},
                          object::Time(system_clock().wall()));
    if (box.status == before) return;
    store_.learn(manager_.client().update(Box::kind(), object::encode_object(box), "status", stop));
  }

  k8s::Manager& manager_;
  k8s::Store<Box>& store_;
};

json::value boxes_of(const k8s::Store<Box>& store) {
  json::object boxes;
  for (const auto& box : store.all()) {
    boxes[box->metadata.key().to_text()] =
        json::array{box->spec.size, box->status.seen, box->metadata.resource_version};
  }
  return boxes;
}

int run(const k8s::Access& access, const std::string& identity, const std::string& lease) {
  k8s::ManagerOptions options;
  options.component = "box-operator";
  if (!lease.empty()) options.election = k8s::ElectionOptions{.lease = {"default", lease}, .identity = identity};
  k8s::Manager manager(access, options, system_clock());
  auto& boxes = manager.informer<Box>(Box::kind());
  BoxReconciler reconciler(manager, boxes.store());
  auto& controller = manager.controller(
      "box",
      [&](const object::NamespacedName& key, const std::stop_token& stop) { return reconciler.reconcile(key, stop); },
      {.workers = 4});
  controller.watch<Box>(boxes);
  manager.run_while_leading([&](const std::stop_token&) { say(json::object{{"leading", identity}}); });
  std::stop_source stop;
  std::jthread input([&] {
    for (std::string line; std::getline(std::cin, line);) {
      if (line == "boxes") say(boxes_of(boxes.store()));
      if (line == "metrics") say(json::object{{"metrics", manager.metrics().expose()}});
    }
    stop.request_stop();
  });
  try {
    manager.run(stop.get_token());
    return 0;
  } catch (const Error& error) {  // the program's edge
    say(json::object{{"ended", error.what()}});
    std::_Exit(exit_code(error.kind()));  // the reader of the input cannot be woken
  }
}

Box make_box(const std::string& space, int number) {
  Box box;
  box.metadata.name = fmt::format("m-{:08x}-0000-4000-8000-{:012x}", number, number);
  box.metadata.name_space = space;
  for (int i = 0; i < 8; ++i) {
    box.metadata.labels[fmt::format("elemental.cattle.io/label-{}", i)] = fmt::format("value-{}", number % (10 + i));
    box.metadata.annotations[fmt::format("elemental.cattle.io/annotation-{}", i)] = std::string(60, 'x');
  }
  box.spec.size = number;
  box.spec.text = std::string(500, 'y');
  return box;
}

int fill(const k8s::Access& access, int count, const std::string& space) {
  k8s::Metrics metrics;
  k8s::Client client(access, {}, system_clock(), metrics);
  const auto begin = system_clock().steady();
  std::atomic<int> next = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int number = next++; number < count; number = next++) {
        try {
          client.create(make_box(space, number));
        } catch (const Error& error) {  // recovers a box that an earlier run made
          if (!error.is(k8s::reason::kAlreadyExists)) say(json::object{{"failed", error.what()}});
        }
      }
    });
  }
  threads.clear();
  say(json::object{{"seconds", std::chrono::duration<double>(system_clock().steady() - begin).count()}});
  return 0;
}

// What a store of records keeps of a box.
struct BoxRecordSpec {
  std::int64_t size = 0;
  bool operator==(const BoxRecordSpec&) const = default;
  static const object::Fields<BoxRecordSpec>& fields() {
    static const object::Fields<BoxRecordSpec> table{{"size", &BoxRecordSpec::size, "Size."}};
    return table;
  }
};
struct BoxRecord {
  k8s::RecordMeta metadata;
  BoxRecordSpec spec;
  bool operator==(const BoxRecord&) const = default;
  static const object::Fields<BoxRecord>& fields() {
    static const object::Fields<BoxRecord> table{{"metadata", &BoxRecord::metadata, "Metadata."},
                                                 {"spec", &BoxRecord::spec, "What is wanted."}};
    return table;
  }
};

// Bytes that the program holds by malloc.
std::size_t held_bytes() { return ::mallinfo2().uordblks + ::mallinfo2().hblkhd; }

template <class T>
int hold(const k8s::Access& access, const std::string& space) {
  k8s::Metrics metrics;
  k8s::Client client(access, {}, system_clock(), metrics);
  client.get_version(Box::kind(), {});  // connections and TLS are not what is measured
  k8s::Informer<T> informer(client, Box::kind(), {.name_space = space}, system_clock(), metrics);
  const std::size_t before = held_bytes();
  const auto begin = system_clock().steady();
  std::jthread thread([&](const std::stop_token& stop) { informer.run(stop); });
  while (!informer.synced()) std::this_thread::sleep_for(milliseconds(1));
  const double seconds = std::chrono::duration<double>(system_clock().steady() - begin).count();
  std::this_thread::sleep_for(milliseconds(500));  // the page's memory is given back
  const std::size_t objects = informer.store().size();
  say(json::object{{"objects", objects},
                   {"seconds", seconds},
                   {"bytes_each", (held_bytes() - before) / std::max<std::size_t>(objects, 1)}});
  return 0;
}

int dispatch(const std::vector<std::string>& words) {
  const std::string what = words.empty() ? "" : words[0];
  if (what == "definition") {
    std::cout << to_pretty_text(object::make_definition<Box>());
    return 0;
  }
  const k8s::Access access = k8s::find_access(std::nullopt, process_environment);
  if (what == "run" && words.size() >= 2) return run(access, words[1], words.size() > 2 ? words[2] : "");
  if (what == "fill" && words.size() == 3) return fill(access, std::stoi(words[1]), words[2]);
  if (what == "hold" && words.size() == 3) {
    return words[1] == "full" ? hold<Box>(access, words[2]) : hold<BoxRecord>(access, words[2]);
  }
  std::cerr << "box_operator definition | run IDENTITY [LEASE] | fill COUNT SPACE | hold full|record SPACE\n";
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  log::configure(process_environment("BOX_DEBUG") ? log::Level::debug : log::Level::warning, log::Format::text);
  try {
    return dispatch({argv + 1, argv + argc});
  } catch (const Error& error) {  // main
    std::cerr << error.what() << "\n";
    return exit_code(error.kind());
  }
}
