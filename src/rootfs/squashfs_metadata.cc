// SPDX-License-Identifier: Apache-2.0
#include "rootfs/squashfs_metadata.h"

#include "core/text.h"
#include "rootfs/reasons.h"

#include <sqfs/dir.h>
#include <sqfs/dir_writer.h>
#include <sqfs/error.h>
#include <sqfs/frag_table.h>
#include <sqfs/meta_writer.h>
#include <sqfs/xattr_writer.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <unordered_map>

namespace cairn::rootfs {
namespace {

constexpr std::uint32_t kNoXattr = 0xffffffff;
constexpr std::size_t kMaxDropped = 100;
constexpr std::size_t kMaxName = 255;      // longer ones would be written, and corrupt the image
constexpr std::size_t kMaxTarget = 65535;  // the kernel's page of a symlink is smaller still
constexpr std::uint32_t kMaxMajor = (1U << 12) - 1;
constexpr std::uint32_t kMaxMinor = (1U << 20) - 1;

std::uint16_t mode_bits(const Inode& inode) {
  const auto type = [&]() -> std::uint32_t {
    switch (inode.type) {
      case NodeType::directory: return SQFS_INODE_MODE_DIR;
      case NodeType::file: return SQFS_INODE_MODE_REG;
      case NodeType::symlink: return SQFS_INODE_MODE_LNK;
      case NodeType::char_device: return SQFS_INODE_MODE_CHR;
      case NodeType::block_device: return SQFS_INODE_MODE_BLK;
      case NodeType::fifo: return SQFS_INODE_MODE_FIFO;
    }
    return 0;
  }();
  return static_cast<std::uint16_t>(type | (inode.mode & 07777));
}

std::uint32_t clamp_time(std::int64_t seconds) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(seconds, 0, 0xffffffff));
}

// The kernel's new_encode_dev().
std::uint32_t device_number(const Inode& inode) {
  if (inode.device_major > kMaxMajor || inode.device_minor > kMaxMinor) {
    throw Error(reason::kLayerLimit, "its device number {}:{} is larger than Linux knows", inode.device_major,
                inode.device_minor);
  }
  return (inode.device_minor & 0xff) | (inode.device_major << 8) | ((inode.device_minor & ~0xffU) << 12);
}

struct FreeMemory {
  void operator()(void* memory) const { std::free(memory); }
};
// An inode as libsquashfs wants it: a struct with its variable part behind it, from the C heap, since some calls
// reallocate.
using InodeMemory = std::unique_ptr<sqfs_inode_generic_t, FreeMemory>;

InodeMemory make_inode(std::size_t extra) {
  InodeMemory inode(static_cast<sqfs_inode_generic_t*>(std::calloc(1, sizeof(sqfs_inode_generic_t) + extra)));
  if (!inode) throw std::bad_alloc();
  return inode;
}

class MetadataWriter {
 public:
  MetadataWriter(const ContentInodes& contents, SquashfsFile& file, sqfs_compressor_t& compressor, sqfs_super_t& super)
      : contents_(contents),
        file_(file),
        compressor_(compressor),
        super_(super),
        inodes_(check_sqfs_made(sqfs_meta_writer_create(&file, &compressor, 0), file)),
        directories_(
            check_sqfs_made(sqfs_meta_writer_create(&file, &compressor, SQFS_META_WRITER_KEEP_IN_MEMORY), file)),
        directory_(check_sqfs_made(sqfs_dir_writer_create(directories_.get(), 0), file)),
        ids_(check_sqfs_made(sqfs_id_table_create(0), file)),
        xattrs_(check_sqfs_made(sqfs_xattr_writer_create(0), file)) {}

  SquashfsResult write(const Tree& tree, sqfs_frag_table_t& fragments) {
    number(tree.root());
    super_.inode_table_start = size();
    write_directory(tree.root(), number_of(tree.root()), "");
    check(sqfs_meta_writer_flush(inodes_.get()));
    super_.root_inode_ref = known_.at(&tree.root()).place;
    super_.inode_count = static_cast<std::uint32_t>(known_.size());
    super_.directory_table_start = size();
    check(sqfs_meta_writer_flush(directories_.get()));
    check(sqfs_meta_write_write_to_file(directories_.get()));
    check(sqfs_frag_table_write(&fragments, &file_, &super_, &compressor_));
    check(sqfs_id_table_write(ids_.get(), &file_, &super_, &compressor_));
    check(sqfs_xattr_writer_flush(xattrs_.get(), &file_, &super_, &compressor_));
    result_.inodes = known_.size();
    return std::move(result_);
  }

