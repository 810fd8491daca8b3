// SPDX-License-Identifier: Apache-2.0
#include "world.h"

#include "core/digest.h"
#include "core/error.h"

namespace cairn::crash {
namespace {

constexpr std::pair<Place, std::string_view> kPlaces[] = {
    {Place::esp, "esp"}, {Place::state, "state"}, {Place::recovery, "recovery"}, {Place::oem, "oem"}};

// Several sectors, each with the version in it.
std::string bytes_of(const std::string& name, const std::string& version, std::size_t size) {
  std::string text;
  while (text.size() < size) text += fmt::format("{} of {}; ", name, version);
  return text;
}

std::string kernel_of(const std::string& version) {
  std::string text = bytes_of("kernel", version, 1200);
  return text.replace(0x202, 4, "HdrS");
}

node::SystemContent::File file_of(std::string name, std::string bytes) {
  const auto fill = [bytes](snapshot::SnapshotFile& file) {
    // In two pieces, as a stream comes.
    const std::size_t half = bytes.size() / 2;
    file.write_at(0, as_bytes(bytes).first(half));
    file.write_at(half, as_bytes(bytes).subspan(half));
  };
  return {.name = std::move(name), .room = bytes.size() + 700, .fill = fill};
}

}  // namespace

World::World(const Trees& trees) {
  for (const auto& [place, name] : kPlaces) {
    const auto tree = trees.find(place);
    testing::write_tree(directory_.path(name), tree == trees.end() ? Tree{} : tree->second);
  }
}

std::filesystem::path World::path(Place place) const {
  for (const auto& [known, name] : kPlaces) {
    if (known == place) return directory_.path(name);
  }
  return {};
}

Trees World::trees() const {
  Trees trees;
  for (const auto& [place, name] : kPlaces) trees[place] = testing::read_tree(directory_.path(name));
  return trees;
}

void WorldEffects::run(const Command& command) {
  for (const auto& entry : std::filesystem::directory_iterator(command.args.back())) {
    std::filesystem::remove_all(entry.path());
  }
}

SampleSystem::SampleSystem(std::string version) {
  content_.files.push_back(file_of("rootfs.squashfs", bytes_of("tree", version, 1500)));
  content_.files.push_back(file_of("vmlinuz", kernel_of(version)));
  content_.files.push_back(file_of("initrd", bytes_of("initrd", version, 600)));
  content_.words = [version] { return "image=" + version; };
  content_.identity = {.digest = sha256(as_bytes(version)).text(), .version = std::move(version)};
}

}  // namespace cairn::crash
