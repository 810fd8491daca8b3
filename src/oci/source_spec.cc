// SPDX-License-Identifier: Apache-2.0
#include "core/text.h"
#include "oci/reasons.h"
#include "oci/reference.h"

#include <algorithm>
#include <array>

namespace cairn::oci {
namespace {

constexpr std::size_t kMaxPath = 4096;
constexpr std::size_t kMaxRefName = 255;

constexpr std::string_view kRegistryScheme = "registry:";
constexpr std::string_view kLayoutScheme = "oci:";
constexpr std::string_view kArchiveScheme = "oci-archive:";
constexpr std::string_view kDirectoryScheme = "dir:";
constexpr std::array kSchemes = {kRegistryScheme, kLayoutScheme, kArchiveScheme, kDirectoryScheme};

Error bad(std::string_view text, std::string_view problem) {
  return Error(reason::kBadReference, "\"{}\" is not the name of an image: {}", printable(text, 160), problem);
}

// image-spec, annotations: org.opencontainers.image.ref.name. Parts of letters and digits, with slashes between, and
// inside of a part one of - . _ : @ + or "--" between.
bool is_ref_name(std::string_view name) {
  constexpr std::string_view kSeparators = "-._:@+";
  const auto separator = [&](char c) { return kSeparators.find(c) != std::string_view::npos; };
  if (name.size() > kMaxRefName) return false;
  for (const std::string& part : split(name, '/')) {
    if (part.empty() || separator(part.front()) || separator(part.back())) return false;
    for (std::size_t i = 0; i < part.size(); ++i) {
      const bool alphanumeric = (part[i] >= 'a' && part[i] <= 'z') || (part[i] >= 'A' && part[i] <= 'Z') ||
                                (part[i] >= '0' && part[i] <= '9');
      if (!alphanumeric && !separator(part[i])) return false;
      if (separator(part[i]) && separator(part[i + 1]) &&
          (part[i] != '-' || part[i + 1] != '-' || part[i - 1] == '-')) {
        return false;
      }
    }
  }
  return true;
}

void check_path(std::string_view path, std::string_view text) {
  if (path.empty()) throw bad(text, "it has no path");
  if (path.size() > kMaxPath) throw bad(text, "its path is longer than 4096 bytes");
  if (path.find('\0') != std::string_view::npos) throw bad(text, "its path holds a NUL");
}

// "PATH[:TAG][@DIGEST]". The path ends at the first colon, as skopeo reads it: tags of layouts may hold colons.
SourceSpec parse_layout(SourceSpec::Kind kind, std::string_view rest, std::string_view text) {
  SourceSpec spec{.kind = kind};
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
    spec.digest = Digest::try_parse(rest.substr(at + 1));
    if (spec.digest) rest = rest.substr(0, at);
    if (!spec.digest && rest.substr(at + 1).starts_with("sha256:")) {
      throw bad(text, "what follows @ is not sha256:<64 lower-case hexadecimal digits>");
    }
  }
  const std::size_t colon = rest.find(':');
  spec.path = rest.substr(0, colon);
  check_path(spec.path, text);
  if (colon != std::string_view::npos) {
    spec.tag = rest.substr(colon + 1);
    if (!is_ref_name(spec.tag)) throw bad(text, "what follows the path's colon is no tag");
  }
  return spec;
}

SourceSpec parse_directory(std::string_view path, std::string_view text) {
  check_path(path, text);
  return {.kind = SourceSpec::Kind::directory, .path = std::string(path)};
}

SourceSpec parse_registry(std::string_view reference) {
  return {.kind = SourceSpec::Kind::registry, .reference = Reference::parse(reference)};
}

// Elemental's URIs (elemental-toolkit, ImageSource): oci: and docker: are registries, dir: is a folder, "//" may
// follow.
SourceSpec parse_elemental(std::string_view text) {
  const auto after = [&](std::string_view scheme) {
    std::string_view rest = text.substr(scheme.size());
    if (rest.starts_with("//")) rest.remove_prefix(2);
    return rest;
  };
  if (text.starts_with(kLayoutScheme)) return parse_registry(after(kLayoutScheme));
  if (text.starts_with("docker:")) return parse_registry(after("docker:"));
  if (text.starts_with(kDirectoryScheme)) return parse_directory(after(kDirectoryScheme), text);
  for (const std::string_view scheme : {"file:", "channel:"}) {
    if (text.starts_with(scheme)) throw bad(text, fmt::format("{} sources are not supported", scheme));
  }
  return parse_registry(text);
}

}  // namespace

SourceSpec SourceSpec::parse(std::string_view text, Dialect dialect) {
  if (dialect == Dialect::elemental) return parse_elemental(text);
  const auto after = [&](std::string_view scheme) { return text.substr(scheme.size()); };
  if (text.starts_with(kRegistryScheme)) return parse_registry(after(kRegistryScheme));
  if (text.starts_with(kLayoutScheme)) return parse_layout(Kind::layout, after(kLayoutScheme), text);
  if (text.starts_with(kArchiveScheme)) return parse_layout(Kind::archive, after(kArchiveScheme), text);
  if (text.starts_with(kDirectoryScheme)) return parse_directory(after(kDirectoryScheme), text);
  if (text.starts_with("docker://")) {
    throw bad(text, "docker:// is not known").set_remedy("Leave docker:// out: registries need no prefix.");
  }
  return parse_registry(text);
}

std::string SourceSpec::to_text() const {
  std::string text;
  switch (kind) {
    case Kind::registry: {
      // A registry that is called like a scheme ("oci:5000/os") needs the prefix to be read as one again.
      text = reference->to_text();
      const bool confusing = std::any_of(kSchemes.begin(), kSchemes.end(),
                                         [&](std::string_view scheme) { return text.starts_with(scheme); });
      return confusing ? std::string(kRegistryScheme) + text : text;
    }
    case Kind::directory: return std::string(kDirectoryScheme) + path;
    case Kind::layout: text = std::string(kLayoutScheme) + path; break;
    case Kind::archive: text = std::string(kArchiveScheme) + path; break;
  }
  if (!tag.empty()) text += ":" + tag;
  if (digest) text += "@" + digest->text();
  return text;
}

}  // namespace cairn::oci
