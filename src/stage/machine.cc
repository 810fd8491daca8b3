// SPDX-License-Identifier: Apache-2.0
#include "stage/machine.h"

#include "core/file.h"
#include "core/text.h"

#include <algorithm>
#include <filesystem>
#include <set>

namespace cairn::stage {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxKernelFile = 1 << 20;

// Files of the kernel appear and go with hardware, and some answer with an error: all of that means "not known".
std::string read_value(const fs::path& path) {
  try {
    return std::string(trim(read_file(path, kMaxKernelFile)));
  } catch (const Error&) {
    return "";
  }
}

std::string read_dmi(std::string_view name) { return read_value(fs::path("/sys/class/dmi/id") / name); }

std::vector<fs::path> entries_of(const fs::path& directory) {
  std::vector<fs::path> entries;
  std::error_code ignored;  // no such class of devices
  for (const auto& entry : fs::directory_iterator(directory, ignored)) entries.push_back(entry.path());
  std::sort(entries.begin(), entries.end());
  return entries;
}

std::string name_of_link(const fs::path& path) {
  std::error_code ignored;  // not every device has a driver
  return fs::read_symlink(path, ignored).filename().string();
}

json::object read_cpu() {
  json::object cpu = {{"vendor", ""}, {"model", ""}, {"speed", 0}, {"cpus", 0}, {"cores", 0}, {"threads", 0}};
  std::set<std::string> sockets;
  std::set<std::string> cores;
  std::string socket;
  std::int64_t threads = 0;
  for (const std::string& line : split(read_value("/proc/cpuinfo"), '\n')) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::string key(trim(line.substr(0, colon)));
    const std::string value(trim(line.substr(colon + 1)));
    if (key == "processor") ++threads;
    if (key == "vendor_id") cpu["vendor"] = value;
    if (key == "model name") cpu["model"] = value;
    if (key == "cpu MHz")
      cpu["speed"] = static_cast<std::int64_t>(parse_number(value.substr(0, value.find('.'))).value_or(0));
    if (key == "physical id") sockets.insert(socket = value);
    if (key == "core id") cores.insert(socket + "." + value);
  }
  cpu["threads"] = threads;
  cpu["cpus"] = std::max<std::int64_t>(1, static_cast<std::int64_t>(sockets.size()));
  cpu["cores"] = std::max<std::int64_t>(1, static_cast<std::int64_t>(cores.size()));
  return cpu;
}

// In MiB.
std::int64_t read_memory_size() {
  for (const std::string& line : split(read_value("/proc/meminfo"), '\n')) {
    if (!line.starts_with("MemTotal:")) continue;
    const std::string digits(trim(line.substr(9, line.find("kB") - 9)));
    return static_cast<std::int64_t>(parse_number(digits).value_or(0) / 1024);
  }
  return 0;
}

json::array read_storage() {
  json::array disks;
  for (const fs::path& block : entries_of("/sys/block")) {
    const std::string name = block.filename().string();
    if (name.starts_with("loop") || name.starts_with("ram") || name.starts_with("zram") || name.starts_with("dm-"))
      continue;
    const auto sectors = parse_number(read_value(block / "size")).value_or(0);
    disks.push_back(json::object{{"name", name},
                                 {"driver", name_of_link(block / "device/driver")},
                                 {"vendor", read_value(block / "device/vendor")},
                                 {"model", read_value(block / "device/model")},
                                 {"serial", read_value(block / "device/serial")},
                                 {"size", static_cast<std::int64_t>(sectors * 512 / 1'000'000'000)}});  // GB
  }
  return disks;
}

json::array read_network() {
  json::array cards;
  for (const fs::path& card : entries_of("/sys/class/net")) {
    std::error_code ignored;  // a virtual interface has no device
    if (!fs::exists(card / "device", ignored)) continue;
    cards.push_back(json::object{{"name", card.filename().string()},
                                 {"driver", name_of_link(card / "device/driver")},
                                 {"macaddress", read_value(card / "address")}});
  }
  return cards;
}

}  // namespace

json::object read_machine() {
  return {
      {"product", json::object{{"name", read_dmi("product_name")},
                               {"vendor", read_dmi("sys_vendor")},
                               {"version", read_dmi("product_version")},
                               {"serial", read_dmi("product_serial")},
                               {"uuid", read_dmi("product_uuid")},
                               {"sku", read_dmi("product_sku")}}},
      {"board", json::object{{"name", read_dmi("board_name")},
                             {"vendor", read_dmi("board_vendor")},
                             {"version", read_dmi("board_version")},
                             {"serial", read_dmi("board_serial")},
                             {"assettag", read_dmi("board_asset_tag")}}},
      {"chassis", json::object{{"type", read_dmi("chassis_type")},
                               {"vendor", read_dmi("chassis_vendor")},
                               {"version", read_dmi("chassis_version")},
                               {"serial", read_dmi("chassis_serial")},
                               {"assettag", read_dmi("chassis_asset_tag")}}},
      {"bios", json::object{{"vendor", read_dmi("bios_vendor")},
                            {"version", read_dmi("bios_version")},
                            {"date", read_dmi("bios_date")}}},
      {"cpu", read_cpu()},
      {"memory", json::object{{"size", read_memory_size()}}},
      {"storage", read_storage()},
      {"network", read_network()},
  };
}

}  // namespace cairn::stage
