// SPDX-License-Identifier: Apache-2.0
#include "node/image_system.h"

#include "core/error.h"
#include "core/file.h"
#include "core/text.h"

#include <fmt/ranges.h>
#include <unistd.h>

#include <cerrno>

namespace cairn::node {
namespace {

// Room for what is not known before the layers were read; what is left over is given back.
constexpr std::uint64_t kKernelRoom = 32ULL << 20;
constexpr std::uint64_t kInitramfsRoom = 128ULL << 20;
constexpr const char* kSizeAnnotation = "dev.cairn.rootfs.size";

// A snapshot's file as the squashfs writer wants it.
class SnapshotImage final : public rootfs::ImageFile {
 public:
  explicit SnapshotImage(snapshot::SnapshotFile& file) : file_(file), reader_(open_read(file.path())) {}

  void read_at(std::uint64_t offset, MutableBytes out) override {
    while (!out.empty()) {
      const ssize_t count = ::pread(reader_.get(), out.data(), out.size(), static_cast<off_t>(offset));
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) throw system_error(count < 0 ? errno : EIO, fmt::format("reading {}", name()));
      offset += static_cast<std::uint64_t>(count);
      out = out.subspan(static_cast<std::size_t>(count));
    }
  }
  void write_at(std::uint64_t offset, Bytes data) override { file_.write_at(offset, data); }
  std::uint64_t size() const override { return file_.size(); }
  void resize(std::uint64_t size) override { file_.resize(size); }
  std::string name() const override { return file_.path().string(); }

 private:
  snapshot::SnapshotFile& file_;
  UniqueFd reader_;
};

std::uint64_t root_room(const oci::Image& image) {
  const auto& annotations = image.manifest().annotations;
  const auto said = annotations.find(kSizeAnnotation);
  const std::uint64_t size = said == annotations.end() ? 0 : parse_number(said->second).value_or(0);
  return snapshot::required_rootfs_bytes({.rootfs = size, .layers = image.compressed_size()});
}

}  // namespace

ImageSystem::ImageSystem(oci::Image image, const Options& options, Progress& progress, std::stop_token stop)
    : image_(std::move(image)), options_(options), progress_(progress), stop_(std::move(stop)) {}
ImageSystem::~ImageSystem() = default;

void ImageSystem::write_root(snapshot::SnapshotFile& file) {
  rootfs::SquashfsOptions squashfs = options_.squashfs;
  squashfs.mtime = osimage::output_time(image_);
  output_ = osimage::write_squashfs({&image_, 1}, std::make_unique<SnapshotImage>(file), squashfs, progress_, stop_,
                                    [&](const rootfs::Tree& tree) { boot_ = osimage::get_boot_files(tree); });
}

void ImageSystem::copy_out(const std::string& path, snapshot::SnapshotFile& file) {
  const auto source = output_->writer->open(*output_->tree.find(path));
  from_source("", 0, *source, stop_).fill(file);
}

std::uint64_t ImageSystem::room_for(const oci::Image& image) { return root_room(image) + kKernelRoom + kInitramfsRoom; }

SystemContent ImageSystem::content(std::string_view cairn, std::string_view now) {
  SystemContent content;
  content.files = {
      {.name = "rootfs.squashfs", .room = root_room(image_), .fill = [this](auto& file) { write_root(file); }},
      {.name = "vmlinuz", .room = kKernelRoom, .fill = [this](auto& file) { copy_out(boot_.kernel, file); }},
      {.name = "initrd", .room = kInitramfsRoom, .fill = [this](auto& file) { copy_out(boot_.initramfs, file); }}};
  content.words = [this] { return fmt::format("{}", fmt::join(osimage::kernel_words_of(*output_), " ")); };
  const auto& spec = image_.spec();
  content.identity = {.created = std::string(now),
                      .cairn = std::string(cairn),
                      .reference = spec.kind == oci::SourceSpec::Kind::registry ? spec.to_text() : std::string(),
                      .digest = image_.digest().text(),
                      .title = osimage::label_of(image_, "org.opencontainers.image.title"),
                      .version = osimage::label_of(image_, "org.opencontainers.image.version"),
                      .platform = image_.config().platform.to_text(),
                      .image_created = image_.config().created,
                      .files = {}};
  return content;
}

}  // namespace cairn::node
