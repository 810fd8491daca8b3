// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

// What a step of a cloud-config asks for, read and typed (docs/formats/cloud-config.md). Texts that are templates are
// kept as written: they are rendered when the step runs.
namespace cairn::stage {

using Names = std::vector<std::string>;

struct Owner {
  std::optional<uid_t> user;
  std::optional<gid_t> group;
  std::string names;  // "user" or "user:group"; wins over the numbers
};

enum class Encoding { plain, base64, gzip, gzip_base64 };

struct FileWant {
  std::string path;
  std::string content;
  Encoding encoding = Encoding::plain;
  mode_t mode = 0644;
  Owner owner;
};

struct DirectoryWant {
  std::string path;
  mode_t mode = 0755;
  Owner owner;
};

struct DownloadWant {
  std::string path;
  std::string url;
  mode_t mode = 0644;
  Owner owner;
  std::chrono::seconds timeout{0};  // without a byte; 0 = the client's own
};

struct DnsWant {
  Names nameservers;
  Names search;
  Names options;
  std::string path = "/etc/resolv.conf";
};

struct UserWant {
  std::string name;
  std::string password;  // plain or crypt(3); empty = none
  std::string gecos;
  std::string home;
  std::string shell;
  std::string primary_group;
  Names groups;
  Names keys;
  std::optional<uid_t> uid;
  bool create_home = true;
  bool lock_password = false;
  bool system = false;
  bool user_group = true;
};

// A row of passwd, shadow, group or gshadow, as YAML text.
struct EntityWant {
  std::string path;  // empty = the file of its kind
  std::string text;
};

struct UnitOverride {
  std::string service;
  std::string name = "override-yip.conf";
  std::string content;
};

struct SystemctlWant {
  Names enable;
  Names disable;
  Names mask;
  Names start;
  std::vector<UnitOverride> overrides;
};

struct DatasourceWant {
  Names providers;
  std::string path = "/oem";
  std::string userdata_name = "userdata";
};

struct ImageUnpackWant {
  std::string source;
  std::string target;
  std::string platform;
};

// A step runs only if all of these hold; an empty one holds.
struct Conditions {
  // RE2 patterns, unanchored.
  std::string node;
  std::string only_os;
  std::string only_os_version;
  std::string only_arch;
  std::string only_service_manager;
  // Decided when the step's turn comes, as earlier steps may change the answer.
  std::string command;  // `if`
  Names any_files;
  Names all_files;
  Names no_files;
};

struct Step {
  std::string name;
  std::string place;  // "FILE:LINE:COLUMN"
  Names after;
  Conditions conditions;

  std::optional<DnsWant> dns;
  std::vector<EntityWant> ensure_entities;
  std::vector<UserWant> users;
  std::vector<DownloadWant> downloads;
  std::vector<DirectoryWant> directories;
  std::vector<FileWant> files;
  Names commands;
  std::vector<EntityWant> delete_entities;
  std::string hostname;
  std::map<std::string, std::string> sysctl;
  std::vector<UserWant> authorized_keys;  // name and keys only
  std::map<std::string, std::string> timesyncd;
  SystemctlWant systemctl;
  std::map<std::string, std::string> environment;
  std::string environment_file = "/etc/environment";
  std::map<std::string, std::string> firstboot;
  Names modules;
  std::optional<DatasourceWant> datasource;
  std::vector<ImageUnpackWant> unpack_images;
  Names refused;  // what it asks for and does not get, each told as a failure of the step
};

}  // namespace cairn::stage
