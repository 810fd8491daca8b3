// SPDX-License-Identifier: Apache-2.0
#include "rootfs/squashfs_writer.h"

#include "core/text.h"
#include "rootfs/reasons.h"
#include "rootfs/squashfs_metadata.h"

#include <sqfs/block.h>
#include <sqfs/block_processor.h>
#include <sqfs/block_writer.h>
#include <sqfs/data_reader.h>
#include <sqfs/error.h>
#include <sqfs/frag_table.h>

#include <algorithm>
#include <thread>
#include <vector>

namespace cairn::rootfs {
namespace {

constexpr std::size_t kPadding = 4096;  // loop devices want whole blocks of this size
constexpr unsigned kMaxThreads = 64;
constexpr unsigned kBacklogPerThread = 8;  // blocks in flight; bounds the memory

SQFS_COMPRESSOR compressor_id(SquashfsCompression compression) {
  // Without compression an image still names one; any kernel has zlib.
  return compression == SquashfsCompression::zstd ? SQFS_COMP_ZSTD : SQFS_COMP_GZIP;
}

SqfsObject<sqfs_compressor_t> make_compressor(const SquashfsOptions& options, bool uncompress,
                                              const SquashfsFile& file) {
  sqfs_compressor_config_t config;
  check_sqfs(sqfs_compressor_config_init(&config, compressor_id(options.compression), options.block_size,
                                         uncompress ? SQFS_COMP_FLAG_UNCOMPRESS : 0),
             "choosing the compressor of", file);
  if (options.compression != SquashfsCompression::none) config.level = static_cast<std::uint32_t>(options.level);
  sqfs_compressor_t* compressor = nullptr;
  check_sqfs(sqfs_compressor_create(&config, &compressor), "choosing the compressor of", file);
  return SqfsObject<sqfs_compressor_t>(compressor);
}

unsigned thread_count(unsigned wanted) {
  return std::clamp(wanted == 0 ? std::thread::hardware_concurrency() : wanted, 1U, kMaxThreads);
}

}  // namespace

struct SquashfsWriter::State {
  State(std::unique_ptr<ImageFile> target, const SquashfsOptions& wanted)
      : options(wanted),
        image(std::move(target)),
        file(*image),
        compressor(make_compressor(options, false, file)),
        decompressor(make_compressor(options, true, file)),
        block_writer(check_sqfs_made(sqfs_block_writer_create(&file, kPadding, 0), file)),
        fragments(check_sqfs_made(sqfs_frag_table_create(0), file)),
        buffer(options.block_size) {
    begin_image();
    make_processor();
  }
  ~State() {
    // Given up before the end: the library forgets blocks that are still under way, unless it is waited for them.
    sqfs_block_processor_sync(processor.get());
    processor.reset();  // ends its threads, which write to what follows
    for (sqfs_inode_generic_t* inode : contents) sqfs_free(inode);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void check(int code) const { check_sqfs(code, "writing", file); }

  void begin_image() {
    const auto mtime = static_cast<std::uint32_t>(std::clamp<std::int64_t>(options.mtime, 0, 0xffffffff));
    check(sqfs_super_init(&super, options.block_size, mtime, compressor_id(options.compression)));
    check(sqfs_super_write(&super, &file));  // takes the place of the real one
    const int options_written = compressor->write_options(compressor.get(), &file);
    check(options_written);
    if (options_written > 0) super.flags |= SQFS_FLAG_COMPRESSOR_OPTIONS;
  }

  void make_processor() {
    const unsigned threads = thread_count(options.threads);
    sqfs_block_processor_desc_t description{};
    description.size = sizeof description;
    description.max_block_size = options.block_size;
    description.num_workers = threads;
    description.max_backlog = kBacklogPerThread * threads;
    description.cmp = compressor.get();
    description.wr = block_writer.get();
    description.tbl = fragments.get();
    // Equal hashes of 32 bits are not equal contents: with these it reads back and compares before it shares a
    // fragment.
    description.file = &file;
    description.uncmp = decompressor.get();
    sqfs_block_processor_t* made = nullptr;
    check(sqfs_block_processor_create_ex(&description, &made));
    processor.reset(made);
  }

  SquashfsOptions options;
  std::unique_ptr<ImageFile> image;
  SquashfsFile file;
  sqfs_super_t super{};
  SqfsObject<sqfs_compressor_t> compressor;
  SqfsObject<sqfs_compressor_t> decompressor;
  SqfsObject<sqfs_block_writer_t> block_writer;
  SqfsObject<sqfs_frag_table_t> fragments;
  SqfsObject<sqfs_block_processor_t> processor;
  ContentInodes contents;  // a deque: the processor keeps pointers to the elements
  std::vector<std::byte> buffer;
};

SquashfsWriter::SquashfsWriter(std::unique_ptr<ImageFile> image, const SquashfsOptions& options)
    : state_(std::make_unique<State>(std::move(image), options)) {}
SquashfsWriter::SquashfsWriter(const std::filesystem::path& path, const SquashfsOptions& options)
    : SquashfsWriter(std::make_unique<PlainImageFile>(path), options) {}
SquashfsWriter::~SquashfsWriter() = default;

ContentId SquashfsWriter::add(const std::string& path, Source& content, std::uint64_t size) {
  State& state = *state_;
  const std::uint32_t flags =
      state.options.compression == SquashfsCompression::none ? std::uint32_t{SQFS_BLK_DONT_COMPRESS} : 0;
  state.contents.push_back(nullptr);
  state.check(sqfs_block_processor_begin_file(state.processor.get(), &state.contents.back(), nullptr, flags));
  std::uint64_t seen = 0;
  while (const std::size_t count = content.read(state.buffer)) {
    seen += count;
    state.check(sqfs_block_processor_append(state.processor.get(), state.buffer.data(), count));
  }
  if (seen != size) {
    throw Error(reason::kBadLayer, "\"{}\" brought {} bytes instead of {}", printable(path), seen, size);
  }
  state.check(sqfs_block_processor_end_file(state.processor.get()));
  return static_cast<ContentId>(state.contents.size() - 1);
}

SquashfsResult SquashfsWriter::finish(const Tree& tree) {
  State& state = *state_;
  state.check(sqfs_block_processor_finish(state.processor.get()));
  SquashfsResult result =
      write_squashfs_metadata(tree, state.contents, state.file, *state.compressor, *state.fragments, state.super);
  state.super.bytes_used = state.file.get_size(&state.file);
  state.check(sqfs_super_write(&state.super, &state.file));
  result.size = (state.super.bytes_used + kPadding - 1) / kPadding * kPadding;
  state.check(state.file.truncate(&state.file, result.size));
  return result;
}

namespace {

class ContentSource final : public Source {
 public:
  ContentSource(SqfsObject<sqfs_data_reader_t> reader, const sqfs_inode_generic_t& inode, std::uint64_t size,
                const SquashfsFile& file)
      : reader_(std::move(reader)), inode_(inode), size_(size), file_(file) {}