 private:
  struct Known {
    std::uint32_t number = 0;
    std::uint32_t names = 0;
    std::uint64_t place = 0;  // in the inode table
    bool written = false;
  };

  void check(int code) const { check_sqfs(code, "writing", file_); }
  std::uint64_t size() const { return file_.get_size(&file_); }
  std::uint32_t number_of(const Inode& inode) const { return known_.at(&inode).number; }

  // Children before their directory; close numbers for what lies together keep directories small.
  void number(const Inode& inode) {
    for (const auto& [name, child] : inode.children) {
      Known& known = known_[child.get()];
      if (++known.names == 1 && child->type == NodeType::directory) number(*child);
    }
    for (const auto& [name, child] : inode.children) {
      Known& known = known_.at(child.get());
      if (child->type != NodeType::directory && known.number == 0) known.number = next_number();
    }
    known_[&inode].number = next_number();
  }
  std::uint32_t next_number() { return ++last_number_; }

  void write_directory(const Inode& directory, std::uint32_t parent, const std::string& path) {
    std::size_t folders = 0;
    for (const auto& [name, child] : directory.children) {
      const std::string child_path = path + "/" + name;
      with_context(printable(child_path), [&] {
        if (name.size() > kMaxName) throw Error(reason::kLayerLimit, "a name is longer than {} bytes", kMaxName);
        if (child->type == NodeType::directory) {
          ++folders;
          write_directory(*child, number_of(directory), child_path);
        } else if (!known_.at(child.get()).written) {
          write_leaf(*child, child_path);
        }
      });
    }
    check(sqfs_dir_writer_begin(directory_.get(), 0));
    for (const auto& [name, child] : directory.children) {
      const Known& known = known_.at(child.get());
      check(sqfs_dir_writer_add_entry(directory_.get(), name.c_str(), known.number, known.place, mode_bits(*child)));
    }
    check(sqfs_dir_writer_end(directory_.get()));
    SqfsMemory<sqfs_inode_generic_t> inode(
        check_sqfs_made(sqfs_dir_writer_create_inode(directory_.get(), 0, add_xattrs(directory, path), parent), file_));
    auto& links = inode->base.type == SQFS_INODE_DIR ? inode->data.dir.nlink : inode->data.dir_ext.nlink;
    links = static_cast<std::uint32_t>(folders + 2);  // the library counts files, too
    put(directory, *inode);
  }

  void write_leaf(const Inode& leaf, const std::string& path) {
    InodeMemory inode = shape(leaf);
    const std::uint32_t xattr = add_xattrs(leaf, path);
    const std::uint32_t names = known_.at(&leaf).names;
    if (xattr != kNoXattr || (leaf.type == NodeType::file && names > 1)) {
      check(sqfs_inode_make_extended(inode.get()));
      check(sqfs_inode_set_xattr_index(inode.get(), xattr));
    }
    set_names(*inode, names);
    put(leaf, *inode);
  }

  InodeMemory shape(const Inode& leaf) {
    switch (leaf.type) {
      case NodeType::file: return shape_file(leaf);
      case NodeType::symlink: return shape_symlink(leaf);
      case NodeType::char_device:
      case NodeType::block_device: {
        InodeMemory inode = make_inode(0);
        inode->base.type = leaf.type == NodeType::char_device ? SQFS_INODE_CDEV : SQFS_INODE_BDEV;
        inode->data.dev.devno = device_number(leaf);
        return inode;
      }
      case NodeType::fifo:
      case NodeType::directory: break;
    }
    InodeMemory inode = make_inode(0);
    inode->base.type = SQFS_INODE_FIFO;
    return inode;
  }

  InodeMemory shape_file(const Inode& leaf) {
    if (!leaf.content) {
      InodeMemory inode = make_inode(0);
      inode->base.type = SQFS_INODE_FILE;
      inode->data.file.fragment_index = 0xffffffff;
      inode->data.file.fragment_offset = 0xffffffff;
      return inode;
    }
    const sqfs_inode_generic_t& content = *contents_.at(*leaf.content);
    InodeMemory inode = make_inode(content.payload_bytes_used);
    std::memcpy(inode.get(), &content, sizeof content + content.payload_bytes_used);
    inode->payload_bytes_available = content.payload_bytes_used;
    return inode;
  }

