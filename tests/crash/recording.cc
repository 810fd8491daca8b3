// SPDX-License-Identifier: Apache-2.0
#include "explorer.h"

#include "core/error.h"

namespace cairn::crash {
namespace {

using testing::EffectKind;
using testing::EffectRecord;
using testing::FileSystem;

const std::map<Place, std::pair<std::string, FileSystem>> kVolumes = {
    {Place::esp, {"/esp", FileSystem::fat}},
    {Place::state, {"/state", FileSystem::ext4}},
    {Place::recovery, {"/recovery", FileSystem::ext4}},
    {Place::oem, {"/oem", FileSystem::ext4}}};

EffectRecord moved(EffectRecord record, const World& world) {
  const auto move = [&](std::filesystem::path& path) {
    for (const auto& [place, volume] : kVolumes) {
      const auto below = path.lexically_relative(world.path(place));
      if (!path.empty() && !below.string().starts_with("..")) {
        path = std::filesystem::path(volume.first);
        if (below != ".") path /= below;
        return;
      }
    }
  };
  move(record.path);
  move(record.to);
  return record;
}

bool is_boot_state(const EffectRecord& record) { return record.path.string().starts_with("/esp/cairn/bootstate."); }

}  // namespace

Recording::Recording(const Trees& start, const std::vector<EffectRecord>& records) : records_(records) {
  for (const auto& [place, volume] : kVolumes) {
    const auto tree = start.find(place);
    testing::ModelVolume model(volume.first, volume.second, tree == start.end() ? Tree{} : tree->second);
    for (const EffectRecord& record : records_) model.add(record);
    volumes_.emplace(place, std::move(model));
  }
}

CrashState Recording::state(const testing::CrashChoice& choice) const {
  Trees loader;
  Trees system;
  for (const auto& [place, volume] : volumes_) {
    loader[place] = volume.view(choice, testing::Reader::loader);
    system[place] = volume.view(choice, testing::Reader::system);
  }
  return {testing::TreesView(std::move(loader)), testing::TreesView(std::move(system))};
}

std::pair<std::size_t, std::size_t> Recording::commit(bool last) const {
  std::size_t begin = records_.size();
  for (std::size_t i = 0; i < records_.size(); ++i) {
    if (!is_boot_state(records_[i]) || records_[i].kind != EffectKind::write) continue;
    if (begin == records_.size() || last) begin = i;
  }
  std::size_t end = begin;
  while (end < records_.size() &&
         !(is_boot_state(records_[end]) && records_[end].kind == EffectKind::sync && !records_[end].failed))
    ++end;
  return {begin, end};
}

std::vector<EffectRecord> moved_records(const std::vector<EffectRecord>& records, const World& world) {
  std::vector<EffectRecord> result;
  for (const EffectRecord& record : records) result.push_back(moved(record, world));
  return result;
}

Run run_flow(const Flow& flow, const Conditions& conditions) {
  const World world(flow.start);
  WorldEffects real;
  testing::RecordingEffects recorder(real, conditions.fault);
  std::unique_ptr<Effects> defect = conditions.defect ? conditions.defect(recorder) : nullptr;
  bool failed = false;
  try {
    Machine machine(world, defect ? *defect : recorder);
    (conditions.act ? conditions.act : flow.act)(machine);
  } catch (const Error&) {  // what a fault is expected to cause; the caller decides
    failed = true;
  }
  return {std::make_shared<Recording>(flow.start, moved_records(recorder.records(), world)), failed};
}

}  // namespace cairn::crash
