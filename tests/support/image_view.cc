// SPDX-License-Identifier: Apache-2.0
#include "support/image_view.h"

#include "core/error.h"
#include "core/process.h"
#include "disk/gpt.h"
#include "disk/layout.h"

#include <ext2fs/ext2fs.h>
#include <fmt/core.h>

#include <algorithm>
#include <memory>

namespace cairn::testing {
namespace {

struct CloseFileSystem {
  void operator()(ext2_filsys file_system) const { ext2fs_close_free(&file_system); }
};
using FileSystem = std::unique_ptr<struct_ext2_filsys, CloseFileSystem>;

struct CloseFile {
  void operator()(ext2_file_t file) const { ext2fs_file_close(file); }
};
using File = std::unique_ptr<std::remove_pointer_t<ext2_file_t>, CloseFile>;

// Null if it is none. A journal that waits to be replayed and wrong checksums are nothing that a loader looks at.
FileSystem open_ext(const std::filesystem::path& image, std::uint64_t offset) {
  ext2_filsys opened = nullptr;
  const std::string options = fmt::format("offset={}", offset);
  const int flags = EXT2_FLAG_64BITS | EXT2_FLAG_IGNORE_CSUM_ERRORS;
  if (ext2fs_open2(image.c_str(), options.c_str(), flags, 0, 0, unix_io_manager, &opened) != 0) return nullptr;
  return FileSystem(opened);
}

std::optional<ext2_ino_t> find_inode(const FileSystem& file_system, std::string_view path) {
  ext2_ino_t inode = 0;
  const std::string name = "/" + std::string(path);
  if (ext2fs_namei(file_system.get(), EXT2_ROOT_INO, EXT2_ROOT_INO, name.c_str(), &inode) != 0) return std::nullopt;
  return inode;
}

std::optional<std::string> read_ext(const FileSystem& file_system, std::string_view path) {
  const auto inode = find_inode(file_system, path);
  ext2_file_t opened = nullptr;
  if (!inode || ext2fs_file_open(file_system.get(), *inode, 0, &opened) != 0) return std::nullopt;
  const File file(opened);
  __u64 size = 0;
  if (ext2fs_file_get_lsize(file.get(), &size) != 0) return std::nullopt;
  std::string content(size, '\0');
  std::size_t done = 0;
  while (done < content.size()) {
    unsigned count = 0;
    const auto wanted = static_cast<unsigned>(std::min<std::size_t>(content.size() - done, 1 << 20));
    if (ext2fs_file_read(file.get(), content.data() + done, wanted, &count) != 0 || count == 0) return std::nullopt;
    done += count;
  }
  return content;
}

int add_name(ext2_dir_entry* entry, int, int, char*, void* names) {
  std::string name(entry->name, static_cast<std::size_t>(ext2fs_dirent_name_len(entry)));
  if (name != "." && name != "..") static_cast<std::vector<std::string>*>(names)->push_back(std::move(name));
  return 0;
}

std::optional<std::string> read_fat(const std::filesystem::path& image, std::uint64_t offset, std::string_view path) {
  try {
    return system_runner()
        .run({.program = "mcopy",
              .args = {"-n", "-i", fmt::format("{}@@{}", image.string(), offset), fmt::format("::/{}", path), "-"},
              .environment = {{"MTOOLS_SKIP_CHECK", "1"}}})
        .output;
  } catch (const Error& error) {  // mcopy does not tell a file that is missing from one that can't be read
    return std::nullopt;
  }
}

std::optional<Place> place_of(const std::string& gpt_name) {
  switch (disk::role_of_name(gpt_name)) {
    case disk::Role::esp: return Place::esp;
    case disk::Role::state: return Place::state;
    case disk::Role::recovery: return Place::recovery;
    default: return std::nullopt;
  }
}

}  // namespace

ImageView::ImageView(std::filesystem::path image) : image_(std::move(image)) {
  disk::FileBlocks blocks(image_);
  const disk::GptTable table = disk::read_gpt_of_image(blocks).table;
  for (const disk::GptPartition& partition : table.partitions) {
    if (const auto place = place_of(partition.name)) offsets_[*place] = partition.first * table.geometry.sector_size;
  }
}

std::optional<std::string> ImageView::read(Place place, std::string_view path) const {
  const auto offset = offsets_.find(place);
  if (offset == offsets_.end()) return std::nullopt;
  if (const FileSystem ext = open_ext(image_, offset->second)) return read_ext(ext, path);
  return read_fat(image_, offset->second, path);
}

std::vector<std::string> ImageView::list(Place place, std::string_view directory) const {
  std::vector<std::string> names;
  const auto offset = offsets_.find(place);
  if (offset == offsets_.end()) return names;
  const FileSystem ext = open_ext(image_, offset->second);
  if (!ext) return names;  // the loader lists nothing on the ESP
  if (const auto inode = find_inode(ext, directory)) {
    ext2fs_dir_iterate(ext.get(), *inode, 0, nullptr, add_name, &names);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace cairn::testing
