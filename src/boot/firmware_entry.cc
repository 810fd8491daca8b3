// SPDX-License-Identifier: Apache-2.0
#include "boot/firmware_entry.h"

#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "core/unique_fd.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <map>
#include <optional>

namespace cairn::boot {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kGlobal = "-8be4df61-93ca-11d2-aa0d-00e098032b8c";  // EFI_GLOBAL_VARIABLE
constexpr std::uint32_t kLasting = 7;  // NON_VOLATILE, BOOTSERVICE_ACCESS, RUNTIME_ACCESS
constexpr std::uint32_t kActive = 1;   // LOAD_OPTION_ACTIVE
constexpr std::size_t kAttributes = 4;
constexpr std::size_t kMaxVariable = 64 * 1024;
constexpr std::size_t kNameAt = 6;  // in a load option, behind attributes and a length

void put(std::string& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
}

// UCS-2 with its final zero.
std::string wide(std::string_view ascii) {
  std::string out;
  for (const char c : ascii) put(out, static_cast<unsigned char>(c), 2);
  put(out, 0, 2);
  return out;
}

std::string device_path(const FirmwareEntry& entry) {
  std::string path;
  put(path, 0x0104, 2);  // media, hard drive
  put(path, 42, 2);
  put(path, entry.partition, 4);
  put(path, entry.first_sector, 8);
  put(path, entry.sectors, 8);
  path.append(reinterpret_cast<const char*>(entry.id.raw().data()), disk::Guid::kSize);
  put(path, 0x0202, 2);  // GPT, named by GUID
  const std::string file = wide(entry.loader);
  put(path, 0x0404, 2);  // media, file
  put(path, 4 + file.size(), 2);
  path += file;
  put(path, 0xff7f, 2);  // end
  put(path, 4, 2);
  return path;
}

class Variables {
 public:
  explicit Variables(fs::path folder) : folder_(std::move(folder)) {}

  // The value without its attributes.
  std::optional<std::string> find(std::string_view name) const {
    if (!fs::exists(path(name))) return std::nullopt;
    const std::string text = read_file(path(name), kMaxVariable);
    return text.size() < kAttributes ? std::nullopt : std::optional(text.substr(kAttributes));
  }

  void set(std::string_view name, const std::string& value) const {
    const fs::path at = path(name);
    make_mutable(at);
    std::string bytes;
    put(bytes, kLasting, kAttributes);
    bytes += value;
    const UniqueFd file(::open(at.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    if (!file) throw system_error(errno, fmt::format("opening {}", at.string()));
    // In one call: each is a call of the firmware.
    const ssize_t count = ::write(file.get(), bytes.data(), bytes.size());
    if (count != static_cast<ssize_t>(bytes.size())) {
      throw system_error(count < 0 ? errno : EIO, fmt::format("writing {}", at.string()));
    }
  }

  // Boot#### by number.
  std::map<unsigned, std::string> entries() const {
    std::map<unsigned, std::string> found;
    for (const auto& file : fs::directory_iterator(folder_)) {
      const std::string name = file.path().filename().string();
      unsigned number = 0;
      if (name.size() != 8 + kGlobal.size() || !name.starts_with("Boot") || !name.ends_with(kGlobal)) continue;
      const auto [end, problem] = std::from_chars(name.data() + 4, name.data() + 8, number, 16);
      if (problem != std::errc() || end != name.data() + 8) continue;
      if (auto value = find(name.substr(0, 8))) found.emplace(number, *std::move(value));
    }
    return found;
  }

 private:
  fs::path path(std::string_view name) const { return folder_ / fmt::format("{}{}", name, kGlobal); }

  // The kernel guards variables that it does not know to be harmless.
  static void make_mutable(const fs::path& at) {
    const UniqueFd file(::open(at.c_str(), O_RDONLY | O_CLOEXEC));
    int flags = 0;
    if (!file || ::ioctl(file.get(), FS_IOC_GETFLAGS, &flags) != 0 || (flags & FS_IMMUTABLE_FL) == 0) return;
    flags &= ~FS_IMMUTABLE_FL;
    if (::ioctl(file.get(), FS_IOC_SETFLAGS, &flags) != 0)
      throw system_error(errno, fmt::format("unlocking {}", at.string()));
  }

  fs::path folder_;
};

unsigned choose_number(const std::map<unsigned, std::string>& entries, const std::string& name) {
  for (const auto& [number, value] : entries) {
    if (value.size() >= kNameAt && std::string_view(value).substr(kNameAt).starts_with(wide(name))) return number;
  }
  unsigned number = 0;
  while (entries.contains(number)) ++number;
  return number;
}

// BootOrder with this one first.
std::string put_first(const std::string& order, unsigned number) {
  std::string first;
  put(first, number, 2);
  const std::string own = first;
  for (std::size_t i = 0; i + 2 <= order.size(); i += 2) {
    if (order.compare(i, 2, own) != 0) first += order.substr(i, 2);
  }
  return first;
}

}  // namespace

std::string to_load_option(const FirmwareEntry& entry) {
  const std::string path = device_path(entry);
  std::string option;
  put(option, kActive, 4);
  put(option, path.size(), 2);
  return option + wide(entry.name) + path;
}

bool has_firmware_variables(const fs::path& variables) {
  return fs::is_directory(variables) && !fs::is_empty(variables) && ::access(variables.c_str(), W_OK) == 0;
}

void put_firmware_entry(const FirmwareEntry& entry, const fs::path& folder) {
  const Variables variables(folder);
  const unsigned number = choose_number(variables.entries(), entry.name);
  const std::string variable = fmt::format("Boot{:04X}", number);
  const std::string option = to_load_option(entry);
  if (variables.find(variable) != option) variables.set(variable, option);
  const std::string order = variables.find("BootOrder").value_or("");
  const std::string wanted = put_first(order, number);
  if (order != wanted) variables.set("BootOrder", wanted);
}

}  // namespace cairn::boot
