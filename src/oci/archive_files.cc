// SPDX-License-Identifier: Apache-2.0
#include "archive/codec.h"
#include "archive/tar.h"
#include "core/file.h"
#include "core/reasons.h"
#include "oci/owned_text.h"
#include "oci/reasons.h"
#include "oci/sources.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <set>

namespace cairn::oci {
namespace {

constexpr std::size_t kMaxMembers = 100'000;

// A layout's documents, which are kept in memory; everything else that counts is a blob.
bool is_document(const std::string& name) {
  return name == "oci-layout" || name == "index.json" || name == "manifest.json";
}

// "blobs/sha256/<hex>", if it is one.
std::optional<Digest> digest_of_name(const std::string& name) {
  constexpr std::string_view kBlobs = "blobs/";
  if (!name.starts_with(kBlobs)) return std::nullopt;
  std::string text = name.substr(kBlobs.size());
  if (const std::size_t slash = text.find('/'); slash != std::string::npos) text[slash] = ':';
  return Digest::try_parse(text);
}

// A part of a file, read by offset: several readers share the descriptor.
class PartSource final : public Source {
 public:
  PartSource(std::shared_ptr<const UniqueFd> fd, std::string name, std::uint64_t begin, std::uint64_t size)
      : fd_(std::move(fd)), name_(std::move(name)), position_(begin), left_(size) {}

  std::size_t read(MutableBytes out) override {
    const std::size_t most = std::min<std::uint64_t>(out.size(), left_);
    while (most > 0) {
      const ssize_t count = ::pread(fd_->get(), out.data(), most, static_cast<off_t>(position_));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) throw system_error(errno, fmt::format("reading {}", name_));
      position_ += static_cast<std::uint64_t>(count);
      left_ -= static_cast<std::uint64_t>(count);
      return static_cast<std::size_t>(count);
    }
    return 0;
  }

 private:
  std::shared_ptr<const UniqueFd> fd_;
  std::string name_;
  std::uint64_t position_;
  std::uint64_t left_;
};

// Walks the regular files of an archive; each name may stand there once, so that no reader sees another layout.
template <class OnFile>
void walk(Source& source, const std::string& name, const std::stop_token& stop, OnFile&& on_file) {
  archive::TarReader reader(source, name);
  std::set<std::string> seen;
  while (const auto entry = reader.next()) {
    check_canceled(stop);
    if (entry->type == archive::EntryType::directory) continue;
    if (entry->type != archive::EntryType::file || !entry->runs.empty()) {
      throw Error(reason::kBadLayout, "{}: \"{}\" is neither a plain file nor a directory", name, entry->path);
    }
    if (!seen.insert(entry->path).second)
      throw Error(reason::kBadLayout, "{}: \"{}\" stands twice in it", name, entry->path);
    if (seen.size() > kMaxMembers) throw Error(reason::kBadLayout, "{} holds more than 100000 files", name);
    on_file(*entry, reader);
  }
}

class PlainArchive final : public LayoutFiles {
 public:
  PlainArchive(UniqueFd fd, std::string name, const std::stop_token& stop)
      : fd_(std::make_shared<const UniqueFd>(std::move(fd))), name_(std::move(name)) {
    struct stat status {};
    if (::fstat(fd_->get(), &status) != 0) throw system_error(errno, fmt::format("looking at {}", name_));
    const auto size = static_cast<std::uint64_t>(status.st_size);
    index(size, stop);
  }

  std::unique_ptr<Source> open(const std::string& name) override {
    const auto at = parts_.find(name);
    if (at == parts_.end()) return nullptr;
    return std::make_unique<PartSource>(fd_, name_, at->second.begin, at->second.size);
  }

 private:
  struct Part {
    std::uint64_t begin;
    std::uint64_t size;
  };

  void index(std::uint64_t size, const std::stop_token& stop) {
    PartSource whole(fd_, name_, 0, size);
    walk(whole, name_, stop, [&](const archive::TarEntry& entry, const archive::TarReader& reader) {
      parts_[entry.path] = {reader.content_offset(), entry.size};
    });
  }

  std::shared_ptr<const UniqueFd> fd_;
  std::string name_;
  std::map<std::string, Part> parts_;
};

class CompressedArchive final : public LayoutFiles {
 public:
  CompressedArchive(std::unique_ptr<Source> plain, const std::string& name, const SourceOptions& options)
      : blobs_(options, system_clock()) {
    walk(*plain, name, options.stop, [&](const archive::TarEntry& entry, archive::TarReader& reader) {
      if (is_document(entry.path)) {
        documents_[entry.path] = read_text(reader.content(), kMaxDocument, name + ": " + entry.path);
      } else if (const auto digest = digest_of_name(entry.path)) {
        const Descriptor blob{.media_type = "", .digest = *digest, .size = entry.size};
        with_context(fmt::format("{}: {}", name, entry.path), [&] { store(blob, reader, options.stop); });
        names_.emplace(entry.path, blob);
      }
    });
  }

  std::unique_ptr<Source> open(const std::string& name) override {
    if (const auto at = documents_.find(name); at != documents_.end()) return std::make_unique<OwnedText>(at->second);
    const auto at = names_.find(name);
    return at == names_.end() ? nullptr : blobs_.find(at->second);
  }

 private:
  // The content can be read once only: what an interrupted run left of the blob is skipped in it.
  void store(const Descriptor& blob, archive::TarReader& reader, const std::stop_token& stop) {
    if (blobs_.has(blob)) return;
    const auto open_from = [&](const Descriptor&, std::uint64_t offset) -> std::unique_ptr<Source> {
      return std::make_unique<Content>(reader.content(), offset);
    };
    blobs_.fetch(
        blob, open_from, [](std::uint64_t) {}, stop);
  }

  class Content final : public Source {
   public:
    Content(Source& inner, std::uint64_t skipped) : inner_(inner) {
      std::vector<std::byte> scratch(64 * 1024);
      while (skipped > 0) {
        const std::size_t count =
            inner_.read(MutableBytes(scratch).first(std::min<std::uint64_t>(skipped, scratch.size())));
        if (count == 0) return;
        skipped -= count;
      }
    }
    std::size_t read(MutableBytes out) override { return inner_.read(out); }

   private:
    Source& inner_;
  };

  PinnedBlobs blobs_;
  std::map<std::string, std::string> documents_;
  std::map<std::string, Descriptor> names_;
};

}  // namespace

std::unique_ptr<LayoutFiles> open_layout_archive(const std::filesystem::path& file, const SourceOptions& options) {
  UniqueFd fd = open_read(file);
  std::array<std::byte, 8> head;
  const ssize_t count = ::pread(fd.get(), head.data(), head.size(), 0);
  if (count < 0) throw system_error(errno, fmt::format("reading {}", file.string()));
  const auto compression = archive::detect_compression(Bytes(head).first(static_cast<std::size_t>(count)));
  if (compression == archive::Compression::none) {
    return std::make_unique<PlainArchive>(std::move(fd), file.string(), options.stop);
  }
  auto plain = archive::open_decompressed(std::make_unique<FileSource>(std::move(fd), file.string()), compression);
  return std::make_unique<CompressedArchive>(std::move(plain), file.string(), options);
}

}  // namespace cairn::oci
