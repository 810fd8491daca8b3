// SPDX-License-Identifier: Apache-2.0
#include "core/file.h"
#include "media/cpio.h"
#include "media/medium.h"
#include "media/reasons.h"

#include <fmt/ranges.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

namespace cairn::media {
namespace {

namespace fs = std::filesystem;

// One folder that appears under its name when it is complete: made as a hidden sibling, renamed.
class AtomicFolder {
 public:
  explicit AtomicFolder(const fs::path& path)
      : path_(fs::absolute(path).lexically_normal()), work_(parent_of(path_), "cairn-netboot") {
    std::error_code code;
    if (fs::exists(path_, code) && !(fs::is_directory(path_, code) && fs::is_empty(path_, code))) {
      throw Error(reason::kBadMedium, "{} exists and is not an empty folder", path_.string());
    }
    fs::create_directory(folder());
  }
  fs::path folder() const { return work_.path() / "set"; }
  fs::path scratch() const { return work_.path() / "parts"; }

  void commit() const {
    for (const auto& entry : fs::directory_iterator(folder())) {
      if (::fsync(open_read(entry.path()).get()) != 0) {
        throw system_error(errno, fmt::format("writing {}", entry.path().string()));
      }
    }
    sync_directory(folder());
    // rename(2) replaces an empty folder.
    if (::rename(folder().c_str(), path_.c_str()) != 0) {
      throw system_error(errno, fmt::format("giving {} its name", path_.string()));
    }
    sync_directory(path_.parent_path());
  }

 private:
  static fs::path parent_of(const fs::path& path) {
    return path.has_filename() ? path.parent_path() : path.parent_path().parent_path();
  }
  fs::path path_;
  TempDir work_;
};

std::string script_text(const std::vector<std::string>& words) {
  return fmt::format("#!ipxe\nkernel vmlinuz initrd=initrd {}\ninitrd initrd\nboot\n", fmt::join(words, " "));
}

MediumFile at(const MediumFile& file, std::string path) { return {std::move(path), file.size, file.digest}; }

class NetbootBuild {
 public:
  NetbootBuild(const MediumSpec& spec, const fs::path& parts, const fs::path& set, Progress& progress)
      : spec_(spec), parts_(parts), set_(set), progress_(progress) {}

  MediumResult run(const osimage::OnTree& on_tree, const std::stop_token& stop) {
    if (!spec_.loaders.empty()) {
      for (const std::string_view name : {"x86_64-efi/BOOTX64.EFI", "i386-pc/boot.img", "i386-pc/core.img"}) {
        parts_.copy(fmt::format("/loaders/{}", name), spec_.loaders / name);
      }
    }
    system_ = stage_system(
        spec_,
        {.root = "/rootfs.squashfs", .kernel = "/vmlinuz", .initramfs = "/initramfs", .cloud_configs = "/cloud-config"},
        parts_, on_tree, progress_, stop);
    progress_.step("writing the netboot set");
    manifest_ = begin_manifest(spec_, system_);
    manifest_.id = medium_id(decisions_of("netboot", spec_, system_), parts_.files());
    manifest_.kind = "netboot";
    manifest_.cmdline = {"cairn.netboot", "cairn.medium=" + manifest_.id};
    manifest_.cmdline.insert(manifest_.cmdline.end(), system_.words.begin(), system_.words.end());
    manifest_.files.clear();
    const MediumFile kernel = set_.copy("/vmlinuz", parts_.path_of("/vmlinuz"));
    manifest_.files.push_back({kernel, 0, system_.boot.kernel});
    write_initrd();
    set_.write_text("/boot.ipxe", script_text(manifest_.cmdline));
    set_.write_text("/manifest.json", manifest_.to_text());
    set_.write_text("/SHA256SUMS", sums());
    set_.settle(system_.mtime);
    MediumResult result{.id = manifest_.id, .kernel = system_.boot.version, .dropped_xattrs = system_.dropped_xattrs};
    for (const MediumFile& file : set_.files()) result.size += file.size;
    return result;
  }

 private:
  // The image's initramfs, then an archive with the rest. The manifest inside speaks of the files as they lie in
  // `initrd`, so its own size must be known first: it stands behind the squashfs.
  void write_initrd() {
    const fs::path path = set_.path_of("/initrd");
    {
      AtomicFile out(path);
      FileSource initramfs(parts_.path_of("/initramfs"));
      std::uint64_t offset = copy_all(initramfs, out);
      static constexpr std::byte kZeros[4] = {};
      const std::size_t padding = (4 - offset % 4) % 4;
      out.write(Bytes(kZeros).first(padding));
      CpioWriter cpio(out, offset + padding);
      FileSource root(parts_.path_of("/rootfs.squashfs"));
      const std::uint64_t root_offset = cpio.add_file("rootfs.squashfs", system_.root.size, root);
      manifest_.files.push_back({at(system_.initramfs, "/initramfs"), 0, system_.boot.initramfs});
      manifest_.files.push_back({at(system_.root, "/rootfs.squashfs"), root_offset});
      add_parts(cpio, "cloud-config");
      add_parts(cpio, "loaders");
      const std::string text = manifest_.to_text();
      TextSource source(text);
      cpio.add_directory(".cairn");
      cpio.add_file(".cairn/manifest.json", text.size(), source);
      cpio.finish();
      out.commit();
    }
    set_.add_written("/initrd");
  }

  // The staged files below `top`; the kernel makes no folder by itself.
  void add_parts(CpioWriter& cpio, const std::string& top) {
    std::set<std::string> folders;
    for (const MediumFile& file : parts_.files()) {
      const std::string path = file.path.substr(1);
      if (!path.starts_with(top + "/")) continue;
      for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
        if (folders.insert(path.substr(0, slash)).second) cpio.add_directory(path.substr(0, slash));
      }
      FileSource source(parts_.path_of(file.path));
      cpio.add_file(path, file.size, source);
    }
  }

  std::string sums() const {
    std::string text;
    for (const MediumFile& file : set_.files()) text += fmt::format("{}  {}\n", file.digest.hex(), file.path.substr(1));
    return text;
  }

  const MediumSpec& spec_;
  Staging parts_;
  Staging set_;
  Progress& progress_;
  StagedSystem system_;
  MediumManifest manifest_;
};

}  // namespace

MediumResult build_netboot(const MediumSpec& spec, const fs::path& out, const osimage::OnTree& on_tree,
                           Progress& progress, const std::stop_token& stop) {
  const AtomicFolder folder(out);
  fs::create_directory(folder.scratch());
  MediumResult result = NetbootBuild(spec, folder.scratch(), folder.folder(), progress).run(on_tree, stop);
  folder.commit();
  return result;
}

}  // namespace cairn::media
