// SPDX-License-Identifier: Apache-2.0
#include "stage/accounts.h"

#include "core/random.h"
#include "core/text.h"
#include "stage/reasons.h"

#include <crypt.h>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <memory>

namespace cairn::stage {
namespace {

constexpr std::size_t kMaxTable = 8 << 20;
constexpr milliseconds kLockWait{15'000};
constexpr milliseconds kLockPause{100};
constexpr std::uint32_t kFirstId = 1000;
constexpr std::uint32_t kLastId = 60'000;
constexpr std::uint32_t kFirstSystemId = 100;

UniqueFd lock_accounts(const Root& root, Clock& clock, const std::stop_token& stop) {
  static_cast<void>(root.open_directory("/etc"));
  UniqueFd fd = root.open("/etc/.pwd.lock", O_WRONLY | O_CREAT, 0600);
  const auto end = clock.steady() + kLockWait;
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  while (::fcntl(fd.get(), F_SETLK, &lock) != 0) {
    if (errno != EACCES && errno != EAGAIN) throw system_error(errno, "locking /etc/.pwd.lock");
    if (clock.steady() >= end) throw Error(reason::kAccountsBusy, "/etc/.pwd.lock is held by another program");
    clock.sleep(kLockPause, stop);
  }
  return fd;
}

// Users may have got their numbers at an earlier boot, in an /etc that is gone; their homes remember.
std::vector<uid_t> owners_of_homes(const Root& root) {
  std::vector<uid_t> owners;
  for (const std::string& name : root.list("/home")) {
    if (const auto attributes = root.find_attributes("/home/" + name)) owners.push_back(attributes->user.value_or(0));
  }
  return owners;
}

bool is_hashed(const std::string& password) {
  return password.starts_with('$') || password.starts_with('!') || password == "*";
}

std::string run_crypt(const std::string& password, const std::string& setting) {
  const auto data = std::make_unique<crypt_data>();
  const char* hash = ::crypt_r(password.c_str(), setting.c_str(), data.get());
  return hash == nullptr || *hash == '*' ? "" : hash;
}

}  // namespace

AccountTable::AccountTable(const Root& root, std::string path, std::size_t fields, mode_t mode)
    : path_(std::move(path)), fields_(fields), mode_(mode), original_(root.find_file(path_, kMaxTable).value_or("")) {
  std::string_view rest = original_;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    rows_.push_back(split(rest.substr(0, end), ':'));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

AccountTable::Row* AccountTable::find(std::string_view name) {
  const auto row = std::find_if(rows_.begin(), rows_.end(),
                                [&](const Row& r) { return r.size() == fields_ && r[column::kName] == name; });
  return row != rows_.end() ? &*row : nullptr;
}

AccountTable::Row& AccountTable::ensure(std::string_view name) {
  if (Row* row = find(name)) return *row;
  Row row(fields_);
  row[column::kName] = name;
  // A line of NIS that stands for all the others must stay the last.
  const auto place = std::find_if(rows_.begin(), rows_.end(), [](const Row& r) { return r[0].starts_with('+'); });
  return *rows_.insert(place, std::move(row));
}

bool AccountTable::remove(std::string_view name) {
  return std::erase_if(rows_, [&](const Row& row) { return row.size() == fields_ && row[column::kName] == name; }) > 0;
}

bool AccountTable::has_number(std::size_t field, std::uint32_t number) const {
  return find_name(field, number).has_value();
}

std::optional<std::string> AccountTable::find_name(std::size_t field, std::uint32_t number) const {
  for (const Row& row : rows_) {
    if (row.size() == fields_ && parse_number(row[field]) == number) return row[column::kName];
  }
  return std::nullopt;
}

std::string AccountTable::to_text() const {
  std::string text;
  for (const Row& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) text += (i > 0 ? ":" : "") + row[i];
    text += '\n';
  }
  return text;
}

void AccountTable::save(const Root& root) const {
  const std::string text = to_text();
  if (text == original_ || text == original_ + "\n") return;
  root.replace_file(path_, text, {.mode = mode_});
}

Accounts::Accounts(const Root& root, Clock& clock, const std::stop_token& stop, const AccountPaths& paths)
    : root_(root),
      lock_(lock_accounts(root, clock, stop)),
      home_owners_(owners_of_homes(root)),
      users(root, paths.users, 7, 0644),
      shadow(root, paths.shadow, 9, 0600),
      groups(root, paths.groups, 4, 0644),
      gshadow(root, paths.gshadow, 4, 0600) {}

void Accounts::save() const {
  groups.save(root_);
  gshadow.save(root_);
  users.save(root_);
  shadow.save(root_);
}

uid_t Accounts::find_free_uid(bool system) const {
  const auto is_taken = [&](std::uint32_t id) {
    return users.has_number(column::kUid, id) ||
           (!system && std::find(home_owners_.begin(), home_owners_.end(), id) != home_owners_.end());
  };
  if (system) {
    for (std::uint32_t id = kFirstId - 1; id >= kFirstSystemId; --id) {
      if (!is_taken(id)) return id;
    }
  } else {
    for (std::uint32_t id = kFirstId; id <= kLastId; ++id) {
      if (!is_taken(id)) return id;
    }
  }
  throw Error(reason::kNoAccount, "no number for a new user is left");
}

gid_t Accounts::find_free_gid(bool system) const {
  for (std::uint32_t step = 0; step < kLastId; ++step) {
    const std::uint32_t id = system ? kFirstId - 1 - step : kFirstId + step;
    if (system && id < kFirstSystemId) break;
    if (!groups.has_number(column::kGroupId, id)) return id;
  }
  throw Error(reason::kNoAccount, "no number for a new group is left");
}

AccountIds look_up_user(const Root& root, const std::string& name) {
  AccountTable users(root, AccountPaths{}.users, 7, 0644);
  const AccountTable::Row* row = users.find(name);
  if (row == nullptr) throw Error(reason::kNoAccount, "there is no user \"{}\"", printable(name));
  const auto user = parse_number((*row)[column::kUid]);
  const auto group = parse_number((*row)[column::kGid]);
  if (!user || !group)
    throw Error(reason::kNoAccount, "the row of \"{}\" in /etc/passwd has no numbers", printable(name));
  return {static_cast<uid_t>(*user), static_cast<gid_t>(*group), (*row)[column::kHome]};
}

gid_t look_up_group(const Root& root, const std::string& name) {
  AccountTable groups(root, AccountPaths{}.groups, 4, 0644);
  const AccountTable::Row* row = groups.find(name);
  const auto id = row != nullptr ? parse_number((*row)[column::kGroupId]) : std::nullopt;
  if (!id) throw Error(reason::kNoAccount, "there is no group \"{}\"", printable(name));
  return static_cast<gid_t>(*id);
}

std::string hash_password(const std::string& password, const std::string& old) {
  if (is_hashed(password)) return password;
  if (old.starts_with('$') && run_crypt(password, old) == old) return old;
  const std::string hash = run_crypt(password, "$6$" + make_random_text(16, kAlphanumerics) + "$");
  if (hash.empty()) throw Error(reason::kBadConfig, "a password can't be hashed; it may be too long");
  return hash;
}

std::string days_now(const Clock& clock) {
  const auto days = std::chrono::duration_cast<std::chrono::days>(clock.wall().time_since_epoch()).count();
  return std::to_string(std::max<std::int64_t>(1, days));
}

}  // namespace cairn::stage
