// SPDX-License-Identifier: Apache-2.0
#include "cmd/partition_options.h"

#include "cmd/size.h"
#include "core/error.h"
#include "core/reasons.h"
#include "core/text.h"

#include <algorithm>
#include <utility>

namespace cairn::cmd {
namespace {

constexpr std::pair<std::string_view, disk::PartitionSpec disk::LayoutSpec::*> kParts[] = {
    {"esp", &disk::LayoutSpec::esp},
    {"oem", &disk::LayoutSpec::oem},
    {"recovery", &disk::LayoutSpec::recovery},
    {"state", &disk::LayoutSpec::state},
    {"persistent", &disk::LayoutSpec::persistent}};

// "oem=128M"
void apply_size(const std::string& text, disk::LayoutSpec& spec) {
  const std::size_t equals = std::min(text.find('='), text.size());
  for (const auto& [name, part] : kParts) {
    if (text.substr(0, equals) != name || equals == text.size()) continue;
    (spec.*part).size = parse_size(text.substr(equals + 1), "--partition-size");
    return;
  }
  throw Error(reason::kUsage,
              "--partition-size: \"{}\" is not such as oem=128M; names are esp, oem, recovery, state, persistent",
              printable(text, 40));
}

// "name=data,size=1024,fs=ext4,label=DATA", the size in MiB unless it has a unit
disk::ExtraPartition parse_extra(const std::string& text) {
  disk::ExtraPartition extra;
  for (const std::string& member : split(text, ',')) {
    const std::size_t equals = std::min(member.find('='), member.size());
    const std::string name = member.substr(0, equals);
    const std::string value = member.substr(std::min(equals + 1, member.size()));
    if (name == "name") {
      extra.name = value;
    } else if (name == "label") {
      extra.label = value;
    } else if (name == "size") {
      const auto mib = parse_number(value);
      if (mib != std::optional<std::uint64_t>(0))
        extra.size = parse_size(mib ? fmt::format("{}M", *mib) : value, "--extra-partition");
    } else if (const auto file_system = disk::find_file_system(value); name == "fs" && file_system) {
      extra.file_system = *file_system;
    } else {
      throw Error(reason::kUsage, "--extra-partition: \"{}\" is not known; it takes name=, size=, fs= and label=",
                  printable(member, 40));
    }
  }
  if (extra.name.empty()) extra.name = extra.label;
  return extra;
}

}  // namespace

std::vector<Option> with_partition_options(std::vector<Option> own) {
  own.push_back({.names = "--partition-size",
                 .value = "NAME=SIZE",
                 .help = "Make the partition esp, oem, recovery, state or persistent so large, as oem=128M.",
                 .repeat = Option::Repeat::many});
  own.push_back({.names = "--extra-partition",
                 .value = "name=NAME,size=MIB,fs=FS,label=LABEL",
                 .help = "Make another partition; one without a size takes the rest of the disk.",
                 .repeat = Option::Repeat::many});
  return own;
}

disk::LayoutSpec make_layout_spec(const Arguments& arguments) {
  disk::LayoutSpec spec;
  for (const std::string& text : arguments.all("partition-size")) apply_size(text, spec);
  for (const std::string& text : arguments.all("extra-partition")) spec.extra.push_back(parse_extra(text));
  return spec;
}

}  // namespace cairn::cmd
