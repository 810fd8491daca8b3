// SPDX-License-Identifier: Apache-2.0
#include "core/text.h"
#include "stage/fields.h"
#include "stage/reasons.h"
#include "stage/users.h"

#include <algorithm>

namespace cairn::stage {
namespace {

using Row = AccountTable::Row;

// All that an entity of any kind may say; which keys count depends on the kind.
struct Entity {
  std::string kind;
  std::map<std::string, std::string> texts;  // by key
  std::optional<std::int64_t> uid;
  std::optional<std::int64_t> gid;
  std::optional<Names> members;  // "users" of a group, "members" of gshadow
  std::optional<Names> administrators;
};

// A negative number means the next free one.
std::int64_t read_number(const Yaml& value) {
  const std::int64_t number = value.integer();
  if (number >= 0) static_cast<void>(read_id(value));
  return number;
}

Names read_members(const Yaml& value) {
  Names names = read_words(value);
  for (const std::string& name : names) check_account_name(name, value);
  return names;
}

Entity read_entity(std::string_view text) {
  const Yaml root = parse_yaml(text, "entity");
  Entity entity;
  entity.kind = root.at("kind").text();
  for (const auto& [key, value] : root.members()) {
    if (value.is_null() || key == "kind") continue;
    if (key == "uid") {
      entity.uid = read_number(value);
    } else if (key == "gid") {
      entity.gid = read_number(value);
    } else if (key == "users" || key == "members") {
      entity.members = read_members(value);
    } else if (key == "administrators") {
      entity.administrators = read_members(value);
    } else {
      check_passwd_field(value.text(), value);
      entity.texts[key] = value.text();
    }
  }
  struct Kind {
    std::string_view name;
    std::vector<std::string> keys;
  };
  static const std::vector<Kind> kKinds = {
      {"user", {"kind", "username", "password", "uid", "gid", "group", "info", "homedir", "shell"}},
      {"shadow",
       {"kind", "username", "password", "last_changed", "minimum_changed", "maximum_changed", "warn", "inactive",
        "expire"}},
      {"group", {"kind", "group_name", "password", "gid", "users"}},
      {"gshadow", {"kind", "name", "password", "administrators", "members"}},
  };
  const auto kind = std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& k) { return k.name == entity.kind; });
  if (kind == kKinds.end()) throw root.at("kind").error("expected user, shadow, group or gshadow");
  for (const auto& [key, value] : root.members()) {
    if (std::find(kind->keys.begin(), kind->keys.end(), key) == kind->keys.end())
      throw root.unknown_key(key, kind->keys);
  }
  const std::string name_key = entity.kind == "group" ? "group_name" : entity.kind == "gshadow" ? "name" : "username";
  check_account_name(root.at(name_key).text(), root.at(name_key));
  entity.texts["name"] = root.at(name_key).text();
  return entity;
}

AccountPaths paths_for(const Entity& entity, const std::string& path) {
  AccountPaths paths;
  if (path.empty()) return paths;
  if (entity.kind == "user") paths.users = path;
  if (entity.kind == "shadow") paths.shadow = path;
  if (entity.kind == "group") paths.groups = path;
  if (entity.kind == "gshadow") paths.gshadow = path;
  return paths;
}

void set_text(Row& row, std::size_t field, const Entity& entity, const std::string& key) {
  if (const auto text = entity.texts.find(key); text != entity.texts.end()) row[field] = text->second;
}

std::string join_members(const Names& members) {
  std::string joined;
  for (const std::string& member : members) joined += (joined.empty() ? "" : ",") + member;
  return joined;
}

