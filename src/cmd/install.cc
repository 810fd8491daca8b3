// SPDX-License-Identifier: Apache-2.0
#include "node/install.h"

#include "cmd/commands.h"
#include "cmd/hooks.h"
#include "cmd/image_options.h"
#include "cmd/kernel_cmdline.h"
#include "cmd/node_options.h"
#include "cmd/partition_options.h"
#include "cmd/restart.h"
#include "core/file.h"
#include "core/text.h"
#include "node/machine.h"
#include "node/operation.h"
#include "node/reasons.h"
#include "tool/systemd.h"

#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <optional>

namespace cairn::cmd {
namespace {

namespace fs = std::filesystem;

// The last value of a word on the kernel's command line.
std::string kernel_value(std::string_view name, std::string otherwise) {
  for (const std::string& word : split(trim(read_kernel_cmdline()), ' ')) {
    if (word.starts_with(name) && word.substr(name.size()).starts_with('=')) otherwise = word.substr(name.size() + 1);
  }
  return otherwise;
}

// Nobody is there to say what comes next: the medium's kernel words do.
int end_unattended(const Arguments& arguments) {
  const std::string then = kernel_value("cairn.install.then", "reboot");
  if (then != "reboot" && then != "poweroff") return restart_as_told(arguments);
  tool::shut_down(then == "reboot" ? tool::Shutdown::reboot : tool::Shutdown::poweroff, system_runner());
  return 0;
}

// Cloud-config that was put on the medium when it was built, by name.
std::vector<fs::path> configs_on(const fs::path& medium) {
  std::vector<fs::path> found;
  std::error_code ignored;  // a medium without any
  for (const auto& entry : fs::directory_iterator(medium / "cloud-config", ignored)) found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

// The line counts most, then the medium's kernel words if nobody is there, then the configuration.
std::string choose_target(const Arguments& typed, const Arguments& arguments) {
  const std::string word = arguments.has("unattended") ? kernel_value("cairn.install", "auto") : "auto";
  if (!typed.has("TARGET") && word != "auto") return word;
  return arguments.find("TARGET").value_or("auto");
}

node::InstallSpec make_spec(const Arguments& typed, const Arguments& arguments, const fs::path& medium) {
  node::InstallSpec spec;
  const bool unattended = arguments.has("unattended");
  spec.target = choose_target(typed, arguments);
  spec.layout = make_layout_spec(arguments);
  spec.layout.snapshots = systems_to_keep(arguments);
  for (const std::string& file : arguments.all("cloud-config")) spec.cloud_configs.emplace_back(file);
  if (unattended && spec.cloud_configs.empty()) spec.cloud_configs = configs_on(medium);
  spec.force = arguments.has("force");
  spec.boot_entry = !arguments.has("no-boot-entry");
  return spec;
}

// Images whose systems are written in place of the medium's; as in Elemental, recovery is the same one unless named.
struct ChosenImages {
  std::optional<oci::Image> system;
  std::optional<oci::Image> recovery;
};

ChosenImages choose_images(const Arguments& arguments, const Session& session) {
  const auto open = [&](const std::string& name) {
    oci::Image image = oci::Image::open(oci::SourceSpec::parse(name), find_platform(arguments),
                                        make_source_options(arguments, session));
    node::require_machine(image.config().platform, name);
    return image;
  };
  ChosenImages chosen;
  if (const auto name = arguments.find("system")) chosen.system = chosen.recovery = open(*name);
  if (const auto name = arguments.find("recovery")) chosen.recovery = open(*name);
  return chosen;
}

node::InstallPlan make_plan(const node::InstallSpec& spec, const node::MediumSystem& medium,
                            const ChosenImages& images) {
  disk::RandomGuids guids;
  const bool named = !spec.target.empty() && spec.target != "auto";
  const auto disks = named ? std::vector{disk::get_disk(spec.target, {})} : disk::find_disks({});
  const auto room = [&](const std::optional<oci::Image>& image) {
    return image ? node::ImageSystem::room_for(*image) : medium.size();
  };
  return node::plan_install(spec, disks, std::max(room(images.system), room(images.recovery)), guids);
}

void write(const node::InstallSpec& spec, const node::InstallPlan& plan, const node::MediumSystem& medium,
           const ChosenImages& images, const Arguments& arguments, Session& session) {
  // What is written to the disk here does not run; the record is this system's.
  node::Operation operation("install", node::Operation::Durability::volatile_only,
                            {.effects = system_effects(), .clock = system_clock(), .shown = session.progress});
  const std::string& digest = images.system ? images.system->digest().text() : medium.manifest().image.digest;
  operation.set_image(digest);
  operation.run([&] {
    const auto make_system = [&](const std::optional<oci::Image>& image) {
      return image ? std::make_unique<node::ImageSystem>(*image, node::ImageSystem::Options(), operation, session.stop)
                   : nullptr;
    };
    const auto system = make_system(images.system);
    const auto recovery = make_system(images.recovery);
    node::install(spec, plan, medium, CAIRN_VERSION,
                  {.effects = system_effects(),
                   .clock = system_clock(),
                   .progress = operation,
                   .stop = session.stop,
                   .hooks = make_hooks(arguments, session, operation),
                   .system = system.get(),
                   .recovery = recovery.get()});
  });
  fmt::print("{} is installed on {}\n", digest, plan.disk.device.string());
}

int run(const Arguments& typed, Session& session) {
  const Arguments arguments = with_configuration("install", typed);
  const fs::path medium = arguments.get("medium");
  if (!fs::exists(medium / ".cairn/manifest.json")) {
    throw Error(node::reason::kNotLive, "there is no medium at {}", medium.string());
  }
  const node::MediumSystem system(medium);
  node::require_machine(oci::Platform::parse(system.manifest().image.platform), "the medium's system");
  const node::InstallSpec spec = make_spec(typed, arguments, medium);
  const ChosenImages images = choose_images(arguments, session);
  const node::InstallPlan plan = make_plan(spec, system, images);
  fmt::print("{}", node::to_text(plan));
  if (arguments.has("dry-run")) return 0;
  std::fflush(stdout);
  const node::NodeLock lock = take_node_lock(arguments, session);
  write(spec, plan, system, images, arguments, session);
  return arguments.has("unattended") ? end_unattended(arguments) : restart_as_told(arguments);
}

}  // namespace

Subcommand install() {
  return {
      .name = "install",
      .summary = "install the system of the booted medium on a disk",
      .description =
          "Checks the disk, then writes partitions, the system, recovery and loaders for BIOS and UEFI. What "
          "was on the disk is lost. Without TARGET it takes the only disk that will do.",
      .example = "cairn install /dev/sda --cloud-config users.yaml --reboot",
      .positionals = {{.name = "TARGET", .help = "The disk, or auto.", .need = Positional::Need::optional}},
      .options = with_operation_options(with_image_options(with_restart_options(with_partition_options({
          {.names = "--cloud-config",
           .value = "FILE",
           .help = "Put this file into the system's configuration.",
           .repeat = Option::Repeat::many},
          {.names = "--system",
           .value = "IMAGE",
           .help = "Install this image's system in place of the medium's, as recovery, too."},
          {.names = "--recovery", .value = "IMAGE", .help = "Take this image's system for recovery."},
          {.names = "--dry-run", .value = "", .help = "Only print what would be done."},
          {.names = "--force", .value = "", .help = "Write over a disk that holds an installed system."},
          {.names = "--no-boot-entry", .value = "", .help = "Leave the boot menu of UEFI as it is."},
          {.names = "--keep",
           .value = "N",
           .help = "Leave room on the state partition for so many systems.",
           .fallback = "3"},
          {.names = "--unattended",
           .value = "",
           .help = "Take TARGET from the kernel word cairn.install= and cloud-config "
                   "from the medium."},
          {.names = "--medium",
           .value = "DIR",
           .help = "Where the medium is mounted.",
           .fallback = "/run/initramfs/live"},
      })))),
      .run = run,
  };
}

}  // namespace cairn::cmd
