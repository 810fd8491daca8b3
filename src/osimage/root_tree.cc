// SPDX-License-Identifier: Apache-2.0
#include "osimage/root_tree.h"

#include "archive/read_ahead.h"
#include "core/clock.h"
#include "core/utc.h"
#include "osimage/kernel_words.h"
#include "osimage/reasons.h"

#include <algorithm>

namespace cairn::osimage {
namespace {

// Keeps the wanted small files and passes all others by.
class WantedContents final : public rootfs::ContentStore {
 public:
  WantedContents(const IsWanted& is_wanted, std::vector<std::string>& texts) : is_wanted_(is_wanted), texts_(texts) {}

  rootfs::ContentId add(const std::string& path, Source& content, std::uint64_t size) override {
    texts_.emplace_back();
    if (size <= kMaxWanted && is_wanted_(path)) {
      texts_.back() = read_text(content, kMaxWanted, path);
    } else {
      while (content.read(buffer_) > 0) {
      }
    }
    return static_cast<rootfs::ContentId>(texts_.size() - 1);
  }

 private:
  const IsWanted& is_wanted_;
  std::vector<std::string>& texts_;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(64 * 1024);
};

void prefetch(std::span<const oci::Image> images, Progress& progress) {
  progress.step("fetching layers");
  for (const oci::Image& image : images) image.prefetch(progress);
}

}  // namespace

std::vector<rootfs::LayerInput> layers_of(std::span<const oci::Image> images) {
  std::vector<rootfs::LayerInput> layers;
  for (const oci::Image& image : images) {
    for (std::size_t i = 0; i < image.manifest().layers.size(); ++i) {
      layers.push_back({.name = std::string(image.manifest().layers[i].digest.brief()),
                        .open = [image, i] { return archive::make_read_ahead(image.open_layer(i)); }});
    }
  }
  return layers;
}

SquashfsOutput write_squashfs(std::span<const oci::Image> images, std::unique_ptr<rootfs::ImageFile> file,
                              const rootfs::SquashfsOptions& options, Progress& progress, const std::stop_token& stop,
                              const OnTree& on_tree) {
  prefetch(images, progress);
  progress.step("writing the root tree");
  auto writer = std::make_unique<rootfs::SquashfsWriter>(std::move(file), options);
  rootfs::Tree tree = rootfs::merge_layers(layers_of(images), *writer, {}, progress, stop);
  if (on_tree) on_tree(tree);
  rootfs::SquashfsResult result = writer->finish(tree);
  return {std::move(tree), std::move(result), std::move(writer)};
}

ReadTree read_tree(const oci::Image& image, const IsWanted& is_wanted, Progress& progress,
                   const std::stop_token& stop) {
  prefetch({&image, 1}, progress);
  progress.step("reading the root tree");
  ReadTree read;
  WantedContents contents(is_wanted, read.texts);
  read.tree = rootfs::merge_layers(layers_of({&image, 1}), contents, {}, progress, stop);
  return read;
}

std::string ReadTree::text_of(std::string_view path) const {
  const rootfs::Inode* inode = tree.find(path);
  return inode != nullptr && inode->content ? texts.at(*inode->content) : std::string();
}

std::vector<std::string> kernel_words_of(const SquashfsOutput& output) {
  for (const std::string_view path : kCmdlineFiles) {
    const rootfs::Inode* inode = output.tree.find(path);
    if (inode == nullptr || inode->type != rootfs::NodeType::file) continue;
    const std::string what = fmt::format("/{} of the image", path);
    if (inode->size > kMaxCmdline)
      throw Error(reason::kBadKernelWords, "{} is larger than {} bytes", what, kMaxCmdline);
    return parse_kernel_words(read_text(*output.writer->open(*inode), kMaxCmdline, what), what);
  }
  return default_kernel_words();
}

std::string label_of(const oci::Image& image, const std::string& key) {
  const auto& labels = image.config().labels;
  const auto found = labels.find(key);
  return found == labels.end() ? std::string() : found->second;
}

std::int64_t output_time(const oci::Image& image) {
  return source_date_epoch(std::max<std::int64_t>(parse_utc(image.config().created).value_or(0), 0));
}

}  // namespace cairn::osimage
