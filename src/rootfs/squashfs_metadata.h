// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rootfs/squashfs_file.h"
#include "rootfs/squashfs_writer.h"

#include <sqfs/compressor.h>
#include <sqfs/id_table.h>
#include <sqfs/inode.h>
#include <sqfs/super.h>

#include <deque>

namespace cairn::rootfs {

// The inode that libsquashfs made for each content, by ContentId: where its blocks and its fragment lie.
using ContentInodes = std::deque<sqfs_inode_generic_t*>;

// Writes inode table, directory table, id table and xattrs of a tree behind the contents, and notes in `super` where
// they begin. `compressor` is the image's.
SquashfsResult write_squashfs_metadata(const Tree& tree, const ContentInodes& contents, SquashfsFile& file,
                                       sqfs_compressor_t& compressor, sqfs_frag_table_t& fragments,
                                       sqfs_super_t& super);

}  // namespace cairn::rootfs
