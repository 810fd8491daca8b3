// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/yaml.h"
#include "stage/finding.h"
#include "stage/step.h"

#include <algorithm>
#include <span>
#include <string>
#include <vector>

// How mappings of a document become structs: one table a struct, a row a key. For the parsers of this module only.
namespace cairn::stage {

template <class Struct>
struct Field {
  std::string_view key;
  // Puts a value into the struct, or throws an Error that names its place.
  void (*read)(Struct& out, const Yaml& value, Findings& findings);
};

// Reads every member that has a row; null is as if it were not there. Other keys become warnings.
template <class Struct>
void read_fields(const Yaml& mapping, Struct& out, std::span<const Field<Struct>> fields, Findings& findings) {
  for (const auto& [key, value] : mapping.members()) {
    const auto row =
        std::find_if(fields.begin(), fields.end(), [&wanted = key](const auto& field) { return field.key == wanted; });
    if (row != fields.end()) {
      if (!value.is_null()) row->read(out, value, findings);
      continue;
    }
    std::vector<std::string> known;
    for (const auto& field : fields) known.emplace_back(field.key);
    findings.push_back(make_warning(mapping.unknown_key(key, known)));
  }
}

template <class Struct, std::size_t count>
void read_fields(const Yaml& mapping, Struct& out, const Field<Struct> (&fields)[count], Findings& findings) {
  read_fields(mapping, out, std::span<const Field<Struct>>(fields), findings);
}

// A list of texts; one text alone stands for a list of one.
Names read_names(const Yaml& value);
// As above, but one text is cut at commas and white space, as cloud-init does with groups.
Names read_words(const Yaml& value);
std::map<std::string, std::string> read_map(const Yaml& value);
// Text that is not empty.
std::string read_filled(const Yaml& value);
// An absolute path without "..".
std::string read_path(const Yaml& value);
// 0644, "0644", 0o644 and 644 are octal. A plain number without a leading zero may also be the decimal form that a mode
// takes when YAML went through JSON (420 is 0644): the one of the two readings that makes sense counts, and where both
// do it is refused.
mode_t read_mode(const Yaml& value);
std::uint32_t read_id(const Yaml& value);
Encoding read_encoding(const Yaml& value);
// An account's name: what useradd would accept, and not longer than 32.
std::string read_account_name(const Yaml& value);
// Throws at `where` if `name` can't be that of an account.
void check_account_name(const std::string& name, const Yaml& where);
// Throws at `where` unless `text` can be a field of passwd: no colon, no line break.
void check_passwd_field(const std::string& text, const Yaml& where);

// The fields of one user of `users`; the name is told apart. A row of cloud-init's own that we can't honour is refused.
UserWant read_user(std::string_view name, const Yaml& value, Findings& findings);
FileWant read_file_want(const Yaml& value, Findings& findings);
// A step that has only this one key.
Step read_step_key(std::string_view key, const Yaml& value, Findings& findings);
// One step of a stage. Throws for the first error in it.
Step read_step(const Yaml& value, Findings& findings);
// Splits "FILE:LINE:COLUMN" off an error at this node.
std::string place_of(const Yaml& value);

}  // namespace cairn::stage
