// SPDX-License-Identifier: Apache-2.0
#include "attest/transport.h"

#include "attest/reasons.h"
#include "attest/tpm_codec.h"
#include "core/file.h"
#include "core/text.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <vector>

namespace cairn::attest {
namespace {

constexpr std::size_t kHeaderBytes = 10;
// A discrete TPM may take a minute to find an RSA key.
constexpr milliseconds kPatience{180'000};

// A device gives the whole answer in one read; a socket may give it in pieces.
class FdTransport final : public Transport {
 public:
  FdTransport(UniqueFd fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)) {}

  std::string transmit(std::string_view command) override {
    write_command(command);
    std::string answer = read_some(kMaxTpmBytes);
    while (answer.size() < kHeaderBytes || answer.size() < promised(answer))
      answer += read_some(kMaxTpmBytes - answer.size());
    return answer;
  }

 private:
  Error failed(std::string_view doing, int error_number) const {
    return Error(reason::kDevice, "{} TPM {}: {}", doing, name_, std::generic_category().message(error_number));
  }

  void write_command(std::string_view command) {
    // One write is one command for the kernel's driver, so a short one cannot be continued.
    ssize_t count = 0;
    do count = ::write(fd_.get(), command.data(), command.size());
    while (count < 0 && errno == EINTR);
    if (count < 0) throw failed("writing to", errno);
    if (static_cast<std::size_t>(count) != command.size())
      throw Error(reason::kDevice, "TPM {} took a part of a command", name_);
  }

  std::string read_some(std::size_t max) {
    pollfd waiting{fd_.get(), POLLIN, 0};
    int ready = 0;
    do ready = ::poll(&waiting, 1, static_cast<int>(kPatience.count()));
    while (ready < 0 && errno == EINTR);
    if (ready == 0) throw Error(reason::kDevice, "TPM {} did not answer in {} s", name_, kPatience.count() / 1000);
    std::string bytes(max, '\0');
    ssize_t count = 0;
    do count = ::read(fd_.get(), bytes.data(), bytes.size());
    while (count < 0 && errno == EINTR);
    if (count < 0) throw failed("reading from", errno);
    if (count == 0) throw Error(reason::kDevice, "TPM {} ended in the middle of an answer", name_);
    bytes.resize(static_cast<std::size_t>(count));
    return bytes;
  }

  std::size_t promised(std::string_view answer) const {
    TpmReader reader(answer.substr(2), "the header of an answer");
    const auto size = reader.number<std::uint32_t>();
    if (size < kHeaderBytes || size > kMaxTpmBytes || size < answer.size())
      throw Error(reason::kDevice, "TPM {} announces an answer of {} bytes", name_, size);
    return size;
  }

  UniqueFd fd_;
  std::string name_;
};

Error unusable(const std::filesystem::path& path, int error_number) {
  return Error(reason::kNoTpm, "opening TPM {}: {}", path.string(), std::generic_category().message(error_number));
}

UniqueFd connect_socket(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& text = path.native();
  if (text.size() >= sizeof address.sun_path) throw unusable(path, ENAMETOOLONG);
  std::copy(text.begin(), text.end(), address.sun_path);
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw unusable(path, errno);
  return fd;
}

// A TPM 1.2 has `caps`; newer kernels say the version in a file of their own.
bool is_tpm2(const std::filesystem::path& tpm) {
  const auto version = tpm / "tpm_version_major";
  if (std::filesystem::exists(version)) return trim(read_file(version, 64)) == "2";
  return !std::filesystem::exists(tpm / "caps") && !std::filesystem::exists(tpm / "device" / "caps");
}

// The names in a directory, in order; none where there is no directory.
std::vector<std::string> names_in(const std::filesystem::path& directory) {
  std::vector<std::string> names;
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator(directory, missing))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

std::unique_ptr<Transport> open_tpm(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) throw unusable(path, errno);
  if (S_ISSOCK(status.st_mode)) return std::make_unique<FdTransport>(connect_socket(path), path.string());
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd) throw unusable(path, errno);
  return std::make_unique<FdTransport>(std::move(fd), path.string());
}

std::filesystem::path find_tpm(const std::filesystem::path& sysfs, const std::filesystem::path& devices) {
  bool old = false;
  for (const auto& name : names_in(sysfs)) {
    if (!is_tpm2(sysfs / name)) {
      old = true;
      continue;
    }
    const auto managed = names_in(sysfs / name / "device" / "tpmrm");
    return devices / (managed.empty() ? name : managed.front());
  }
  throw Error(reason::kNoTpm, "{} has no TPM 2.0{}", sysfs.string(), old ? ", only a TPM 1.2" : "");
}

}  // namespace cairn::attest