  InodeMemory shape_symlink(const Inode& leaf) {
    if (leaf.target.size() > kMaxTarget) {
      throw Error(reason::kLayerLimit, "its target is longer than {} bytes", kMaxTarget);
    }
    InodeMemory inode = make_inode(leaf.target.size() + 1);
    inode->base.type = SQFS_INODE_SLINK;
    inode->data.slink.target_size = static_cast<std::uint32_t>(leaf.target.size());
    inode->payload_bytes_available = inode->payload_bytes_used = static_cast<std::uint32_t>(leaf.target.size());
    std::memcpy(inode->extra, leaf.target.data(), leaf.target.size());
    return inode;
  }

  static void set_names(sqfs_inode_generic_t& inode, std::uint32_t names) {
    switch (inode.base.type) {
      case SQFS_INODE_EXT_FILE: inode.data.file_ext.nlink = names; break;
      case SQFS_INODE_SLINK: inode.data.slink.nlink = names; break;
      case SQFS_INODE_EXT_SLINK: inode.data.slink_ext.nlink = names; break;
      case SQFS_INODE_CDEV:
      case SQFS_INODE_BDEV: inode.data.dev.nlink = names; break;
      case SQFS_INODE_EXT_CDEV:
      case SQFS_INODE_EXT_BDEV: inode.data.dev_ext.nlink = names; break;
      case SQFS_INODE_FIFO: inode.data.ipc.nlink = names; break;
      case SQFS_INODE_EXT_FIFO: inode.data.ipc_ext.nlink = names; break;
      default: break;  // a plain file has one name
    }
  }

  std::uint32_t add_xattrs(const Inode& inode, const std::string& path) {
    if (inode.xattrs.empty()) return kNoXattr;
    check(sqfs_xattr_writer_begin(xattrs_.get(), 0));
    for (const auto& [name, value] : inode.xattrs) {
      const int code = sqfs_xattr_writer_add(xattrs_.get(), name.c_str(), value.data(), value.size());
      if (code == SQFS_ERROR_UNSUPPORTED) {
        if (result_.dropped_xattrs.size() < kMaxDropped) {
          result_.dropped_xattrs.push_back(fmt::format("{}: {}", path, name));
        }
        continue;
      }
      check(code);
    }
    std::uint32_t index = kNoXattr;
    check(sqfs_xattr_writer_end(xattrs_.get(), &index));
    return index;
  }

  // Fills in what all kinds have and writes the inode.
  void put(const Inode& from, sqfs_inode_generic_t& inode) {
    Known& known = known_.at(&from);
    inode.base.mode = mode_bits(from);
    inode.base.mod_time = clamp_time(from.mtime);
    inode.base.inode_number = known.number;
    inode.base.uid_idx = id_index(from.uid);
    inode.base.gid_idx = id_index(from.gid);
    std::uint64_t block = 0;
    std::uint32_t offset = 0;
    sqfs_meta_writer_get_position(inodes_.get(), &block, &offset);
    known.place = (block << 16) | offset;
    known.written = true;
    check(sqfs_meta_writer_write_inode(inodes_.get(), &inode));
  }

  std::uint16_t id_index(std::uint32_t id) {
    std::uint16_t index = 0;
    const int code = sqfs_id_table_id_to_index(ids_.get(), id, &index);
    if (code == SQFS_ERROR_OVERFLOW)
      throw Error(reason::kLayerLimit, "the image has more than 65536 owners and groups");
    check(code);
    return index;
  }

  const ContentInodes& contents_;
  SquashfsFile& file_;
  sqfs_compressor_t& compressor_;
  sqfs_super_t& super_;
  SqfsObject<sqfs_meta_writer_t> inodes_;
  SqfsObject<sqfs_meta_writer_t> directories_;
  SqfsObject<sqfs_dir_writer_t> directory_;
  SqfsObject<sqfs_id_table_t> ids_;
  SqfsObject<sqfs_xattr_writer_t> xattrs_;
  std::unordered_map<const Inode*, Known> known_;
  std::uint32_t last_number_ = 0;
  SquashfsResult result_;
};

}  // namespace

SquashfsResult write_squashfs_metadata(const Tree& tree, const ContentInodes& contents, SquashfsFile& file,
                                       sqfs_compressor_t& compressor, sqfs_frag_table_t& fragments,
                                       sqfs_super_t& super) {
  return MetadataWriter(contents, file, compressor, super).write(tree, fragments);
}

}  // namespace cairn::rootfs
