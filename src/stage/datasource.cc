// SPDX-License-Identifier: Apache-2.0
#include "stage/datasource.h"

#include "core/text.h"
#include "stage/document.h"
#include "stage/reasons.h"
#include "stage/step_run.h"
#include "tool/shell.h"

#include <sys/mount.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace cairn::stage {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxUserData = 1 << 20;
constexpr std::string_view kByLabel = "/dev/disk/by-label";
constexpr std::string_view kMark = ".datasource-read";

struct Volume {
  std::string_view label;
  std::array<std::string_view, 2> files;
};
// NoCloud, and OpenStack's config drive. Labels of FAT are in upper case.
constexpr Volume kVolumes[] = {
    {"cidata", {"user-data", "config"}},
    {"CIDATA", {"user-data", "config"}},
    {"config-2", {"openstack/latest/user_data", ""}},
    {"CONFIG-2", {"openstack/latest/user_data", ""}},
};

// A volume mounted read-only, where nothing on it can be run.
class MountedVolume {
 public:
  explicit MountedVolume(const fs::path& device) : directory_("/run", "cairn-volume") {
    std::string tried;
    for (const char* type : {"iso9660", "vfat"}) {
      constexpr unsigned long kFlags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
      if (::mount(device.c_str(), directory_.path().c_str(), type, kFlags, nullptr) == 0) return;
      const std::string_view why = errno == ENODEV   ? "the kernel does not know it"
                                   : errno == EINVAL ? "it holds another file system"
                                                     : std::string_view(std::strerror(errno));
      tried += fmt::format("{}{}: {}", tried.empty() ? "" : "; ", type, why);
    }
    throw Error(reason::kDatasource, "{} can't be mounted: {}", device.string(), tried);
  }
  MountedVolume(const MountedVolume&) = delete;
  MountedVolume& operator=(const MountedVolume&) = delete;
  ~MountedVolume() { ::umount2(directory_.path().c_str(), MNT_DETACH); }

  const fs::path& path() const { return directory_.path(); }

 private:
  TempDir directory_;
};

// Writes user data where the next stages, and those of the next boots, find it.
void keep(StepRun& run, const DatasourceWant& want, const std::string& data) {
  const Root& root = run.tools.root;
  const std::string file = want.path + "/" + want.userdata_name;
  const std::string document_file = file + ".yaml";
  const bool is_script = data.starts_with("#!");
  // Passwords and tokens may be in it.
  root.write_file(file, as_bytes(data), {.mode = is_script ? 0700U : 0600U});
  if (is_script) {
    root.remove_file(document_file);
    return run.run({.program = file, .args = {}});
  }
  const Document document = parse_document(data, document_file);
  if (!document.is_config) throw Error(reason::kDatasource, "the user data is neither cloud-config nor a script");
  root.write_file(document_file, as_bytes(data), {.mode = 0600});
  for (const Finding& finding : document.all_findings()) {
    run.result.notes.push_back(fmt::format("user data: {}", finding.text));
  }
}

}  // namespace

std::string find_datasource_skip(const DatasourceRule& rule, const std::string& boot_mode, bool was_read) {
  if (rule.never) return "the kernel word cairn.datasource=never forbids it";
  if (rule.always || boot_mode == "live" || boot_mode == "netboot" || !was_read) return {};
  return "media are asked at the first boot only; cairn.datasource=always changes that";
}

std::optional<std::string> find_volume_data(const fs::path& labels) {
  for (const Volume& volume : kVolumes) {
    std::error_code ignored;  // a volume may be pulled at any time
    const fs::path device = labels / volume.label;
    if (!fs::exists(device, ignored)) continue;
    const MountedVolume mounted(device);
    for (const std::string_view file : volume.files) {
      if (file.empty()) continue;
      if (auto data = Root(mounted.path()).find_file("/" + std::string(file), kMaxUserData)) return data;
    }
  }
  return std::nullopt;
}

void apply_datasource(StepRun& run) {
  if (!run.step().datasource) return;
  const DatasourceWant& want = *run.step().datasource;
  run.attempt("datasource", [&] {
    const Root& root = run.tools.root;
    const std::string mark = fmt::format("{}/{}", want.path, kMark);
    const bool is_file = std::find(want.providers.begin(), want.providers.end(), "file") != want.providers.end();
    if (is_file) {
      if (const auto data = root.find_file(want.path, kMaxUserData)) {
        // The path is where it lies, not where it goes.
        return keep(run, {.userdata_name = want.userdata_name}, *data);
      }
      run.result.notes.push_back(fmt::format("datasource: there is no file {}", want.path));
      return;
    }
    if (want.providers.empty()) {
      run.result.notes.emplace_back("datasource: none of those named is read by Cairn");
      return;
    }
    if (auto skip = find_datasource_skip(run.rule, run.facts.mode, root.exists(mark)); !skip.empty()) {
      run.result.notes.push_back("datasource: " + skip);
      return;
    }
    if (const auto data = find_volume_data(kByLabel)) {
      keep(run, want, *data);
    } else {
      run.result.notes.emplace_back("datasource: no volume with user data is here");
    }
    root.write_file(mark, {}, {.mode = 0600});
  });
}

}  // namespace cairn::stage
