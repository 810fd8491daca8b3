// SPDX-License-Identifier: Apache-2.0
#include "osimage/lint.h"

#include "core/error.h"
#include "core/text.h"
#include "osimage/boot_files.h"

#include <fmt/core.h>

#include <algorithm>

namespace cairn::osimage {
namespace {

using Severity = Finding::Severity;

// Modules without which the initramfs can't make a root of a medium.
constexpr std::string_view kNeededModules[] = {"loop", "squashfs", "overlay", "isofs", "ext4", "vfat"};

bool is_program(const rootfs::Tree& tree, std::string_view path) {
  const rootfs::Inode* inode = tree.find(path);
  return inode != nullptr && inode->type == rootfs::NodeType::file && (inode->mode & 0111) != 0;
}

void lint_kernels(const rootfs::Tree& tree, std::vector<Finding>& findings) {
  try {
    get_boot_files(tree);
  } catch (const Error& error) {  // recovers: what stops a build is a finding here
    findings.push_back({Severity::error, error.message(), std::string(error.remedy())});
  }
}

void lint_init(const rootfs::Tree& tree, std::vector<Finding>& findings) {
  if (!is_program(tree, "sbin/init")) {
    findings.push_back({Severity::error, "there is no /sbin/init",
                        "Install an init system in the Dockerfile, for example the package systemd-sysv."});
  } else if (!is_program(tree, "usr/lib/systemd/systemd") && !is_program(tree, "lib/systemd/systemd")) {
    findings.push_back({Severity::warning, "the init system is not systemd, and Cairn's units need it",
                        "Install systemd in the Dockerfile."});
  }
}

void lint_cairn(const rootfs::Tree& tree, std::vector<Finding>& findings) {
  if (!is_program(tree, "usr/bin/cairn") && !is_program(tree, "usr/local/bin/cairn")) {
    findings.push_back({Severity::warning, "the program cairn is not in the image",
                        "Add `COPY cairn /usr/bin/cairn` and `RUN cairn init` to the Dockerfile."});
  } else if (tree.find("usr/lib/dracut/modules.d/50cairn/module-setup.sh") == nullptr) {
    findings.push_back({Severity::warning, "`cairn init` was not run: the initramfs can't find the root tree",
                        "Add `RUN cairn init` to the Dockerfile, after the last package."});
  }
}

void lint_shared_secrets(const rootfs::Tree& tree, std::vector<Finding>& findings) {
  const rootfs::Inode* ssh = tree.find("etc/ssh");
  if (ssh == nullptr) return;
  const bool has_key = std::any_of(ssh->children.begin(), ssh->children.end(), [](const auto& child) {
    return child.first.starts_with("ssh_host_") && child.first.ends_with("_key");
  });
  if (has_key) {
    findings.push_back({Severity::warning, "the image has SSH host keys: all machines would share them",
                        "Remove /etc/ssh/ssh_host_* in the Dockerfile and let each machine make its own."});
  }
}

void lint_machine_id(const ReadTree& read, std::vector<Finding>& findings) {
  const std::string id(trim(read.text_of("etc/machine-id")));
  if (id.empty() || id == "uninitialized") return;
  findings.push_back({Severity::warning, "/etc/machine-id is set: all machines would be the same one to their network",
                      "Empty it in the Dockerfile: RUN : > /etc/machine-id"});
}

void lint_passwords(const ReadTree& read, std::vector<Finding>& findings) {
  for (const std::string& line : split(read.text_of("etc/shadow"), '\n')) {
    const std::vector<std::string> fields = split(line, ':');
    if (fields.size() < 2 || fields[1].starts_with('!') || fields[1].starts_with('*')) continue;
    findings.push_back({Severity::warning,
                        fmt::format("user {} has {} in the image, the same on all machines", printable(fields[0], 32),
                                    fields[1].empty() ? "an empty password" : "a password"),
                        "Lock it in the Dockerfile (passwd -l) and set passwords or SSH keys by cloud-config."});
  }
}

bool has_module(const rootfs::Inode& folder, std::string_view name) {
  return std::any_of(folder.children.begin(), folder.children.end(), [&](const auto& child) {
    if (child.second->type == rootfs::NodeType::directory) return has_module(*child.second, name);
    return child.first.substr(0, child.first.find('.')) == name && child.first.find(".ko") != std::string::npos;
  });
}

void lint_modules(const ReadTree& read, std::vector<Finding>& findings) {
  for (const BootFiles& kernel : find_kernels(read.tree)) {
    const std::string folder = "usr/lib/modules/" + kernel.version;
    const std::string builtin = read.text_of(folder + "/modules.builtin");
    for (const std::string_view name : kNeededModules) {
      if (builtin.find(fmt::format("/{}.ko", name)) != std::string::npos) continue;
      const rootfs::Inode* modules = read.tree.find(folder);
      if (modules != nullptr && has_module(*modules, name)) continue;
      findings.push_back({Severity::warning, fmt::format("kernel {} has no module {}", kernel.version, name),
                          "Install a kernel package that has it; small cloud kernels often leave it out."});
    }
  }
}

void errors_first(std::vector<Finding>& findings) {
  std::stable_partition(findings.begin(), findings.end(),
                        [](const Finding& finding) { return finding.severity == Severity::error; });
}

}  // namespace

std::vector<Finding> lint_names(const rootfs::Tree& tree) {
  std::vector<Finding> findings;
  lint_kernels(tree, findings);
  lint_init(tree, findings);
  lint_cairn(tree, findings);
  lint_shared_secrets(tree, findings);
  if (tree.find("usr/lib/os-release") == nullptr && tree.find("etc/os-release") == nullptr) {
    findings.push_back({Severity::warning, "there is no os-release: the machine can't say what it runs",
                        "Install the distribution's release package in the Dockerfile."});
  }
  errors_first(findings);
  return findings;
}

std::vector<Finding> lint_image(const ReadTree& read) {
  std::vector<Finding> findings = lint_names(read.tree);
  lint_machine_id(read, findings);
  lint_passwords(read, findings);
  lint_modules(read, findings);
  errors_first(findings);
  return findings;
}

bool lint_wants(std::string_view path) {
  return path == "etc/machine-id" || path == "etc/shadow" || path.ends_with("/modules.builtin");
}

}  // namespace cairn::osimage
