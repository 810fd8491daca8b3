// SPDX-License-Identifier: Apache-2.0
// Writes what is made of the kinds' descriptions, and is kept in the tree so that a change is seen:
//
//   make_kinds [--check] PROJECT      charts/cairn/crds/*.yaml and docs/reference/kinds/*.md; --check: tells what
//   differs
#include "api/definitions.h"
#include "core/file.h"
#include "core/yaml_text.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <map>
#include <set>

namespace {

namespace fs = std::filesystem;
using namespace cairn;  // NOLINT: a program of one file

constexpr char kLicence[] = "# SPDX-License-Identifier: Apache-2.0\n";
constexpr char kMade[] = "# Made from the code by make_kinds; what is changed here is lost.\n";
constexpr std::size_t kMostBytes = 1 << 20;
constexpr const char* kFolders[] = {"charts/cairn/crds", "docs/reference/kinds"};

// The files by their paths in the project.
std::map<std::string, std::string> make_files() {
  std::map<std::string, std::string> files;
  std::string index =
      "# Kinds\n\nWhat Cairn adds to the API of Kubernetes. Kinds of elemental.cattle.io have Elemental's fields, with "
      "their "
      "names and meaning, and a few more;\nwhat nobody acts on is taken and told by the condition NotSupported.\n\n";
  for (const auto& definition : api::make_definitions()) {
    const std::string name(definition.at("metadata").at("name").as_string());
    const std::string kind(definition.at("spec").at("names").at("kind").as_string());
    files["charts/cairn/crds/" + name + ".yaml"] = std::string(kLicence) + kMade + to_yaml(definition);
    files["docs/reference/kinds/" + kind + ".md"] = api::make_reference_page(definition);
    index +=
        fmt::format("- [{0}]({0}.md): {1}\n", kind, api::schema_of(definition).at("description").as_string().c_str());
  }
  files["docs/reference/kinds/README.md"] = index;
  return files;
}

std::set<std::string> list_files(const fs::path& project) {
  std::set<std::string> found;
  for (const char* folder : kFolders) {
    if (!fs::exists(project / folder)) continue;
    for (const auto& entry : fs::directory_iterator(project / folder)) {
      found.insert(std::string(folder) + "/" + entry.path().filename().string());
    }
  }
  return found;
}

int check(const fs::path& project) {
  const auto wanted = make_files();
  std::set<std::string> wrong;
  for (const auto& path : list_files(project)) {
    if (!wanted.contains(path)) wrong.insert(path);
  }
  for (const auto& [path, text] : wanted) {
    if (!fs::exists(project / path) || read_file(project / path, kMostBytes) != text) wrong.insert(path);
  }
  for (const auto& path : wrong) fmt::print(stderr, "{} is not what the kinds say\n", path);
  if (!wrong.empty()) fmt::print(stderr, "Write them anew: out/build/dev/bin/make_kinds .\n");
  return wrong.empty() ? 0 : 1;
}

void write(const fs::path& project) {
  const auto wanted = make_files();
  for (const auto& path : list_files(project)) {
    if (!wanted.contains(path)) fs::remove(project / path);
  }
  for (const char* folder : kFolders) fs::create_directories(project / folder);
  for (const auto& [path, text] : wanted) atomic_write(project / path, as_bytes(text));
}

}  // namespace

int main(int count, char** words) {
  const bool checks = count == 3 && std::string_view(words[1]) == "--check";
  if (count != (checks ? 3 : 2)) {
    fmt::print(stderr, "usage: make_kinds [--check] PROJECT\n");
    return 2;
  }
  try {
    if (checks) return check(words[2]);
    write(words[1]);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "make_kinds: {}\n", error.what());
    return 1;
  }
}
