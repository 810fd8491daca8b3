// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>
#include <vector>

// Elemental's command line as a table: its words, where its configuration has them, and what they become here.
namespace cairn::cmd {

// How a flag becomes words of ours.
enum class Form {
  option,     // our option `ours` with the same value; for a switch, our switch
  list,       // the same, but a comma separates values
  source,     // an image in Elemental's notation, as our option
  overlay,    // a folder, as our option for an image
  word,       // an image in Elemental's notation, as our positional word; of two the one listed first counts
  plain,      // our positional word as it is
  size,       // a number of MiB, as our option
  partition,  // a number of MiB for the partition `ours`; 0 is as if it were not given
  extra,      // a partition more: "name=data,size=1024", the size in MiB
  arch,       // a processor as `uname -m` calls it, as our option for a platform
  unless,     // our switch if it is not true
  denied,     // our switch if it is said to be false
  phrase,     // if true, these words of ours
  must_be,    // has no effect here, and any other value than `ours` is refused
  file_part,  // a part of the output's name
  ignored,    // has no effect here; `ours` says why
  refused,    // promises what this program does not do; `ours` says what instead
  signature,  // a promise about signatures
};

struct ElementalFlag {
  std::string_view name;   // "cloud-init"
  char letter = 0;         // 'c', or 0
  bool is_switch = false;  // its value is true or false, and may be left out
  Form form = Form::option;
  std::string_view ours = {};      // "--cloud-config"
  std::string_view key = {};       // in the configuration, below the command's section; "/reboot" is at its root
  std::string_view variable = {};  // of the environment, after ELEMENTAL_
};

struct ElementalCommand {
  enum class Status {
    plain,
    lenient,  // what failed in part has succeeded, unless --strict
  };
  std::string_view name;
  std::string_view ours;                  // "build iso"
  std::string_view section;               // of the configuration: "install"; empty = none
  std::string_view file = "config.yaml";  // of the configuration
  std::vector<ElementalFlag> flags;
  std::vector<Form> words = {};             // what positional words become: word or option
  bool any_words = false;                   // more words are taken, and have no effect
  std::vector<std::string_view> adds = {};  // words of ours that are always given
  std::string_view output_suffix = {};      // ".iso" where an output is named by parts
  std::string_view refusal = {};            // what to do instead, where nothing here does the same
  Status status = Status::plain;
};

std::span<const ElementalCommand> elemental_commands();

}  // namespace cairn::cmd
