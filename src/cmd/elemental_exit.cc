// SPDX-License-Identifier: Apache-2.0
#include "cmd/elemental.h"

#include <algorithm>

namespace cairn::cmd {
namespace {

// By the code of the reason; "" as the command stands for any. The first row that fits counts.
struct CodeRow {
  std::string_view reason;
  std::string_view command;
  int code;
};
constexpr CodeRow kByReason[] = {
    {"CRN-CLI-001", "install", 32},                                                                       // flags
    {"CRN-CLI-001", "upgrade", 32},    {"CRN-CLI-001", "upgrade-recovery", 32}, {"CRN-CLI-003", "", 14},  // signatures
    {"CRN-DOC-004", "build-iso", 26},   // configuration of a build
    {"CRN-DOC-004", "build-disk", 27},  // of a disk
    {"CRN-DOC-004", "run-stage", 65},   // a file of cloud-config
    {"CRN-DOC-004", "", 31},            // of a run
    {"CRN-SYS-003", "", 58},            // needs root
    {"CRN-SYS-004", "", 48},            // no room for the image
    {"CRN-SYS-005", "build-iso", 25},   // the output exists
    {"CRN-SYS-005", "build-disk", 25},  //
    {"CRN-TOOL-001", "", 11},           // a program that can't be run, or fails
    {"CRN-TOOL-002", "", 11},           //
    {"CRN-DOC-003", "", 70},            // checksum
    {"CRN-OCI-001", "", 20},            // the source can't be identified
    {"CRN-OCI-009", "", 20},            //
    {"CRN-DSK-005", "", 83},            // size
    {"CRN-DSK-008", "", 47},            // the target is no disk
    {"CRN-DSK-009", "", 55},            // the disk is in use
    {"CRN-DSK-007", "", 54},            // mounting partitions
    {"CRN-DSK-012", "", 56},            // partitioning
    {"CRN-FS-004", "pull-image", 15},   // the folder to make is there
    {"CRN-NOD-012", "", 54},            // a partition is not there
    {"CRN-NOD-021", "", 47},            // no target
    {"CRN-NOD-022", "install", 57},     // installed already
    {"CRN-NOD-024", "reset", 33},       // only from recovery
    {"CRN-BOOT-004", "", 35},           // no recovery
    {"CRN-BOOT-005", "", 49},           // what the loader reads
    {"CRN-NOD-038", "install", 50},     // hooks
    {"CRN-NOD-039", "install", 52},     //
    {"CRN-NOD-040", "install", 51},     //
    {"CRN-NOD-038", "upgrade", 36},     //
    {"CRN-NOD-039", "upgrade", 39},     //
    {"CRN-NOD-040", "upgrade", 38},     //
    {"CRN-NOD-038", "reset", 61},       //
    {"CRN-NOD-039", "reset", 62},       //
    {"CRN-NOD-040", "reset", 63},       //
    {"CRN-NOD-010", "state", 89},       // the record of the state
};

// By the module of the reason.
constexpr CodeRow kByModule[] = {
    {"CRN-OCI-", "pull-image", 66},  // unpacking an image
    {"CRN-TAR-", "pull-image", 66},  //
    {"CRN-OCI-", "", 18},            // getting a source
    {"CRN-TAR-", "", 18},            //
    {"CRN-FS-", "", 18},             //
    {"CRN-NET-", "", 18},            //
    {"CRN-BOOT-", "", 49},           // the loader
    {"CRN-SNP-", "", 85},            // snapshots
    {"CRN-MED-", "", 48},            // writing a medium
    {"CRN-DSK-", "", 56},            // disks
};

constexpr int kStageFailed = 65;
constexpr int kAnyOther = 1;
constexpr int kUnknown = 255;

}  // namespace

int elemental_exit_code(std::string_view command, const Reason& reason) {
  const auto fits = [&](const CodeRow& row) { return row.command.empty() || row.command == command; };
  for (const CodeRow& row : kByReason) {
    if (row.reason == reason.code && fits(row)) return row.code;
  }
  for (const CodeRow& row : kByModule) {
    if (reason.code.starts_with(row.reason) && fits(row)) return row.code;
  }
  return reason.kind == ErrorKind::internal ? kUnknown : kAnyOther;
}

int elemental_exit_code(std::string_view command, int status) {
  return status != 0 && command == "run-stage" ? kStageFailed : status;
}

}  // namespace cairn::cmd
