// SPDX-License-Identifier: Apache-2.0
#include "core/file.h"
#include "core/json.h"
#include "core/reasons.h"
#include "oci/reasons.h"
#include "oci/targets.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

namespace cairn::oci {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kRefName = "org.opencontainers.image.ref.name";
constexpr std::string_view kLayoutText = R"({"imageLayoutVersion":"1.0.0"})";

void make_directories(const fs::path& path) {
  std::error_code problem;
  fs::create_directories(path, problem);
  if (problem) throw system_error(problem.value(), fmt::format("creating {}", path.string()));
}

// Whether an entry of index.json gives way to a new one: same tag, or the same image without a tag.
bool is_replaced(const json::value& entry, const std::string& tag, const std::string& digest) {
  if (!entry.is_object()) return false;
  const json::value* annotations = entry.get_object().if_contains("annotations");
  const json::value* name =
      annotations != nullptr && annotations->is_object() ? annotations->get_object().if_contains(kRefName) : nullptr;
  if (name != nullptr) return !tag.empty() && name->is_string() && name->get_string() == tag;
  const json::value* other = entry.get_object().if_contains("digest");
  return other != nullptr && other->is_string() && other->get_string() == digest;
}

class LayoutTarget final : public ImageTarget {
 public:
  explicit LayoutTarget(fs::path folder) : folder_(std::move(folder)) {
    std::error_code problem;
    const bool made = fs::exists(folder_ / "oci-layout", problem);
    if (!made && fs::exists(folder_, problem) &&
        (!fs::is_directory(folder_, problem) || !fs::is_empty(folder_, problem))) {
      throw Error(reason::kBadTarget, "{} is there and is no OCI layout", folder_.string())
          .set_remedy("Give an empty or a new directory, or an OCI layout.");
    }
    make_directories(folder_ / "blobs/sha256");
    if (!made) atomic_write(folder_ / "oci-layout", as_bytes(kLayoutText));
  }

  void put_blob(const Descriptor& blob, const std::function<std::unique_ptr<Source>()>& open) override {
    const fs::path path = path_of(blob.digest);
    std::error_code missing;
    if (fs::file_size(path, missing) == blob.size && !missing) return;
    make_directories(path.parent_path());
    // Whatever the source verified: what is put under a digest's name has it.
    VerifiedSource source(open(), blob.digest, blob.size, fmt::format("blob {}", blob.digest.text()));
    AtomicFile file(path);
    copy_all(source, file);
    file.commit();
  }

  void put_manifest(std::string_view media_type, std::string_view text, const std::string& tag) override {
    const Digest digest = sha256(as_bytes(text));
    atomic_write(path_of(digest), as_bytes(text));
    // Several writers may add to one layout.
    const UniqueFd lock = open_read(folder_ / "oci-layout");
    if (::flock(lock.get(), LOCK_EX) != 0) throw system_error(errno, fmt::format("locking {}", folder_.string()));
    json::object index = read_index();
    json::array entries;
    if (const json::value* old = index.if_contains("manifests"); old != nullptr && old->is_array()) {
      for (const json::value& entry : old->get_array()) {
        if (!is_replaced(entry, tag, digest.text())) entries.push_back(entry);
      }
    }
    json::object entry{{"mediaType", media_type}, {"digest", digest.text()}, {"size", text.size()}};
    if (!tag.empty()) entry["annotations"] = json::object{{kRefName, tag}};
    entries.push_back(std::move(entry));
    index["manifests"] = std::move(entries);
    atomic_write(folder_ / "index.json", as_bytes(to_text(index)));
  }

 private:
  fs::path path_of(const Digest& digest) const { return folder_ / "blobs" / digest.algorithm() / digest.hex(); }

  // As it is, with members that we do not know.
  json::object read_index() const {
    const fs::path path = folder_ / "index.json";
    std::error_code problem;
    if (!fs::exists(path, problem)) return {{"schemaVersion", 2}, {"mediaType", media_type::kIndex}};
    const std::string text = read_file(path, kMaxDocument);
    Index::parse(text, path.string());
    return parse_json(text, path.string()).get_object();
  }

  fs::path folder_;
};

}  // namespace

std::unique_ptr<ImageTarget> make_layout_target(const fs::path& folder) {
  return std::make_unique<LayoutTarget>(folder);
}

}  // namespace cairn::oci
