// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::cmd {

// A value of Elemental's configuration.
struct ElementalSetting {
  std::string key;                  // with dots: "install.recovery-system.uri"
  std::vector<std::string> values;  // an item of a list that is a mapping: "name=data,size=1024"
  std::string origin;               // "FILE:LINE:COLUMN"
};

// Settings of `text`, in its order; `name` stands for the document in errors (reason::kBadYaml).
std::vector<ElementalSetting> parse_elemental_config(std::string_view text, const std::string& name);
// Those of `folder`/`file`, then those of `folder`/config.d/*.yaml by name: later ones count more. What is not there
// has none.
std::vector<ElementalSetting> load_elemental_config(const std::filesystem::path& folder, std::string_view file);

// ELEMENTAL_X=y of an environment as X -> y.
std::map<std::string, std::string> elemental_variables(const char* const* environment);

}  // namespace cairn::cmd
