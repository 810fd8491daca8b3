// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/clock.h"
#include "core/unique_fd.h"
#include "disk/facts.h"
#include "node/boot_state.h"
#include "oci/manifest.h"

#include <sys/mount.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace cairn::node {

// Mount flags of what holds systems and the loader: nothing on it runs.
inline constexpr unsigned long kStoreFlags = MS_NOATIME | MS_NODEV | MS_NOSUID | MS_NOEXEC;

// Where a node has its records and the file systems of its disk; tests give other places.
struct MachinePaths {
  std::filesystem::path run = "/run/cairn";
  std::filesystem::path oem = "/oem";
  disk::SystemPaths system = {};

  std::filesystem::path state_file() const { return run / "state.json"; }
  std::filesystem::path lock() const { return run / "lock"; }
  // The mount point of the file system with this role: `run`/esp, /state, /recovery, /persistent, and `oem`. Active and
  // passive systems have state, persistent and oem mounted, recovery has recovery and oem. Extra partitions have none.
  std::filesystem::path mount_point(disk::Role role) const;
};

// What runs here, and from which disk. Everything that changes an installed system begins with it.
struct Machine {
  std::optional<BootState> boot;        // as the initramfs recorded it; nothing if not booted by Cairn
  std::optional<disk::DiskFacts> disk;  // the one that was booted, as it is now; only of installed systems

  BootMode mode() const { return boot ? boot->mode : BootMode::other; }
  // Throws reason::kNotInstalled unless this system runs from its own disk.
  const BootState::Installed& installed() const;
  // A partition of the disk that was booted. Throws reason::kNotInstalled, reason::kNoVolume.
  const disk::PartitionFacts& partition(disk::Role role) const;
};

// Reads the record and looks for the disk. Throws reason::kBadState, disk::reason::kNoDisk when the disk is gone,
// disk::reason::kDiskTwice. Needs root on an installed system, as only root may read disks.
Machine get_machine(const MachinePaths& paths = {});

// Throws reason::kOtherMachine unless a system for `platform` runs on `machine`; `what` names it.
void require_machine(const oci::Platform& platform, std::string_view what,
                     const oci::Platform& machine = oci::Platform::host());

// Held by whoever changes the machine; the kernel lets go of it when the process ends, however it ends.
class NodeLock {
 public:
  // Throws reason::kBusy naming the process, at once if another one has it.
  explicit NodeLock(const MachinePaths& paths = {});
  struct Wait {
    milliseconds limit;
    Clock& clock;
    std::stop_token stop = {};
    std::function<void(const std::string& why)> tell = {};  // once, if it has to wait
  };
  // Waits for its turn; throws reason::kBusy after the limit.
  explicit NodeLock(const Wait& wait, const MachinePaths& paths = {});

 private:
  // Why it could not be taken, or "".
  std::string try_lock(const std::filesystem::path& path);

  UniqueFd fd_;
};

// A file system of the boot disk, mounted while this lives; the caller holds the NodeLock. Where the system has it
// mounted already, that mount is used: read-only ones (state, recovery) become writable and are read-only again
// afterwards.
class Volume {
 public:
  enum class Access { read_only, read_write };

  // Throws reason::kNotInstalled, reason::kNoVolume, disk::reason::kNotMountable, and what mount(2) says.
  Volume(const Machine& machine, disk::Role role, Access access, const MachinePaths& paths = {});
  Volume(const Volume&) = delete;
  Volume& operator=(const Volume&) = delete;
  // As close(), but keeps silent; a mount that is busy stays until nobody uses it.
  ~Volume();

  const std::filesystem::path& path() const { return path_; }
  // Puts things back as they were; all that was written is on the disk then, and what failed is said. The commit of a
  // transaction does not depend on it.
  void close();

 private:
  enum class Undo { nothing, unmount, make_read_only };

  std::filesystem::path path_;
  Undo undo_ = Undo::nothing;
};

}  // namespace cairn::node
