// SPDX-License-Identifier: Apache-2.0
#include "node/init.h"

#include "core/file.h"
#include "node/embedded_files.h"
#include "node/kernels.h"
#include "node/mount_plan.h"
#include "node/reasons.h"
#include "tool/dracut.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace cairn::node {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kProgram = "usr/bin/cairn";
constexpr std::size_t kMaxEmbedded = 1 << 20;

bool has_program(const fs::path& root, std::string_view name) {
  for (const std::string_view folder : {"usr/bin", "usr/sbin", "bin", "sbin"}) {
    if (fs::exists(root / folder / name)) return true;
  }
  return false;
}

void check_dracut(const fs::path& root) {
  if (has_program(root, "dracut")) return;
  throw Error(reason::kNoDracut, "there is no dracut in {}", (root / "usr/bin").string())
      .set_remedy(
          "Add it before RUN cairn init: apt-get install dracut, dnf install dracut, or zypper install dracut.");
}

// Whether the file has this text and mode already; a missing one has not.
bool is_installed(const fs::path& path, const EmbeddedFile& file) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & 07777) == file.mode &&
         static_cast<std::size_t>(status.st_size) == file.text.size() && read_file(path, kMaxEmbedded) == file.text;
}

void install_files(const fs::path& root, InitResult& result) {
  for (const EmbeddedFile& file : embedded_files()) {
    const fs::path path = root / file.path;
    if (is_installed(path, file)) continue;
    fs::create_directories(path.parent_path());
    atomic_write(path, as_bytes(file.text), file.mode);
    result.written.push_back("/" + std::string(file.path));
  }
}

bool have_same_content(const fs::path& left, const fs::path& right) {
  if (!fs::exists(right)) return false;
  if (fs::equivalent(left, right)) return true;
  if (fs::file_size(left) != fs::file_size(right)) return false;
  FileSource left_source(left);
  FileSource right_source(right);
  std::vector<std::byte> left_part(64 * 1024);
  std::vector<std::byte> right_part(left_part.size());
  std::size_t count = 0;
  do {
    count = read_full(left_source, left_part);
    read_full(right_source, right_part);
    if (!std::equal(left_part.begin(), left_part.begin() + static_cast<std::ptrdiff_t>(count), right_part.begin())) {
      return false;
    }
  } while (count == left_part.size());
  return true;
}

// The initramfs holds /usr/bin/cairn: it must be this program, wherever it was started from.
void install_program(const InitSpec& spec, InitResult& result) {
  const fs::path target = spec.root / kProgram;
  if (have_same_content(spec.program, target)) return;
  fs::create_directories(target.parent_path());
  FileSource source(spec.program);
  AtomicFile copy(target, 0755);
  copy_all(source, copy);
  copy.commit();
  result.written.push_back("/" + std::string(kProgram));
}

// Folders to mount at: a root that is read-only can't get them later.
void make_mount_points(const fs::path& root, InitResult& result) {
  const auto has_directory = [&](const std::string& path) { return fs::is_directory(root / path.substr(1)); };
  std::vector<std::string> paths = plan_mounts(default_mounts(), {.has_directory = has_directory}).missing;
  for (const char* path : {"/dev", "/proc", "/run", "/sys"}) {
    if (!has_directory(path)) paths.emplace_back(path);
  }
  for (const std::string& path : paths) {
    const fs::path made = root / path.substr(1);
    fs::create_directories(made);
    if (path == "/tmp") fs::permissions(made, fs::perms::all | fs::perms::sticky_bit);
    if (path == "/root") fs::permissions(made, fs::perms::owner_all);
    result.written.push_back(path);
  }
}

// A name under which dracut writes, gone again unless it got its final one.
class NewFile {
 public:
  explicit NewFile(fs::path path) : path_(std::move(path)) {}
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }

  void commit(const fs::path& final_path) {
    const UniqueFd fd = open_read(path_);
    if (::fchmod(fd.get(), 0644) != 0 || ::fsync(fd.get()) != 0) {
      throw system_error(errno, fmt::format("writing {}", path_.string()));
    }
    fs::rename(path_, final_path);
    path_.clear();
    sync_directory(final_path.parent_path());
  }

 private:
  fs::path path_;
};