void ensure_user(Accounts& accounts, const Entity& entity) {
  std::optional<std::uint64_t> gid;
  if (const auto group = entity.texts.find("group"); group != entity.texts.end()) {
    const Row* row = accounts.groups.find(group->second);
    if (row == nullptr) throw Error(reason::kNoAccount, "there is no group \"{}\"", printable(group->second));
    gid = parse_number((*row)[column::kGroupId]);
  } else if (entity.gid && *entity.gid >= 0) {
    gid = static_cast<std::uint64_t>(*entity.gid);
  }
  const uid_t free = accounts.find_free_uid(false);
  Row& row = accounts.users.ensure(entity.texts.at("name"));
  if (row[column::kPassword].empty()) row[column::kPassword] = "x";
  set_text(row, column::kPassword, entity, "password");
  if (entity.uid && *entity.uid >= 0) {
    row[column::kUid] = std::to_string(*entity.uid);
  } else if (row[column::kUid].empty()) {
    row[column::kUid] = std::to_string(free);
  }
  if (gid) row[column::kGid] = std::to_string(*gid);
  if (row[column::kGid].empty()) row[column::kGid] = row[column::kUid];
  set_text(row, column::kGecos, entity, "info");
  set_text(row, column::kHome, entity, "homedir");
  set_text(row, column::kShell, entity, "shell");
}

void ensure_shadow(Accounts& accounts, const Entity& entity, const Clock& clock) {
  Row& row = accounts.shadow.ensure(entity.texts.at("name"));
  const auto password = entity.texts.find("password");
  if (password != entity.texts.end()) row[column::kPassword] = hash_password(password->second, row[column::kPassword]);
  set_text(row, column::kLastChange, entity, "last_changed");
  if (row[column::kLastChange] == "now") row[column::kLastChange] = days_now(clock);
  set_text(row, column::kMinimum, entity, "minimum_changed");
  set_text(row, column::kMaximum, entity, "maximum_changed");
  set_text(row, column::kWarn, entity, "warn");
  set_text(row, column::kInactive, entity, "inactive");
  set_text(row, column::kExpire, entity, "expire");
}

void ensure_group(Accounts& accounts, const Entity& entity) {
  const gid_t free = accounts.find_free_gid(false);
  Row& row = accounts.groups.ensure(entity.texts.at("name"));
  if (row[column::kPassword].empty()) row[column::kPassword] = "x";
  set_text(row, column::kPassword, entity, "password");
  if (entity.gid && *entity.gid >= 0) {
    row[column::kGroupId] = std::to_string(*entity.gid);
  } else if (row[column::kGroupId].empty()) {
    row[column::kGroupId] = std::to_string(free);
  }
  Names members;
  for (const std::string& member : split(row[column::kMembers], ',')) {
    if (!member.empty()) members.push_back(member);
  }
  for (const std::string& member : entity.members.value_or(Names{})) {
    if (std::find(members.begin(), members.end(), member) == members.end()) members.push_back(member);
  }
  row[column::kMembers] = join_members(members);
}

void ensure_gshadow(Accounts& accounts, const Entity& entity) {
  Row& row = accounts.gshadow.ensure(entity.texts.at("name"));
  if (row[column::kPassword].empty()) row[column::kPassword] = "!";
  set_text(row, column::kPassword, entity, "password");
  if (entity.administrators) row[column::kAdministrators] = join_members(*entity.administrators);
  if (entity.members) row[column::kMembers] = join_members(*entity.members);
}

}  // namespace

void ensure_entity(const Root& root, const std::string& path, std::string_view text, Clock& clock,
                   const std::stop_token& stop) {
  const Entity entity = read_entity(text);
  Accounts accounts(root, clock, stop, paths_for(entity, path));
  if (entity.kind == "user") ensure_user(accounts, entity);
  if (entity.kind == "shadow") ensure_shadow(accounts, entity, clock);
  if (entity.kind == "group") ensure_group(accounts, entity);
  if (entity.kind == "gshadow") ensure_gshadow(accounts, entity);
  accounts.save();
}

void delete_entity(const Root& root, const std::string& path, std::string_view text, Clock& clock,
                   const std::stop_token& stop) {
  const Entity entity = read_entity(text);
  Accounts accounts(root, clock, stop, paths_for(entity, path));
  const std::string& name = entity.texts.at("name");
  if (entity.kind == "user") accounts.users.remove(name);
  if (entity.kind == "shadow") accounts.shadow.remove(name);
  if (entity.kind == "group") accounts.groups.remove(name);
  if (entity.kind == "gshadow") accounts.gshadow.remove(name);
  accounts.save();
}

}  // namespace cairn::stage
