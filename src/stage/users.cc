// SPDX-License-Identifier: Apache-2.0
#include "stage/users.h"

#include "core/text.h"
#include "stage/reasons.h"

#include <algorithm>

namespace cairn::stage {
namespace {

using Row = AccountTable::Row;

constexpr mode_t kHomeMode = 0700;
constexpr std::string_view kUsersGroup = "users";

// SHELL and HOME of useradd's own defaults.
struct Defaults {
  std::string shell = "/bin/sh";
  std::string home = "/home";
};

Defaults read_defaults(const Root& root) {
  Defaults defaults;
  for (const std::string& line : split(root.find_file("/etc/default/useradd", 64 * 1024).value_or(""), '\n')) {
    if (line.starts_with("SHELL=") && line.size() > 6) defaults.shell = trim(line.substr(6));
    if (line.starts_with("HOME=") && line.size() > 5) defaults.home = trim(line.substr(5));
  }
  return defaults;
}

struct NewHome {
  std::string path;
  uid_t user = 0;
  gid_t group = 0;
};

class UserMaker {
 public:
  UserMaker(const Root& root, Accounts& accounts, const Clock& clock)
      : root_(root), accounts_(accounts), clock_(clock), defaults_(read_defaults(root)) {}

  // Throws before anything of this user is changed.
  std::optional<NewHome> apply(const UserWant& want) {
    const bool is_new = accounts_.users.find(want.name) == nullptr;
    std::optional<NewHome> home;
    if (is_new) home = create(want);
    set_password(want, is_new);
    return home;
  }

  // Names of groups that there are not.
  Names join_groups(const UserWant& want) {
    Names missing;
    for (const std::string& group : want.groups) {
      Row* row = accounts_.groups.find(group);
      if (row == nullptr) {
        missing.push_back(group);
        continue;
      }
      add_member((*row)[column::kMembers], want.name);
      if (Row* shadow = accounts_.gshadow.find(group)) add_member((*shadow)[column::kMembers], want.name);
    }
    return missing;
  }

 private:
  static void add_member(std::string& members, const std::string& name) {
    const auto all = split(members, ',');
    if (std::find(all.begin(), all.end(), name) == all.end()) members += (members.empty() ? "" : ",") + name;
  }

  std::optional<NewHome> create(const UserWant& want) {
    const std::string home = want.home.empty() ? defaults_.home + "/" + want.name : want.home;
    const uid_t uid = choose_uid(want, home);
    const gid_t gid = choose_group(want, uid);
    Row& row = accounts_.users.ensure(want.name);
    row = {want.name,
           "x",
           std::to_string(uid),
           std::to_string(gid),
           want.gecos,
           home,
           want.shell.empty() ? defaults_.shell : want.shell};
    if (!want.create_home || root_.exists(home)) return std::nullopt;
    return NewHome{home, uid, gid};
  }

  // The number that the home of an earlier boot belongs to, so that it stays this user's.
  uid_t choose_uid(const UserWant& want, const std::string& home) const {
    if (want.uid) {
      const auto other = accounts_.users.find_name(column::kUid, *want.uid);
      if (!other) return *want.uid;
      throw Error(reason::kInTheWay, "the number {} wanted for the user {} is that of {}", *want.uid, want.name,
                  *other);
    }
    const auto attributes = root_.find_attributes(home);
    const uid_t owner = attributes ? attributes->user.value_or(0) : 0;
    if (owner != 0 && !accounts_.users.has_number(column::kUid, owner)) return owner;
    return accounts_.find_free_uid(want.system);
  }

  gid_t choose_group(const UserWant& want, uid_t uid) {
    std::string name = want.primary_group;
    if (name.empty()) name = want.user_group ? want.name : std::string(kUsersGroup);
    if (const Row* row = accounts_.groups.find(name)) {
      if (const auto id = parse_number((*row)[column::kGroupId])) return static_cast<gid_t>(*id);
    }
    if (name != want.name) {
      throw Error(reason::kNoAccount, "there is no group \"{}\" for the user {}", printable(name), want.name);
    }
    const bool fits = !accounts_.groups.has_number(column::kGroupId, uid);
    const gid_t gid = fits ? uid : accounts_.find_free_gid(want.system);
    accounts_.groups.ensure(name) = {name, "x", std::to_string(gid), ""};
    accounts_.gshadow.ensure(name) = {name, "!", "", ""};
    return gid;
  }

  void set_password(const UserWant& want, bool is_new) {
    if (!is_new && want.password.empty() && !want.lock_password) return;
    Row& row = accounts_.shadow.ensure(want.name);
    std::string& password = row[column::kPassword];
    const std::string before = password;
    const bool was_locked = before.starts_with('!');
    const std::string old = was_locked ? before.substr(1) : before;
    // "*": no password opens it, but keys do; "!" closes it for keys, too, where sshd asks PAM.
    password = want.password.empty() ? (old.empty() ? "*" : old) : hash_password(want.password, old);
    if (want.lock_password && !password.starts_with('!')) password.insert(0, "!");
    if (password == before) return;
    row[column::kLastChange] = days_now(clock_);
    if (!before.empty() || !row[column::kMaximum].empty()) return;  // a row of before keeps its ageing
    row[column::kMinimum] = "0";
    row[column::kMaximum] = "99999";
    row[column::kWarn] = "7";
  }

  const Root& root_;
  Accounts& accounts_;
  const Clock& clock_;
  Defaults defaults_;
};

}  // namespace

void apply_users(const Root& root, std::span<const UserWant> users, Clock& clock, const std::stop_token& stop,
                 std::vector<Error>& problems) {
  Accounts accounts(root, clock, stop);
  UserMaker maker(root, accounts, clock);
  std::vector<NewHome> homes;
  for (const UserWant& want : users) {
    try {
      if (auto home = maker.apply(want)) homes.push_back(std::move(*home));
      for (const std::string& group : maker.join_groups(want)) {
        problems.push_back(
            Error(reason::kNoAccount, "the user {} can't join the group \"{}\": there is none", want.name, group));
      }
    } catch (Error& error) {  // the other users are made
      problems.push_back(error.add_context(fmt::format("user {}", want.name)));
    }
  }
  accounts.save();
  for (const NewHome& home : homes) {
    root.make_directory(home.path, {.mode = kHomeMode, .user = home.user, .group = home.group});
  }
}

}  // namespace cairn::stage
