// SPDX-License-Identifier: Apache-2.0
#include "media/manifest.h"

#include "core/json.h"

#include <fmt/core.h>

#include <algorithm>
#include <ctime>

namespace cairn::media {
namespace {

constexpr std::size_t kIdDigits = 16;
constexpr std::int64_t kYear2000 = 946684800;

std::string format_time(std::int64_t seconds, const char* form) {
  const std::time_t time = seconds;
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  char text[40];
  return {text, std::strftime(text, sizeof text, form, &parts)};
}

json::object describe(const MediumManifest::Image& image) {
  json::object object;
  const auto put = [&](std::string_view key, const std::string& value) {
    if (!value.empty()) object[key] = value;
  };
  put("reference", image.reference);
  put("digest", image.digest);
  put("title", image.title);
  put("version", image.version);
  put("platform", image.platform);
  put("created", image.created);
  return object;
}

}  // namespace

std::string MediumManifest::to_text() const {
  json::object object{{"format", 1}, {"id", id}, {"kind", kind}};
  if (!label.empty()) object["label"] = label;
  object["created"] = format_time(created, "%Y-%m-%dT%H:%M:%SZ");
  object["cairn"] = cairn;
  object["image"] = describe(image);
  object["kernel"] = kernel;
  object["cmdline"] = json::array(cmdline.begin(), cmdline.end());
  json::array list;
  for (const File& entry : files) {
    json::object one{{"path", entry.file.path}};
    if (entry.offset > 0) one["offset"] = entry.offset;
    if (!entry.in_root.empty()) one["inRoot"] = entry.in_root;
    one["size"] = entry.file.size;
    one["sha256"] = entry.file.digest.hex();
    list.push_back(std::move(one));
  }
  object["files"] = std::move(list);
  return to_pretty_text(object);
}

std::string medium_id(const std::vector<std::string>& decisions, const std::vector<MediumFile>& files) {
  std::vector<std::string> lines;
  for (const std::string& decision : decisions) lines.push_back(fmt::format("{}:{}\n", decision.size(), decision));
  for (const MediumFile& file : files) {
    lines.push_back(fmt::format("{} {} {}\n", file.digest.text(), file.size, file.path));
  }
  // Files are gathered in an order that means nothing; decisions are told apart by their names.
  std::sort(lines.begin(), lines.end());
  Hasher hasher;
  for (const std::string& line : lines) hasher.write(as_bytes(line));
  return std::string(hasher.finish().hex().substr(0, kIdDigits));
}

VolumeTime volume_time(const std::string& id) {
  const std::uint64_t number = std::stoull(id, nullptr, 16);
  const auto seconds = kYear2000 + static_cast<std::int64_t>(number % (1ULL << 31));
  const std::uint64_t hundredths = (number >> 31) % 100;
  return {.uuid = fmt::format("{}-{:02}", format_time(seconds, "%Y-%m-%d-%H-%M-%S"), hundredths),
          .compact = fmt::format("{}{:02}", format_time(seconds, "%Y%m%d%H%M%S"), hundredths)};
}

}  // namespace cairn::media
