// SPDX-License-Identifier: Apache-2.0
#include "support/model_epoch.h"

#include <algorithm>
#include <stdexcept>

namespace cairn::testing {
namespace {

constexpr std::size_t kSector = 512;
constexpr std::string_view kReused = "bytes of another file";

// A coin that falls the same way each time for the same arguments.
bool coin(std::uint64_t seed, std::uint64_t a, std::uint64_t b) {
  if (seed == CrashChoice::kNone || seed == CrashChoice::kAll) return seed == CrashChoice::kAll;
  std::uint64_t x = seed * 0x9e3779b97f4a7c15 + a * 0xbf58476d1ce4e5b9 + b * 0x94d049bb133111eb;
  x ^= x >> 31;
  x *= 0xd6e8feb86659fd93;
  return ((x >> 37) & 1) != 0;
}

}  // namespace

ModelVolume::Epoch::Epoch(FileSystem kind, std::size_t begin, const Tree& initial) : kind_(kind), begin_(begin) {
  make(true, begin, "");
  for (const auto& [path, content] : initial) {
    const Inode child = make(!content, begin, content.value_or(""));
    files_[child].size = files_[child].initial.size();
    const auto [directory, name] = parent_of(path);
    files_[directory].names[name] = child;
    touches_.push_back({.act = begin, .kind = Touch::Kind::link, .inode = directory, .name = name, .child = child});
  }
}

ModelVolume::Epoch::Inode ModelVolume::Epoch::make(bool directory, std::size_t act, std::string content) {
  files_.push_back({.directory = directory, .born = act, .initial = std::move(content)});
  return files_.size() - 1;
}

std::pair<ModelVolume::Epoch::Inode, std::string> ModelVolume::Epoch::parent_of(const std::string& path) const {
  const std::size_t slash = path.rfind('/');
  const Inode parent = slash == std::string::npos ? kRoot : find(path.substr(0, slash));
  return {parent, slash == std::string::npos ? path : path.substr(slash + 1)};
}

ModelVolume::Epoch::Inode ModelVolume::Epoch::find(const std::string& path) const {
  if (path.empty()) return kRoot;
  const auto [directory, name] = parent_of(path);
  if (directory == kNobody) return kNobody;
  const auto found = files_[directory].names.find(name);
  return found == files_[directory].names.end() ? kNobody : found->second;
}

void ModelVolume::Epoch::link(std::size_t act, const std::string& path, Inode child) {
  const auto [directory, name] = parent_of(path);
  if (const Inode replaced = find(path); replaced != kNobody) files_[replaced].died = act;
  files_[directory].names[name] = child;
  touches_.push_back({.act = act, .kind = Touch::Kind::link, .inode = directory, .name = name, .child = child});
}

void ModelVolume::Epoch::unlink(std::size_t act, const std::string& path) {
  const auto [directory, name] = parent_of(path);
  files_[directory].names.erase(name);
  touches_.push_back({.act = act, .kind = Touch::Kind::unlink, .inode = directory, .name = name});
}

void ModelVolume::Epoch::resize(std::size_t act, Inode file, std::uint64_t size) {
  files_[file].size = size;
  touches_.push_back({.act = act, .kind = Touch::Kind::resize, .inode = file, .size = size});
}

void ModelVolume::Epoch::add(std::size_t act, const EffectRecord& record, const std::string& path,
                             const std::string& to) {
  // Of what was reported as failed, only data may have reached the disk nevertheless.
  if (record.failed && record.kind != EffectKind::write) return;
  const Inode file = find(path);
  switch (record.kind) {
    case EffectKind::create: link(act, path, make(false, act, "")); break;
    case EffectKind::make_directory: link(act, path, make(true, act, "")); break;
    case EffectKind::allocate: resize(act, file, std::max(files_[file].size, record.size)); break;
    case EffectKind::truncate: resize(act, file, record.size); break;
    case EffectKind::write:
      if (record.offset + record.data.size() > files_[file].size && !record.failed) {
        resize(act, file, record.offset + record.data.size());
      }
      data_.push_back({.act = act, .inode = file, .offset = record.offset, .bytes = record.data});
      break;
    case EffectKind::sync: flushes_.push_back({act, file}); break;
    case EffectKind::sync_directory: flushes_.push_back({act, file}); break;
    case EffectKind::settle: flushes_.push_back({act, kNobody}); break;
    case EffectKind::rename:
      unlink(act, path);
      link(act, to, file);
      break;
    case EffectKind::remove:
      files_[file].died = act;
      unlink(act, path);
      break;
    case EffectKind::run: throw std::logic_error("a program is the beginning of an epoch");
  }
}

// The rules of model_volume.h for one choice and one reader.
class ModelVolume::Epoch::Crash {
 public:
  Crash(const Epoch& epoch, const CrashChoice& choice, Reader reader)
      : epoch_(epoch), choice_(choice), reader_(reader) {
    home_ = epoch.begin_ + 1;
    std::size_t forced = home_;
    for (const Flush& flush : epoch.flushes_) {
      if (flush.act >= choice.end) break;
      forced = flush.act + 1;
      if (flush.inode == kNobody) home_ = flush.act + 1;
    }
    const std::size_t open = choice.end > forced ? choice.end - forced : 0;
    journal_ = forced + open * choice.journal / 2;
  }

  Tree tree() const {
    Tree tree;
    add_directory(kRoot, "", tree);
    return tree;
  }

 private:
  bool on_fat() const { return epoch_.kind_ == FileSystem::fat; }

