// SPDX-License-Identifier: Apache-2.0
#include "tool/filesystem.h"

#include "core/error.h"
#include "core/reasons.h"
#include "core/text.h"

#include <fmt/core.h>

#include <set>

namespace cairn::tool {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kExtBlock = 4096;  // without it mke2fs takes 1 KiB below 512 MiB, and growing is limited
constexpr std::uint64_t kLargestFat16 = 512 << 20;  // bytes; mkfs.vfat takes FAT32 from there on
// Clusters, with room for the two tables and the like.
constexpr std::uint64_t kFewestForFat32 = 68'000;
constexpr std::uint64_t kFewestForFat16 = 4'500;

std::map<std::string, std::string> ext_environment(const std::optional<std::int64_t>& time) {
  std::map<std::string, std::string> environment = {{"TZ", "UTC"}, {"LC_ALL", "C"}};
  if (time) environment["E2FSPROGS_FAKE_TIME"] = std::to_string(*time);
  return environment;
}

Command make_ext_command(const fs::path& device, const NewFileSystem& file_system) {
  // hash_seed: the order of names in large directories depends on it.
  const std::string extended = fmt::format("offset={},hash_seed={}", file_system.where.offset, file_system.uuid);
  return {.program = "mke2fs",
          .args = {"-q", "-F", "-t", file_system.type, "-b", std::to_string(kExtBlock), "-m", "0", "-L",
                   file_system.label, "-U", file_system.uuid, "-E", extended, device.string(),
                   std::to_string(file_system.where.size / kExtBlock)},
          .environment = ext_environment(file_system.time)};
}

Command make_fat_command(const fs::path& device, const NewFileSystem& file_system) {
  const std::uint64_t sector = file_system.sector_size;
  Command command{.program = "mkfs.vfat",
                  .args = {"-I", "--mbr=no", "--invariant", "-i", file_system.uuid.substr(0, 8), "-S",
                           std::to_string(sector), "--offset", std::to_string(file_system.where.offset / sector)},
                  .environment = {{"TZ", "UTC"}, {"LC_ALL", "C"}}};
  if (file_system.time) command.environment["SOURCE_DATE_EPOCH"] = std::to_string(*file_system.time);
  if (!file_system.label.empty()) command.args.insert(command.args.end(), {"-n", file_system.label});
  // An ESP is to be FAT32 (UEFI 2.10, 13.3), which needs 65525 clusters: of one sector each where that is enough.
  // Below, mkfs.vfat would try FAT32 all the same when sectors are large.
  const std::uint64_t sectors = file_system.where.size / sector;
  if (file_system.where.size < kLargestFat16 && sectors > kFewestForFat32) {
    command.args.insert(command.args.end(), {"-F", "32", "-s", "1"});
  } else if (sectors >= kFewestForFat16 && sectors <= kFewestForFat32) {
    command.args.insert(command.args.end(), {"-F", "16"});
  }
  command.args.insert(command.args.end(), {device.string(), std::to_string(file_system.where.size / 1024)});
  return command;
}

// A word of debugfs' script.
std::string quoted(const std::string& word) {
  for (const char c : word) {
    if (c == '"' || c == '\\' || static_cast<unsigned char>(c) < ' ') {
      throw Error(cairn::reason::kUsage, "\"{}\" can't be the name of a file to copy", printable(word));
    }
  }
  return '"' + word + '"';
}

// Folders of the files, each after the one that it is in.
std::set<std::string> folders_of(const FileMap& files) {
  std::set<std::string> folders;
  for (const auto& [name, source] : files) {
    for (fs::path folder = fs::path(name).parent_path(); !folder.empty(); folder = folder.parent_path()) {
      folders.insert(folder.string());
    }
  }
  return folders;
}

// debugfs copies owner, mode and times of some versions of a source: they are set, whatever it did.
std::string debugfs_script(const FileMap& files, std::int64_t time) {
  std::string script;
  for (const std::string& folder : folders_of(files)) script += fmt::format("mkdir {}\n", quoted("/" + folder));
  for (const auto& [name, source] : files) {
    const fs::path path = fs::path("/") / name;
    const std::string target = quoted(path.string());
    script += fmt::format("cd {}\nwrite {} {}\n", quoted(path.parent_path().string()),
                          quoted(fs::absolute(source).string()), quoted(path.filename().string()));
    script +=
        fmt::format("set_inode_field {0} mode 0100644\nset_inode_field {0} uid 0\nset_inode_field {0} gid 0\n", target);
    for (const char* which : {"atime", "ctime", "mtime", "crtime"}) {
      script += fmt::format("set_inode_field {} {} @{}\n", target, which, time);
    }
  }
  return script;
}

// It fails, too, when it repaired everything; then a second run has nothing to do.
void run_e2fsck(const Command& command, Runner& runner) {
  try {
    runner.run(command);
  } catch (const Error& error) {  // see above
    if (!error.is(cairn::reason::kToolFailed)) throw;
    runner.run(command);
  }
}

}  // namespace

Command make_filesystem_command(const fs::path& device, const NewFileSystem& file_system) {
  return file_system.type == "vfat" ? make_fat_command(device, file_system) : make_ext_command(device, file_system);
}

void fill_ext(const fs::path& device, const Extent& where, const FileMap& files, std::int64_t time, Runner& runner,
              const std::stop_token& stop) {
  if (files.empty()) return;
  const ExecResult result =
      runner.run({.program = "debugfs",
                  .args = {"-w", "-f", "-", fmt::format("{}?offset={}", device.string(), where.offset)},
                  .environment = ext_environment(time),
                  .input = debugfs_script(files, time),
                  .stop = stop});
  // It ends with 0 whatever happens; all it should say there is its version.
  for (const std::string& line : split(result.error_lines, '\n')) {
    if (line.empty() || line.starts_with("debugfs 1.")) continue;
    throw Error(cairn::reason::kToolFailed, "debugfs on {}: {}", device.string(), printable(line));
  }
}

void check_ext(const fs::path& device, Runner& runner, const std::stop_token& stop) {
  run_e2fsck({.program = "e2fsck", .args = {"-f", "-p", device.string()}, .stop = stop}, runner);
}

void recover_ext(const fs::path& device, milliseconds limit, Runner& runner, const std::stop_token& stop) {
  run_e2fsck({.program = "e2fsck", .args = {"-p", device.string()}, .timeout = limit, .stop = stop}, runner);
}

void grow_ext(const fs::path& device, Runner& runner, const std::stop_token& stop) {
  check_ext(device, runner, stop);
  Command command = grow_mounted_command(device);
  command.stop = stop;
  runner.run(command);
}

Command grow_mounted_command(const fs::path& device) { return {.program = "resize2fs", .args = {device.string()}}; }

}  // namespace cairn::tool
