// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::k8s {

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

// Numbers for Prometheus, written in its text format (version 0.0.4). Thread-safe. A name is made by its first use;
// `help` of later uses is ignored.
class Metrics {
 public:
  void add(std::string_view name, std::string_view help, const MetricLabels& labels, double amount = 1);  // a counter
  void set(std::string_view name, std::string_view help, const MetricLabels& labels, double value);       // a gauge
  // A histogram with the bounds of its first use.
  void observe(std::string_view name, std::string_view help, const MetricLabels& labels,
               const std::vector<double>& bounds, double value);
  // Called before each exposition, to set gauges that change by themselves. It goes with the returned handle.
  std::shared_ptr<void> before_reading(std::function<void()> refresh);

  std::string expose();

 private:
  struct Series {
    double value = 0;  // a histogram: the sum
    std::vector<std::uint64_t> buckets;
    std::uint64_t count = 0;
  };
  struct Family {
    std::string help;
    std::string_view type;
    std::vector<double> bounds;
    std::map<std::string, Series> series;  // by the labels' text
  };

  Family& family(std::string_view name, std::string_view help, std::string_view type);

  std::mutex mutex_;
  std::map<std::string, Family, std::less<>> families_;
  std::vector<std::weak_ptr<std::function<void()>>> refreshers_;
};

}  // namespace cairn::k8s