  // Acts before this one are to be seen in an inode's own blocks (ext4).
  std::size_t seen_until(Inode inode) const {
    if (reader_ == Reader::system) return journal_;
    return coin(choice_.metadata, inode, 0) ? journal_ : home_;
  }

  bool flushed_after(std::size_t act, Inode inode, Inode other) const {
    return std::any_of(epoch_.flushes_.begin(), epoch_.flushes_.end(), [&](const Flush& flush) {
      return flush.act > act && flush.act < choice_.end &&
             (flush.inode == kNobody || flush.inode == inode || flush.inode == other);
    });
  }

  bool seen(const Touch& touch) const {
    if (touch.act == epoch_.begin_) return true;
    if (touch.act >= choice_.end) return false;
    if (!on_fat()) return touch.act < seen_until(touch.inode);
    const auto part = static_cast<std::uint64_t>(touch.kind);
    return flushed_after(touch.act, touch.inode, touch.child) || coin(choice_.metadata, touch.act, part);
  }

  // Whether the file's own blocks exist for the reader.
  bool exists(Inode inode) const {
    const File& file = epoch_.files_[inode];
    if (on_fat()) return true;
    if (file.died && *file.died < seen_until(inode)) return false;  // somebody still sees the name of what is gone
    return file.born == epoch_.begin_ || file.born < seen_until(inode);
  }

  // Where a stale name leads: the file's blocks are somebody else's by now.
  bool reused(Inode inode) const {
    const auto died = epoch_.files_[inode].died;
    if (on_fat() || !died || *died >= journal_) return false;
    return std::any_of(epoch_.data_.begin(), epoch_.data_.end(), [&](const Data& data) {
      return data.act > *died && data.act < choice_.end && data.inode != inode;
    });
  }

  // Whether data of a file that was newly written counts for the reader: on ext4 blocks are empty until the inode says
  // otherwise, which it does when the data was flushed.
  bool mapped(const Data& data) const {
    const File& file = epoch_.files_[data.inode];
    if (on_fat() || reader_ == Reader::system) return true;
    if (data.act < home_ || file.born == epoch_.begin_ || file.born < home_) return true;
    const auto flush = std::find_if(epoch_.flushes_.begin(), epoch_.flushes_.end(), [&](const Flush& each) {
      return each.act > data.act && (each.inode == data.inode || each.inode == kNobody);
    });
    const std::size_t converted = flush == epoch_.flushes_.end() ? choice_.end : flush->act;
    return converted < seen_until(data.inode);
  }

  bool sector_written(const Data& data, std::size_t sector, std::size_t count) const {
    if (choice_.sectors == CrashChoice::kFirstSectors) return sector < (count + 1) / 2;
    if (choice_.sectors == CrashChoice::kLastSectors) return sector >= count / 2;
    if (choice_.sectors == CrashChoice::kGarbage) return true;
    return coin(choice_.sectors, data.act, sector);
  }

  void apply(const Data& data, std::string& content) const {
    const bool all = flushed_after(data.act, data.inode, kNobody);
    const std::size_t count = (data.bytes.size() + kSector - 1) / kSector;
    for (std::size_t sector = 0; sector < count; ++sector) {
      if (!all && !sector_written(data, sector, count)) continue;
      const std::size_t from = sector * kSector;
      const std::size_t size = std::min(kSector, data.bytes.size() - from);
      if (data.offset + from >= content.size()) continue;
      const std::size_t fits = std::min<std::size_t>(size, content.size() - data.offset - from);
      if (!all && choice_.sectors == CrashChoice::kGarbage) {
        content.replace(data.offset + from, fits, fits, '\xff');
      } else {
        content.replace(data.offset + from, fits, data.bytes, from, fits);
      }
    }
  }

  std::string content_of(Inode inode) const {
    std::string content = epoch_.files_[inode].initial;
    auto data = epoch_.data_.begin();
    const auto write_until = [&](std::size_t act) {
      for (; data != epoch_.data_.end() && data->act < std::min(act, choice_.end); ++data) {
        if (data->inode == inode && mapped(*data)) apply(*data, content);
      }
    };
    for (const Touch& touch : epoch_.touches_) {
      if (touch.kind != Touch::Kind::resize || touch.inode != inode || !seen(touch)) continue;
      write_until(touch.act);
      content.resize(touch.size, '\0');
    }
    write_until(choice_.end);
    return content;
  }

  void add_directory(Inode directory, const std::string& prefix, Tree& tree) const {
    std::map<std::string, Inode> names;
    for (const Touch& touch : epoch_.touches_) {
      if (touch.inode != directory || touch.kind == Touch::Kind::resize || !seen(touch)) continue;
      if (touch.kind == Touch::Kind::link) names[touch.name] = touch.child;
      if (touch.kind == Touch::Kind::unlink) names.erase(touch.name);
    }
    for (const auto& [name, child] : names) {
      if (!exists(child)) continue;
      if (epoch_.files_[child].directory) {
        tree[prefix + name] = std::nullopt;
        add_directory(child, prefix + name + "/", tree);
      } else {
        tree[prefix + name] = reused(child) ? std::string(kReused) : content_of(child);
      }
    }
  }

  const Epoch& epoch_;
  const CrashChoice& choice_;
  Reader reader_;
  std::size_t home_;     // acts before are home
  std::size_t journal_;  // acts before are in the journal
};

Tree ModelVolume::Epoch::view(const CrashChoice& choice, Reader reader) const {
  return Crash(*this, choice, reader).tree();
}

}  // namespace cairn::testing
