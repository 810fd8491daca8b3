// SPDX-License-Identifier: Apache-2.0
#include "cmd/elemental_table.h"

#include <initializer_list>

namespace cairn::cmd {
namespace {

using Flags = std::vector<ElementalFlag>;

// clang-format off
constexpr std::string_view kNoLabels = "snapshots have no labels";

// Shared by commands, as in Elemental: its groups of flags. Columns: name, letter, switch, form, ours, key, variable.
Flags power() {
  return {
    {"reboot",   0, true, Form::option, "--reboot",   "/reboot",   "REBOOT"},
    {"poweroff", 0, true, Form::option, "--poweroff", "/poweroff", "POWEROFF"}};
}
Flags arch() {
  return {
    {"platform", 0, false, Form::option, "--platform", "/platform"},
    {"arch",     0, false, Form::arch,   "--platform", "/arch"}};
}
Flags squash() {
  return {
    {"squash-compression",   'x', false, Form::ignored, "words for mksquashfs mean nothing here", "/squash-compression"},
    {"squash-no-compression", 0,  true,  Form::phrase,  "--compression none", "/squash-no-compression"}};
}
// What is written on a machine is compressed as suits the machine.
Flags squash_on_node() {
  return {
    {"squash-compression",   'x', false, Form::ignored, "words for mksquashfs mean nothing here", "/squash-compression"},
    {"squash-no-compression", 0,  true,  Form::ignored, "a machine always compresses lightly", "/squash-no-compression"}};
}
Flags cosign() {
  return {
    {"cosign",     0, true,  Form::signature, "", "/cosign"},
    {"cosign-key", 0, false, Form::signature, "", "/cosign-key"}};
}
Flags local() {
  return {
    {"local", 0, true, Form::refused, "save the image with `docker save`, and name it as oci-archive:FILE to cairn", "/local"}};
}
Flags tls() {
  return {
    {"tls-verify", 0, true, Form::denied, "--no-tls-verify", "/tls-verify"}};
}
Flags run() {
  return {
    {"verify",          0, true,  Form::signature, "", "/verify"},
    {"strict",          0, true,  Form::option, "--strict", "/strict", "STRICT"}};
}
Flags hooks() {
  return {
    {"cloud-init-paths", 0, false, Form::list, "--hook-path", "/cloud-init-paths", "CLOUD_INIT_PATHS"}};
}
Flags snapshotter() {
  return {
    {"snapshotter.type",      0, false, Form::ignored, "there is one kind of snapshot", "/snapshotter.type", "SNAPSHOTTER_TYPE"},
    {"snapshotter.max-snaps", 0, false, Form::option, "--keep", "/snapshotter.max-snaps", "SNAPSHOTTER_MAX_SNAPS"}};
}

Flags all_of(std::initializer_list<Flags> groups) {
  Flags all;
  for (const Flags& group : groups) all.insert(all.end(), group.begin(), group.end());
  return all;
}

// The places of a system's source, the first of which counts. On a command whose image is a word of ours, or an option.
Flags sources(Form form, std::string_view ours, std::string_view variable) {
  return {{"system",       0,   false, form, ours, "system", variable},
          {"docker-image", 'd', false, form, ours},
          {"directory",    0,   false, form == Form::source ? Form::overlay : Form::refused,
           form == Form::source ? ours : "put the folder into an image"}};
}

ElementalCommand build_iso() {
  return {.name = "build-iso", .ours = "build iso", .section = "iso", .file = "manifest.yaml",
          .flags = all_of({arch(), squash(), cosign(), local(), {
              {"name",    'n', false, Form::file_part, "name", "/name", "BUILD_NAME"},
              {"output",  'o', false, Form::file_part, "output", "/output"},
              {"date",     0,  true,  Form::file_part, "date", "/date"},
              {"rootfs",   0,  false, Form::word,    "", "rootfs"},
              {"overlay-rootfs", 0, false, Form::overlay, "--overlay"},
              {"overlay-iso",    0, false, Form::option,  "--files"},
              {"overlay-uefi",   0, false, Form::refused, "loader files are those of --loaders DIR of `cairn build iso`"},
              {"uefi",     0,  false, Form::refused, "loader files are those of --loaders DIR of `cairn build iso`", "uefi"},
              {"image",    0,  false, Form::refused, "give a folder as --overlay-iso", "image"},
              {"label",    0,  false, Form::option,  "--label", "label"},
              {"grub-entry-name", 0, false, Form::ignored, "the menu shows the image's own name", "grub-entry-name"},
              {"extra-cmdline",   0, false, Form::option,  "--append", "extra-cmdline"},
              {"bootloader-in-rootfs", 0, true, Form::ignored, "loader files never come from the image", "bootloader-in-rootfs"},
              {"firmware", 0,  false, Form::must_be, "efi", "firmware"}}}),
          .words = {Form::word}, .output_suffix = ".iso"};
}

ElementalCommand build_disk() {
  return {.name = "build-disk", .ours = "build disk", .section = "disk", .file = "manifest.yaml",
          .flags = all_of({arch(), squash(), cosign(), local(), {
              {"snapshotter.type",      0, false, Form::ignored, "there is one kind of snapshot", "/snapshotter.type", "SNAPSHOTTER_TYPE"},
              {"snapshotter.max-snaps", 0, false, Form::ignored, "how many are kept, the machine's upgrades say", "/snapshotter.max-snaps", "SNAPSHOTTER_MAX_SNAPS"},
              {"cloud-init-paths", 0, false, Form::ignored, "a disk is built without hooks", "/cloud-init-paths", "CLOUD_INIT_PATHS"},
              {"name",    'n', false, Form::file_part, "name", "/name", "BUILD_NAME"},
              {"output",  'o', false, Form::file_part, "output", "/output"},
              {"date",     0,  true,  Form::file_part, "date", "/date"},
              {"system",   0,  false, Form::word,    "", "system"},
              {"recovery-system.uri", 0, false, Form::source, "--recovery", "recovery-system.uri"},
              {"size",     0,  false, Form::size,    "--size", "size"},
              {"type",    't', false, Form::must_be, "raw", "type"},
              {"cloud-init", 'c', false, Form::list, "--cloud-config", "cloud-init"},
              {"expandable", 0, true, Form::option,  "--grow", "expandable"},
              {"grub-entry-name", 0, false, Form::ignored, "the menu shows snapshots by number", "grub-entry-name"},
              {"deploy-command",  0, false, Form::ignored, "a disk that grows installs itself", "deploy-command"}}}),
          .output_suffix = ".raw"};
}

// Only configuration has them.
Flags partitions() {
  return {
    {"partitions.bootloader.size",  0, false, Form::partition, "esp",        "partitions.bootloader.size"},
    {"partitions.oem.size",         0, false, Form::partition, "oem",        "partitions.oem.size"},
    {"partitions.recovery.size",    0, false, Form::partition, "recovery",   "partitions.recovery.size"},
    {"partitions.state.size",       0, false, Form::partition, "state",      "partitions.state.size"},
    {"partitions.persistent.size",  0, false, Form::partition, "persistent", "partitions.persistent.size"},
    {"partitions.bootloader.label", 0, false, Form::must_be, "COS_GRUB",       "partitions.bootloader.label"},
    {"partitions.oem.label",        0, false, Form::must_be, "COS_OEM",        "partitions.oem.label"},
    {"partitions.recovery.label",   0, false, Form::must_be, "COS_RECOVERY",   "partitions.recovery.label"},
    {"partitions.state.label",      0, false, Form::must_be, "COS_STATE",      "partitions.state.label"},
    {"partitions.persistent.label", 0, false, Form::must_be, "COS_PERSISTENT", "partitions.persistent.label"},
    {"partitions.bootloader.fs",    0, false, Form::must_be, "vfat", "partitions.bootloader.fs"},
    {"partitions.oem.fs",           0, false, Form::must_be, "ext4", "partitions.oem.fs"},
    {"partitions.recovery.fs",      0, false, Form::must_be, "ext4", "partitions.recovery.fs"},
    {"partitions.state.fs",         0, false, Form::must_be, "ext4", "partitions.state.fs"},
    {"partitions.persistent.fs",    0, false, Form::must_be, "ext4", "partitions.persistent.fs"},
    {"extra-partitions",            0, false, Form::extra, "--extra-partition", "extra-partitions"}};
}

ElementalCommand install() {
  return {.name = "install", .ours = "install", .section = "install",
          .flags = all_of({power(), arch(), squash_on_node(), cosign(), local(), tls(), run(), hooks(), snapshotter(), partitions(),
              sources(Form::source, "--system", "INSTALL_SYSTEM"), {
              {"target",     0,  false, Form::plain,   "", "target", "INSTALL_TARGET"},
              {"cloud-init", 'c', false, Form::list,   "--cloud-config", "cloud-init", "INSTALL_CLOUD_INIT"},
              {"iso",       'i', false, Form::refused, "mount the ISO and name its folder to cairn as --medium DIR", "iso", "INSTALL_ISO"},
              {"no-format",  0,  true,  Form::refused, "let it make the partitions anew", "no-format", "INSTALL_NO_FORMAT"},
              {"force",      0,  true,  Form::option,  "--force", "force"},
              {"eject-cd",   0,  true,  Form::ignored, "the medium stays where it is", "/eject-cd", "EJECT_CD"},
              {"firmware",   0,  false, Form::must_be, "efi", "firmware", "INSTALL_FIRMWARE"},
              {"part-table", 0,  false, Form::must_be, "gpt", "part-table", "INSTALL_PART_TABLE"},
              {"recovery-system.uri", 0, false, Form::source, "--recovery", "recovery-system.uri", "INSTALL_RECOVERY_SYSTEM"},
              {"disable-boot-entry",  0, true,  Form::option, "--no-boot-entry", "disable-boot-entry", "INSTALL_DISABLE_BOOT_ENTRY"},
              {"tty",        0,  false, Form::refused, "kernel words are the image's: put console= into its /etc/cairn/cmdline", "tty"},
              {"grub-entry-name",     0, false, Form::ignored, "the menu shows snapshots by number", "grub-entry-name", "INSTALL_GRUB_ENTRY_NAME"},
              {"snapshot-labels",     0, false, Form::ignored, kNoLabels, "snapshot-labels", "INSTALL_SNAPSHOT_LABELS"}}}),
          .words = {Form::plain}};
}

ElementalCommand upgrade() {
  return {.name = "upgrade", .ours = "upgrade", .section = "upgrade",
          .flags = all_of({power(), arch(), squash_on_node(), cosign(), local(), tls(), run(), hooks(), snapshotter(),
              sources(Form::word, "", "UPGRADE_SYSTEM"), {
              {"recovery",   0, true,  Form::phrase,  "", "recovery", "UPGRADE_RECOVERY"},  // a second run, see elemental.cc
              {"recovery-system.uri", 0, false, Form::phrase, "", "recovery-system.uri", "UPGRADE_RECOVERY_SYSTEM"},
              {"bootloader", 0, true,  Form::ignored, "loader files are no part of an upgrade", "bootloader"},
              {"grub-entry-name",     0, false, Form::ignored, "the menu shows snapshots by number", "grub-entry-name"},
              {"snapshot-labels",     0, false, Form::ignored, kNoLabels, "snapshot-labels", "UPGRADE_SNAPSHOT_LABELS"}}})};
}

ElementalCommand upgrade_recovery() {
  return {.name = "upgrade-recovery", .ours = "upgrade", .section = "upgrade",
          .flags = all_of({power(), arch(), squash_on_node(), cosign(), local(), tls(), run(), hooks(), snapshotter(), {
              {"recovery-system.uri", 0, false, Form::word,    "", "recovery-system.uri", "UPGRADE_RECOVERY_SYSTEM"}},
              sources(Form::word, "", "UPGRADE_SYSTEM"), {
              {"recovery",            0, true,  Form::phrase,  "", "recovery", "UPGRADE_RECOVERY"},
              {"bootloader",          0, true,  Form::ignored, "loader files are no part of an upgrade", "bootloader"},
              {"grub-entry-name",     0, false, Form::ignored, "the menu shows snapshots by number", "grub-entry-name"},
              {"snapshot-labels",     0, false, Form::ignored, kNoLabels, "snapshot-labels", "UPGRADE_SNAPSHOT_LABELS"}}}),
          .adds = {"--recovery"}};
}

ElementalCommand reset() {
  return {.name = "reset", .ours = "reset", .section = "reset",
          .flags = all_of({power(), cosign(), tls(), run(), hooks(),
              sources(Form::source, "--system", "RESET_SYSTEM"), {
              {"reset-persistent", 0,  true,  Form::unless,  "--keep-persistent", "reset-persistent", "RESET_PERSISTENT"},
              {"reset-oem",        0,  true,  Form::option,  "--wipe-oem", "reset-oem", "RESET_OEM"},
              {"cloud-init",      'c', false, Form::list,    "--cloud-config", "cloud-init", "RESET_CLOUD_INIT"},
              {"disable-boot-entry", 0, true, Form::option,  "--no-boot-entry", "disable-boot-entry", "RESET_DISABLE_BOOT_ENTRY"},
              {"grub-entry-name",  0,  false, Form::ignored, "the menu shows snapshots by number", "grub-entry-name", "RESET_GRUB_ENTRY_NAME"},
              {"snapshot-labels",  0,  false, Form::ignored, kNoLabels, "snapshot-labels", "RESET_SNAPSHOT_LABELS"}}})};
}

std::vector<ElementalCommand> all_commands() {
  return {
      build_iso(), build_disk(), install(), upgrade(), upgrade_recovery(), reset(),
      {.name = "cloud-init", .ours = "", .section = "",
       .flags = {{"stage", 's', false, Form::refused, ""}, {"dotnotation", 'd', true, Form::refused, ""}},
       .any_words = true, .refusal = "run a stage of all cloud-config with `cairn stage run STAGE --path FILE`"},
      {.name = "init", .ours = "init", .section = "init",
       .flags = {{"mkinitrd", 0, true, Form::denied, "--no-initramfs", "mkinitrd", "INIT_MKINITRD"},
                 {"force", 'f', true, Form::option, "--force", "force", "INIT_FORCE"},
                 {"features", 0, false, Form::ignored, "everything a node needs is installed", "features"}},
       .any_words = true},
      {.name = "mount", .ours = "mount", .section = "mount",
       .flags = {{"sysroot", 0, false, Form::option, "--sysroot", "sysroot", "MOUNT_SYSROOT"}}},
      {.name = "pull-image", .ours = "image unpack", .section = "",
       .flags = all_of({arch(), local(), tls()}), .words = {Form::word, Form::plain}},
      {.name = "run-stage", .ours = "stage run", .section = "",
       .flags = {{"strict", 0, true, Form::phrase, "", "/strict", "STRICT"},
                 {"cloud-init-paths", 0, false, Form::list, "--path", "/cloud-init-paths", "CLOUD_INIT_PATHS"}},
       .words = {Form::plain}, .status = ElementalCommand::Status::lenient},
      {.name = "state", .ours = "status", .section = "", .flags = {}, .adds = {"--json"}},
      {.name = "version", .ours = "version", .section = "",
       .flags = {{"long", 0, true, Form::option, "--json"}}},
  };
}
// clang-format on

}  // namespace

std::span<const ElementalCommand> elemental_commands() {
  static const std::vector<ElementalCommand> commands = all_commands();
  return commands;
}

}  // namespace cairn::cmd
