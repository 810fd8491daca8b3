// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/clock.h"
#include "stage/root.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::stage {

// A file such as passwd(5): rows of fields between colons, the first is the name. Rows with another number of fields
// (those of NIS, say) are kept as they are.
class AccountTable {
 public:
  using Row = std::vector<std::string>;

  AccountTable(const Root& root, std::string path, std::size_t fields, mode_t mode);

  Row* find(std::string_view name);
  // The row of that name; a new one has empty fields. Valid until the next change.
  Row& ensure(std::string_view name);
  bool remove(std::string_view name);
  // Whether a row has this number in this field.
  bool has_number(std::size_t field, std::uint32_t number) const;
  // The name of the first row with this number.
  std::optional<std::string> find_name(std::size_t field, std::uint32_t number) const;
  // Writes the file, atomically and with its old mode and owner, if something changed.
  void save(const Root& root) const;

 private:
  std::string to_text() const;

  std::string path_;
  std::size_t fields_;
  mode_t mode_;
  std::string original_;
  std::vector<Row> rows_;
};

// Columns of the four files.
namespace column {
inline constexpr std::size_t kName = 0, kPassword = 1;
inline constexpr std::size_t kUid = 2, kGid = 3, kGecos = 4, kHome = 5, kShell = 6;   // passwd
inline constexpr std::size_t kLastChange = 2, kMinimum = 3, kMaximum = 4, kWarn = 5;  // shadow
inline constexpr std::size_t kInactive = 6, kExpire = 7;                              // shadow
inline constexpr std::size_t kGroupId = 2, kMembers = 3;                              // group, gshadow
inline constexpr std::size_t kAdministrators = 2;                                     // gshadow
}  // namespace column

// Where the four files are, unless an entity says else.
struct AccountPaths {
  std::string users = "/etc/passwd";
  std::string shadow = "/etc/shadow";
  std::string groups = "/etc/group";
  std::string gshadow = "/etc/gshadow";
};

// The accounts below a root, without NSS: it would answer for the system that runs. Held under the lock of
// lckpwdf(3) while this lives; throws reason::kAccountsBusy when that can't be had for 15 s.
class Accounts {
 public:
  Accounts(const Root& root, Clock& clock, const std::stop_token& stop, const AccountPaths& paths = {});

  // Groups before users before passwords: what is written refers only to what is there. Each file is atomic.
  void save() const;

  // The next number that neither a row nor, but for system accounts, a home directory of an earlier boot has:
  // from 1000 up, for system accounts from 999 down.
  uid_t find_free_uid(bool system) const;
  gid_t find_free_gid(bool system) const;

 private:
  const Root& root_;
  UniqueFd lock_;
  std::vector<uid_t> home_owners_;

 public:
  AccountTable users;
  AccountTable shadow;
  AccountTable groups;
  AccountTable gshadow;
};

struct AccountIds {
  uid_t user = 0;
  gid_t group = 0;
  std::string home;
};

// Names as the files below the root have them; throws reason::kNoAccount.
AccountIds look_up_user(const Root& root, const std::string& name);
gid_t look_up_group(const Root& root, const std::string& name);

// A password as shadow(5) has it: hashed with SHA-512 unless it is hashed already or locked. A plain one that `old`
// is the hash of keeps that hash. Throws reason::kBadConfig for one that can't be hashed.
std::string hash_password(const std::string& password, const std::string& old);
// Days since 1970, at least 1, as 0 would ask for a new password.
std::string days_now(const Clock& clock);

}  // namespace cairn::stage
