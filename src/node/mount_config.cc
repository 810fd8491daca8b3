// SPDX-License-Identifier: Apache-2.0
#include "node/mount_config.h"

#include "core/yaml.h"

#include <algorithm>
#include <filesystem>

namespace cairn::node {
namespace {

constexpr std::string_view kKernelPaths[] = {"/dev", "/proc", "/run", "/sys"};

bool is_plain(char c) {
  constexpr std::string_view kMarks = "._/+@-";
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         kMarks.find(c) != std::string_view::npos;
}

bool is_below(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

// Characters that mean something in mount options are left out, and so are two names for one place.
std::string read_path(const Yaml& node) {
  const std::string& path = node.text();
  if (path.size() < 2 || path.front() != '/' || path.back() == '/' ||
      !std::all_of(path.begin(), path.end(), is_plain) || std::filesystem::path(path).lexically_normal() != path) {
    throw node.error("not an absolute path of letters, digits and ._+@-, without a slash at the end");
  }
  for (const std::string_view folder : kKernelPaths) {
    if (is_below(path, folder)) throw node.error("the kernel's own folders stay as they are");
  }
  return path;
}

void read_paths(const Yaml& list, std::vector<std::string>& paths) {
  for (const Yaml& item : list.items()) paths.push_back(read_path(item));
}

std::string read_size(const Yaml& node) {
  const std::string& text = node.text();
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::string_view unit = std::string_view(text).substr(digits);
  constexpr std::string_view kUnits = "kmgKMG%";
  if (digits == 0 || digits > 12 || text[0] == '0' || unit.size() > 1 ||
      (!unit.empty() && kUnits.find(unit[0]) == std::string_view::npos)) {
    throw node.error("not a size: 512m, 2g, or a share of the memory like 25%");
  }
  return text;
}

std::string read_source(const Yaml& node) {
  const std::string& text = node.text();
  const std::size_t equals = text.find('=');
  const std::string_view rest = std::string_view(text).substr(equals == std::string::npos ? 0 : equals + 1);
  const bool tagged = text.starts_with("LABEL=") || text.starts_with("UUID=") || text.starts_with("PARTLABEL=") ||
                      text.starts_with("PARTUUID=");
  const bool is_name = tagged && !rest.empty() && rest.find('/') == std::string_view::npos;
  const bool is_device = text.starts_with("/dev/") && std::filesystem::path(text).lexically_normal() == text;
  if ((!is_name && !is_device) || rest == "." || rest == ".." || !std::all_of(rest.begin(), rest.end(), is_plain)) {
    throw node.error("not a source: LABEL=, UUID=, PARTLABEL= or PARTUUID= with a name, or a device /dev/...");
  }
  return text;
}

MountConfig::Volume read_volume(const Yaml& node) {
  MountConfig::Volume volume;
  for (const auto& [key, value] : node.members()) {
    if (key == "source") {
      volume.source = read_source(value);
    } else if (key == "path") {
      volume.path = read_path(value);
    } else if (key == "readOnly") {
      volume.read_only = value.boolean();
    } else {
      throw node.unknown_key(key, {"source", "path", "readOnly"});
    }
  }
  if (volume.source.empty() || volume.path.empty()) throw node.error("a volume needs `source` and `path`");
  return volume;
}

void read_ephemeral(const Yaml& node, MountConfig& config) {
  for (const auto& [key, value] : node.members()) {
    if (key == "size") {
      config.memory = read_size(value);
    } else if (key == "paths") {
      read_paths(value, config.ephemeral);
    } else {
      throw node.unknown_key(key, {"size", "paths"});
    }
  }
}

void read_persistent(const Yaml& node, MountConfig& config) {
  for (const auto& [key, value] : node.members()) {
    if (key != "paths") throw node.unknown_key(key, {"paths"});
    read_paths(value, config.persistent);
  }
}

}  // namespace

MountConfig default_mounts() {
  return {.ephemeral = {"/etc", "/srv", "/var"},
          .persistent = {"/etc/cni",
                         "/etc/containerd",
                         "/etc/iscsi",
                         "/etc/kubernetes",
                         "/etc/rancher",
                         "/etc/ssh",
                         "/etc/systemd",
                         "/home",
                         "/opt",
                         "/root",
                         "/usr/local",
                         "/usr/libexec/kubernetes",
                         "/var/lib/cairn",
                         "/var/lib/calico",
                         "/var/lib/cni",
                         "/var/lib/containerd",
                         "/var/lib/etcd",
                         "/var/lib/kubelet",
                         "/var/lib/rancher",
                         "/var/log"},
          .volumes = {}};
}

void add_mounts(MountConfig& config, std::string_view text, std::string_view name) {
  const Yaml root = parse_yaml(text, name);
  if (root.is_null()) return;
  MountConfig added = config;
  for (const auto& [key, value] : root.members()) {
    if (key == "ephemeral") {
      read_ephemeral(value, added);
    } else if (key == "persistent") {
      read_persistent(value, added);
    } else if (key == "volumes") {
      for (const Yaml& item : value.items()) added.volumes.push_back(read_volume(item));
    } else {
      throw root.unknown_key(key, {"ephemeral", "persistent", "volumes"});
    }
  }
  config = std::move(added);
}

}  // namespace cairn::node
