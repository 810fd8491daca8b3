// SPDX-License-Identifier: Apache-2.0
#include "stage/fields.h"

namespace cairn::stage {
namespace {

std::string read_passwd_field(const Yaml& value) {
  check_passwd_field(value.text(), value);
  return value.text();
}

Names read_groups(const Yaml& value) {
  Names groups = read_words(value);
  for (const std::string& group : groups) check_account_name(group, value);
  return groups;
}

// A key may be any text but a second line.
Names read_key_lines(const Yaml& value) {
  Names keys = read_names(value);
  for (const std::string& key : keys) {
    if (key.find('\n') != std::string::npos && key.find('\n') + 1 != key.size()) {
      throw value.error("a key is one line; give several as a list");
    }
  }
  return keys;
}

constexpr Field<UserWant> kFields[] = {
    {"name", [](UserWant& u, const Yaml& v, Findings&) { u.name = read_account_name(v); }},
    {"passwd", [](UserWant& u, const Yaml& v, Findings&) { u.password = v.text(); }},
    {"hashed_passwd", [](UserWant& u, const Yaml& v, Findings&) { u.password = v.text(); }},
    {"plain_text_passwd", [](UserWant& u, const Yaml& v, Findings&) { u.password = v.text(); }},
    {"gecos", [](UserWant& u, const Yaml& v, Findings&) { u.gecos = read_passwd_field(v); }},
    {"homedir",
     [](UserWant& u, const Yaml& v, Findings&) {
       u.home = read_path(v);
       check_passwd_field(u.home, v);
     }},
    {"shell", [](UserWant& u, const Yaml& v, Findings&) { u.shell = read_passwd_field(v); }},
    {"primary_group", [](UserWant& u, const Yaml& v, Findings&) { u.primary_group = read_account_name(v); }},
    {"groups", [](UserWant& u, const Yaml& v, Findings&) { u.groups = read_groups(v); }},
    {"ssh_authorized_keys", [](UserWant& u, const Yaml& v, Findings&) { u.keys = read_key_lines(v); }},
    {"uid", [](UserWant& u, const Yaml& v, Findings&) { u.uid = read_id(v); }},
    {"no_create_home", [](UserWant& u, const Yaml& v, Findings&) { u.create_home = !v.boolean(); }},
    {"lock_passwd", [](UserWant& u, const Yaml& v, Findings&) { u.lock_password = v.boolean(); }},
    {"system", [](UserWant& u, const Yaml& v, Findings&) { u.system = v.boolean(); }},
    {"no_user_group", [](UserWant& u, const Yaml& v, Findings&) { u.user_group = !v.boolean(); }},
    // Cairn never writes lastlog or faillog, so there is nothing to leave out.
    {"no_log_init", [](UserWant&, const Yaml& v, Findings&) { static_cast<void>(v.boolean()); }},
};

}  // namespace

UserWant read_user(std::string_view name, const Yaml& value, Findings& findings) {
  UserWant user{.name = std::string(name)};
  if (!value.is_null()) read_fields(value, user, kFields, findings);
  if (!name.empty() && user.name != name) throw value.at("name").error("another name than the key of this user");
  return user;
}

}  // namespace cairn::stage
