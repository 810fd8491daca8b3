// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::rootfs {

enum class NodeType { directory, file, symlink, char_device, block_device, fifo };

// The bytes of a regular file inside the ContentStore that took them.
using ContentId = std::uint32_t;

// What a name points to; hard links share one.
struct Inode {
  NodeType type = NodeType::file;
  std::uint32_t mode = 0;  // 07777
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::int64_t mtime = 0;
  std::uint64_t size = 0;            // of files
  std::optional<ContentId> content;  // of files
  std::string target;                // of symlinks
  std::uint32_t device_major = 0;
  std::uint32_t device_minor = 0;
  std::map<std::string, std::string> xattrs;
  std::map<std::string, std::shared_ptr<Inode>, std::less<>> children;  // of directories
};

// A merged root tree: metadata only, the contents lie in a ContentStore.
class Tree {
 public:
  Tree();
  Inode& root() { return *root_; }
  const Inode& root() const { return *root_; }

  // Looks a path up ("usr/lib/os-release"), following symlinks inside the tree (at most 40), never out of it.
  const Inode* find(std::string_view path) const;
  // The same without following the last component.
  const Inode* find_no_follow(std::string_view path) const;

 private:
  std::shared_ptr<Inode> root_;
};

}  // namespace cairn::rootfs
