// SPDX-License-Identifier: Apache-2.0
#include "k8s/metrics.h"

#include <fmt/core.h>

#include <algorithm>

namespace cairn::k8s {
namespace {

std::string escaped(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

// a="b",c="d"
std::string text_of(const MetricLabels& labels) {
  std::string text;
  for (const auto& [key, value] : labels) {
    text += fmt::format("{}{}=\"{}\"", text.empty() ? "" : ",", key, escaped(value));
  }
  return text;
}

std::string braced(std::string_view labels, std::string_view more = {}) {
  if (labels.empty() && more.empty()) return {};
  return fmt::format("{{{}{}{}}}", labels, labels.empty() || more.empty() ? "" : ",", more);
}

}  // namespace

Metrics::Family& Metrics::family(std::string_view name, std::string_view help, std::string_view type) {
  auto at = families_.find(name);
  if (at == families_.end()) {
    at = families_.emplace(name, Family{.help = std::string(help), .type = type, .bounds = {}, .series = {}}).first;
  }
  return at->second;
}

void Metrics::add(std::string_view name, std::string_view help, const MetricLabels& labels, double amount) {
  const std::scoped_lock lock(mutex_);
  family(name, help, "counter").series[text_of(labels)].value += amount;
}

void Metrics::set(std::string_view name, std::string_view help, const MetricLabels& labels, double value) {
  const std::scoped_lock lock(mutex_);
  family(name, help, "gauge").series[text_of(labels)].value = value;
}

void Metrics::observe(std::string_view name, std::string_view help, const MetricLabels& labels,
                      const std::vector<double>& bounds, double value) {
  const std::scoped_lock lock(mutex_);
  Family& held = family(name, help, "histogram");
  if (held.bounds.empty()) held.bounds = bounds;
  Series& series = held.series[text_of(labels)];
  series.buckets.resize(held.bounds.size());
  for (std::size_t i = 0; i < held.bounds.size(); ++i) series.buckets[i] += value <= held.bounds[i] ? 1 : 0;
  series.value += value;
  ++series.count;
}

std::shared_ptr<void> Metrics::before_reading(std::function<void()> refresh) {
  auto handle = std::make_shared<std::function<void()>>(std::move(refresh));
  const std::scoped_lock lock(mutex_);
  refreshers_.push_back(handle);
  return handle;
}

std::string Metrics::expose() {
  std::vector<std::shared_ptr<std::function<void()>>> refreshers;
  {
    const std::scoped_lock lock(mutex_);
    std::erase_if(refreshers_, [](const auto& weak) { return weak.expired(); });
    for (const auto& weak : refreshers_) {
      if (auto held = weak.lock()) refreshers.push_back(std::move(held));
    }
  }
  for (const auto& refresh : refreshers) (*refresh)();
  const std::scoped_lock lock(mutex_);
  std::string out;
  for (const auto& [name, family] : families_) {
    out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, family.help, name, family.type);
    for (const auto& [labels, series] : family.series) {
      if (family.bounds.empty()) {
        out += fmt::format("{}{} {}\n", name, braced(labels), series.value);
        continue;
      }
      for (std::size_t i = 0; i < family.bounds.size(); ++i) {
        const std::string bound = fmt::format("le=\"{}\"", family.bounds[i]);
        out += fmt::format("{}_bucket{} {}\n", name, braced(labels, bound), series.buckets[i]);
      }
      out += fmt::format("{}_bucket{} {}\n", name, braced(labels, "le=\"+Inf\""), series.count);
      out += fmt::format("{}_sum{} {}\n{}_count{} {}\n", name, braced(labels), series.value, name, braced(labels),
                         series.count);
    }
  }
  return out;
}

}  // namespace cairn::k8s
