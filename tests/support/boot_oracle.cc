// SPDX-License-Identifier: Apache-2.0
#include "support/boot_oracle.h"

#include "core/digest.h"
#include "core/error.h"
#include "core/text.h"
#include "snapshot/manifest.h"

#include <algorithm>

namespace cairn::testing {
namespace {

using Variables = std::map<std::string, std::string>;

constexpr std::string_view kFirstLine = "# GRUB Environment Block\n";
constexpr std::string_view kFiles[] = {"vmlinuz", "initrd", "rootfs.squashfs", "cmdline"};

// load_env: lines up to the first that starts with '#'.
Variables load_env(const std::optional<std::string>& block) {
  Variables variables;
  if (!block || !block->starts_with(kFirstLine)) return variables;
  for (const std::string& line : split(std::string_view(*block).substr(kFirstLine.size()), '\n')) {
    const std::size_t sign = line.find('=');
    if (line.starts_with('#') || sign == std::string::npos) break;
    variables[line.substr(0, sign)] = line.substr(sign + 1);
  }
  return variables;
}

// save_env of one variable that is there.
std::string save_env(std::string block, const std::string& name, const std::string& value) {
  const std::size_t size = block.size();
  const std::size_t start = block.find("\n" + name + "=") + name.size() + 2;
  block.replace(start, block.find('\n', start) - start, value);
  block.resize(size, '#');
  return block;
}

std::uint64_t sequence_of(Variables& variables) {
  const std::string& sequence = variables["seq"];
  if (sequence.starts_with('0') || sequence != variables["end"]) return 0;
  return parse_number(sequence).value_or(0);
}

class Loader {
 public:
  explicit Loader(const DiskView& disk) : disk_(disk) {}

  Boot boot() {
    read_state();
    if (variables_["once"] == "recovery") {
      write("once", "");
      if (starts(Place::recovery, variables_["recovery"], "recovery")) return boot_;
    }
    const bool trying = variables_["verdict"] == "trying";
    if (!given_up_) {
      if (trying) write("tries", std::to_string(parse_number(variables_["tries"]).value_or(1) - 1));
      if (starts(Place::state, variables_["active"], "active")) return boot_;
    }
    boot_.fallback = true;
    for (const std::string& passive : split(variables_["passives"], ' ')) {
      if (starts(Place::state, passive, "passive")) return boot_;
    }
    if (starts(Place::recovery, variables_["recovery"], "recovery")) return boot_;
    if (starts(Place::state, variables_["active"], "active")) return boot_;
    boot_.mode = "nothing";
    return boot_;
  }

 private:
  void read_state() {
    std::uint64_t highest = 0;
    for (const std::string path : {"cairn/bootstate.a", "cairn/bootstate.b"}) {
      Variables variables = load_env(disk_.read(Place::esp, path));
      const std::uint64_t sequence = sequence_of(variables);
      if (sequence <= highest) continue;
      highest = sequence;
      variables_ = std::move(variables);
      path_ = path;
    }
    given_up_ = path_.empty() || (variables_["verdict"] == "trying" && variables_["tries"] == "0");
    boot_.fallback = given_up_;
    if (path_.empty()) {
      std::uint64_t last = 0;
      for (const std::string& name : disk_.list(Place::recovery, ".snapshots")) {
        if (!name.starts_with('0')) last = std::max(last, parse_number(name).value_or(0));
      }
      variables_["recovery"] = std::to_string(last);
    }
  }

  void write(const std::string& name, const std::string& value) {
    const std::string block = boot_.written ? boot_.written->second : disk_.read(Place::esp, path_).value();
    boot_.written = {path_, save_env(block, name, value)};
  }

  bool starts(Place place, const std::string& number, const std::string& mode) {
    if (number.empty() || number == "0") return false;
    const std::string folder = ".snapshots/" + number + "/";
    bool complete = true;
    for (const std::string_view file : kFiles)
      complete = complete && !disk_.read(place, folder + std::string(file)).value_or("").empty();
    // What makes a file a kernel for a loader (Documentation/x86/boot.rst).
    if (!complete || disk_.read(place, folder + "vmlinuz").value().find("HdrS") != 0x202) {
      boot_.fallback = true;
      return false;
    }
    boot_.mode = mode;
    boot_.number = static_cast<std::uint32_t>(parse_number(number).value_or(0));
    return true;
  }

  const DiskView& disk_;
  Variables variables_;
  std::string path_;
  bool given_up_ = false;
  Boot boot_;
};

}  // namespace

std::optional<std::string> TreesView::read(Place place, std::string_view path) const {
  const auto tree = trees_.find(place);
  if (tree == trees_.end()) return std::nullopt;
  const auto file = tree->second.find(std::string(path));
  return file == tree->second.end() ? std::nullopt : file->second;
}

std::vector<std::string> TreesView::list(Place place, std::string_view directory) const {
  std::vector<std::string> names;
  const auto tree = trees_.find(place);
  if (tree == trees_.end()) return names;
  const std::string prefix = std::string(directory) + "/";
  for (const auto& [path, unused] : tree->second) {
    if (path.starts_with(prefix) && path.find('/', prefix.size()) == std::string::npos)
      names.push_back(path.substr(prefix.size()));
  }
  return names;
}

std::string Boot::to_text() const {
  return mode == "nothing" ? mode : fmt::format("{} {}{}", mode, number, fallback ? " fallback" : "");
}

Boot boot_of(const DiskView& loader) { return Loader(loader).boot(); }

std::string image_of(const Boot& boot, const DiskView& loader, const DiskView& system) {
  if (boot.mode == "nothing") return "NONE";
  const Place place = boot.mode == "recovery" ? Place::recovery : Place::state;
  const std::string folder = fmt::format(".snapshots/{}/", boot.number);
  const auto text = system.read(place, folder + "manifest.json");
  if (!text) return "MIX";
  try {
    const snapshot::Manifest manifest = snapshot::parse_manifest(*text, "manifest");
    for (const snapshot::FileRecord& file : manifest.files) {
      const DiskView& reader = file.path == "rootfs.squashfs" ? system : loader;
      const auto content = reader.read(place, folder + file.path);
      if (!content || content->size() != file.size || sha256(as_bytes(*content)).hex() != file.sha256) return "MIX";
    }
    const auto words = load_env(loader.read(place, folder + "cmdline"));
    // Tests give every system kernel words that name its image.
    const auto found = words.find("cmdline");
    if (manifest.files.size() != 3 || found == words.end() || found->second != "image=" + manifest.version)
      return "MIX";
    return manifest.version;
  } catch (const Error&) {  // recovers: what can't be read is no system
    return "MIX";
  }
}

}  // namespace cairn::testing
