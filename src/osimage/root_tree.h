// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oci/image.h"
#include "rootfs/merge.h"
#include "rootfs/squashfs_writer.h"
#include "rootfs/unpack.h"

#include <filesystem>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

// Images as root trees: what joins `oci` and `rootfs`.
namespace cairn::osimage {

// The layers of images, bottom first: those of the first, then those of the next on top. Each is decoded on a thread of
// its own while it is read. The result keeps what it needs of the images.
std::vector<rootfs::LayerInput> layers_of(std::span<const oci::Image> images);

// Fetches all layers, merges them and writes a squashfs image to an empty file. `on_tree` is told the tree
// before its metadata is written, and may refuse it by an exception.
using OnTree = std::function<void(const rootfs::Tree&)>;
struct SquashfsOutput {
  rootfs::Tree tree;
  rootfs::SquashfsResult result;
  std::unique_ptr<rootfs::SquashfsWriter> writer;  // reads contents of the tree back
};
SquashfsOutput write_squashfs(std::span<const oci::Image> images, std::unique_ptr<rootfs::ImageFile> file,
                              const rootfs::SquashfsOptions& options, Progress& progress, const std::stop_token& stop,
                              const OnTree& on_tree = {});

// The image's own kernel words, or the default ones (docs/formats/media.md). Throws reason::kBadKernelWords.
std::vector<std::string> kernel_words_of(const SquashfsOutput& output);

// A merged tree without contents, but for those of some small files.
struct ReadTree {
  rootfs::Tree tree;
  std::vector<std::string> texts;  // by ContentId; empty for what was not wanted

  // The text of a file that was wanted; empty if there is none.
  std::string text_of(std::string_view path) const;
};
// Whether a file's text is wanted, by the name that its layer gives it. Only files up to kMaxWanted bytes are asked
// for.
using IsWanted = std::function<bool(std::string_view path)>;
inline constexpr std::size_t kMaxWanted = 256 * 1024;
ReadTree read_tree(const oci::Image& image, const IsWanted& is_wanted, Progress& progress, const std::stop_token& stop);

// The value of a label of the image, or "".
std::string label_of(const oci::Image& image, const std::string& key);

// The time that outputs made from an image carry: SOURCE_DATE_EPOCH, else when the image was created, else 0.
std::int64_t output_time(const oci::Image& image);

}  // namespace cairn::osimage
