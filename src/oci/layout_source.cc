// SPDX-License-Identifier: Apache-2.0
#include "core/file.h"
#include "core/json.h"
#include "core/reasons.h"
#include "core/text.h"
#include "oci/reasons.h"
#include "oci/sources.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

namespace cairn::oci {
namespace {

constexpr std::string_view kRefName = "org.opencontainers.image.ref.name";

class LayoutFolder final : public LayoutFiles {
 public:
  explicit LayoutFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}

  std::unique_ptr<Source> open(const std::string& name) override {
    const std::filesystem::path path = folder_ / name;
    // O_NONBLOCK: a fifo put there must not hang us.
    UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd && errno == ENOENT) return nullptr;
    struct stat status {};
    if (!fd || ::fstat(fd.get(), &status) != 0) throw system_error(errno, fmt::format("opening {}", path.string()));
    if (!S_ISREG(status.st_mode)) throw Error(reason::kBadLayout, "{} is not a file", path.string());
    return std::make_unique<FileSource>(std::move(fd), path.string());
  }

 private:
  std::filesystem::path folder_;
};

std::string blob_name(const Digest& digest) { return fmt::format("blobs/{}/{}", digest.algorithm(), digest.hex()); }

class LayoutSource final : public ImageSource {
 public:
  LayoutSource(SourceSpec spec, std::unique_ptr<LayoutFiles> files) : spec_(std::move(spec)), files_(std::move(files)) {
    check_version();
  }

  Document get_root() override {
    const std::string name = spec_.path + "/index.json";
    const Index index = Index::parse(read("index.json"), name);
    std::vector<Descriptor> found;
    for (const Descriptor& entry : index.manifests) {
      if (is_meant(entry)) found.push_back(entry);
    }
    if (found.empty() && spec_.digest && spec_.tag.empty()) return get_blob_document(*spec_.digest);
    if (found.empty()) {
      throw Error(reason::kNoSuchImage, "{} holds no image {}; it holds: {}", spec_.path, wanted(), tags(index));
    }
    if (found.size() == 1) return get_manifest(found.front());
    return choose_by_platform(found, index);
  }

  Document get_manifest(const Descriptor& descriptor) override {
    if (descriptor.size > kMaxDocument) {
      throw Error(cairn::reason::kTooLarge, "manifest {} is larger than 4 MiB", descriptor.digest.text());
    }
    const auto source = open_blob(descriptor);
    return {.text = read_text(*source, kMaxDocument, descriptor.digest.text()),
            .media_type = descriptor.media_type,
            .digest = descriptor.digest};
  }

  std::unique_ptr<Source> open_blob(const Descriptor& descriptor) override {
    const std::string what = fmt::format("{}: blob {}", spec_.path, descriptor.digest.text());
    return std::make_unique<VerifiedSource>(open(blob_name(descriptor.digest)), descriptor.digest, descriptor.size,
                                            what);
  }

  void prefetch(std::span<const Descriptor>, Progress&) override {}

 private:
  std::unique_ptr<Source> open(const std::string& name) {
    if (auto source = files_->open(name)) return source;
    throw Error(reason::kBadLayout, "{}: {} is missing", spec_.path, name);
  }

  std::string read(const std::string& name) {
    return read_text(*open(name), kMaxDocument, fmt::format("{}/{}", spec_.path, name));
  }

  void check_version() {
    if (!files_->open("oci-layout")) {
      if (files_->open("manifest.json")) {
        throw Error(reason::kUnsupportedImage, "{} is not an OCI layout: it looks like the output of `docker save`",
                    spec_.path);
      }
      throw Error(reason::kBadLayout, "{} is not an OCI layout: there is no file oci-layout", spec_.path);
    }
    const std::string name = spec_.path + "/oci-layout";
    const json::value value = parse_json(read("oci-layout"), name);
    const JsonCursor version = JsonCursor(value, name, reason::kBadLayout).at("imageLayoutVersion");
    if (!version.text().starts_with("1.")) {
      throw version.error(fmt::format("version \"{}\" is not known, 1.0.0 is", printable(version.text(), 20)));
    }
  }

  bool is_meant(const Descriptor& entry) const {
    const auto name = entry.annotations.find(std::string(kRefName));
    const bool tag_fits = spec_.tag.empty() || (name != entry.annotations.end() && name->second == spec_.tag);
    return tag_fits && (!spec_.digest || *spec_.digest == entry.digest);
  }

  std::string wanted() const {
    return (spec_.tag.empty() ? "" : ":" + spec_.tag) + (spec_.digest ? "@" + spec_.digest->text() : "");
  }

  static std::string tags(const Index& index) {
    std::string text;
    std::size_t more = 0;
    for (const Descriptor& entry : index.manifests) {
      const auto name = entry.annotations.find(std::string(kRefName));
      const std::string shown =
          name == entry.annotations.end() ? "@" + entry.digest.text() : ":" + printable(name->second, 80);
      if (text.size() > 800) {
        ++more;
      } else {
        text += (text.empty() ? "" : ", ") + shown;
      }
    }
    if (more > 0) text += fmt::format(" and {} more", more);
    return text.empty() ? "nothing" : text;
  }

  // One name for several platforms without an index of their own: index.json, as far as it is meant, is that index.
  Document choose_by_platform(const std::vector<Descriptor>& found, const Index& index) const {
    for (const Descriptor& entry : found) {
      if (entry.platform) continue;
      throw Error(reason::kAmbiguous, "{} holds several images that \"{}\" may stand for: {}", spec_.path,
                  spec_.to_text(), tags(index));
    }
    std::string text = Index{.manifests = found, .annotations = {}}.to_text();
    Digest digest = sha256(as_bytes(text));
    return {.text = std::move(text), .media_type = std::string(media_type::kIndex), .digest = std::move(digest)};
  }

  // A manifest that index.json does not list: its size is not known before.
  Document get_blob_document(const Digest& digest) {
    const auto source = files_->open(blob_name(digest));
    if (!source) throw Error(reason::kNoSuchImage, "{} holds no image {}", spec_.path, wanted());
    Document document{.text = read_text(*source, kMaxDocument, digest.text()), .media_type = "", .digest = digest};
    Hasher hasher(digest.algorithm());
    hasher.write(as_bytes(document.text));
    if (const Digest found = hasher.finish(); found != digest) {
      throw Error(cairn::reason::kDigestMismatch, "{}: blob {} has digest {} instead", spec_.path, digest.text(),
                  found.text());
    }
    return document;
  }

  SourceSpec spec_;
  std::unique_ptr<LayoutFiles> files_;
};

}  // namespace

std::unique_ptr<LayoutFiles> open_layout_folder(const std::filesystem::path& folder) {
  std::error_code problem;
  if (!std::filesystem::is_directory(folder, problem)) {
    if (!std::filesystem::exists(folder, problem)) {
      throw Error(cairn::reason::kNotFound, "there is no directory {}", folder.string());
    }
    throw Error(reason::kBadLayout, "{} is not a directory", folder.string())
        .set_remedy("Write oci-archive:FILE for a layout in a tar file.");
  }
  return std::make_unique<LayoutFolder>(folder);
}

std::unique_ptr<ImageSource> make_layout_source(const SourceSpec& spec, std::unique_ptr<LayoutFiles> files) {
  return std::make_unique<LayoutSource>(spec, std::move(files));
}

}  // namespace cairn::oci