void make_initramfs(const InitSpec& spec, const InstalledKernel& kernel, Runner& runner, InitResult& result) {
  const std::string name = "/boot/initrd-" + kernel.version;
  const std::string temporary = "/boot/.initrd-" + kernel.version + ".new";
  NewFile file(spec.root / temporary.substr(1));
  tool::make_initramfs(
      {.root = spec.root, .kernel = kernel.version, .output = temporary, .zstd = has_program(spec.root, "zstd")},
      runner, spec.stop);
  file.commit(spec.root / name.substr(1));
  result.written.push_back(name);

  // What the distribution's packages made would only be larger and not boot our media.
  for (const std::string& other : {"boot/initrd.img-" + kernel.version, "boot/initramfs-" + kernel.version + ".img"}) {
    if (fs::remove(spec.root / other)) result.removed.push_back("/" + other);
  }
}

// A relative link that replaces whatever had its name in one step.
void link_to(const fs::path& root, const fs::path& link, const fs::path& target, InitResult& result) {
  const fs::path relative = target.lexically_relative(link.parent_path());
  std::error_code absent;
  if (fs::read_symlink(root / link, absent) == relative) return;
  const fs::path temporary = root / link.parent_path() / fmt::format(".{}.new", link.filename().string());
  fs::remove(temporary);
  fs::create_symlink(relative, temporary);
  fs::rename(temporary, root / link);
  result.written.push_back("/" + link.string());
}

// In /usr/lib: /etc/systemd is the machine's own.
void enable_units(const fs::path& root, InitResult& result) {
  constexpr std::pair<std::string_view, std::string_view> kWants[] = {
      {"sysinit.target", "cairn-stage-fs.service"},         {"multi-user.target", "cairn-stage-boot.service"},
      {"multi-user.target", "cairn-stage-network.service"}, {"timers.target", "cairn-stage-reconcile.timer"},
      {"multi-user.target", "cairn-install.service"},       {"multi-user.target", "cairn-health.service"},
      {"multi-user.target", "cairn-reset.service"},         {"multi-user.target", "cairn-grow.service"},
      {"timers.target", "cairn-health-deadline.timer"},
  };
  const fs::path units = "usr/lib/systemd/system";
  for (const auto& [target, unit] : kWants) {
    const fs::path folder = units / fmt::format("{}.wants", target);
    fs::create_directories(root / folder);
    link_to(root, folder / unit, units / unit, result);
  }
}

}  // namespace

InitResult init_root(const InitSpec& spec, Runner& runner) {
  std::vector<InstalledKernel> kernels;
  if (spec.initramfs) {
    kernels = get_installed_kernels(spec.root);
    for (const InstalledKernel& kernel : kernels) check_drivers(spec.root, kernel.version);
    check_dracut(spec.root);
  }
  InitResult result;
  make_mount_points(spec.root, result);
  install_files(spec.root, result);
  enable_units(spec.root, result);
  install_program(spec, result);
  link_to(spec.root, "usr/bin/elemental", kProgram, result);
  if (kernels.empty()) return result;
  fs::create_directories(spec.root / "boot");
  for (const InstalledKernel& kernel : kernels) make_initramfs(spec, kernel, runner, result);
  link_to(spec.root, "boot/vmlinuz", kernels.front().image, result);
  link_to(spec.root, "boot/initrd", "boot/initrd-" + kernels.front().version, result);
  return result;
}

void check_inside_image(const fs::path& root) {
  // What sd_booted(3) asks; a container that is being built has no init of its own, and never this folder.
  if (!fs::is_directory(root / "run/systemd/system")) return;
  throw Error(reason::kNotInImage, "this system is running (there is {}), not an image being built",
              (root / "run/systemd/system").string())
      .set_remedy("Run it in a Dockerfile (RUN cairn init), or give --force if you mean this machine.");
}

}  // namespace cairn::node