  std::size_t read(MutableBytes out) override {
    const auto wanted = static_cast<std::uint32_t>(std::min<std::uint64_t>({out.size(), size_ - offset_, 1U << 30}));
    if (wanted == 0) return 0;
    const sqfs_s32 count = sqfs_data_reader_read(reader_.get(), &inode_, offset_, out.data(), wanted);
    check_sqfs(count, "reading", file_);
    offset_ += static_cast<std::uint64_t>(count);
    return static_cast<std::size_t>(count);
  }

 private:
  SqfsObject<sqfs_data_reader_t> reader_;
  const sqfs_inode_generic_t& inode_;
  std::uint64_t size_;
  std::uint64_t offset_ = 0;
  const SquashfsFile& file_;
};

}  // namespace

std::unique_ptr<Source> SquashfsWriter::open(const Inode& inode) const {
  State& state = *state_;
  if (!inode.content) return std::make_unique<TextSource>("");
  SqfsObject<sqfs_data_reader_t> reader(check_sqfs_made(
      sqfs_data_reader_create(&state.file, state.options.block_size, state.decompressor.get(), 0), state.file));
  check_sqfs(sqfs_data_reader_load_fragment_table(reader.get(), &state.super), "reading", state.file);
  return std::make_unique<ContentSource>(std::move(reader), *state.contents.at(*inode.content), inode.size, state.file);
}

}  // namespace cairn::rootfs
