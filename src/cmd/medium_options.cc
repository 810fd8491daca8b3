// SPDX-License-Identifier: Apache-2.0
#include "cmd/medium_options.h"

#include "cmd/image_options.h"
#include "cmd/squashfs_options.h"
#include "core/clock.h"
#include "core/json.h"
#include "core/log.h"
#include "core/process.h"
#include "core/reasons.h"
#include "core/text.h"
#include "media/kernel_words.h"
#include "media/lint.h"
#include "tool/dockerfile.h"

#include <fmt/core.h>

#include <cstdlib>

namespace cairn::cmd {
namespace {

// The archive that -f leads to, in a folder that goes with the result.
std::string build_image(const Arguments& arguments, Session& session, std::optional<TempDir>& folder) {
  session.progress.step("building the Dockerfile");
  folder.emplace(default_temp_parent(), "cairn-build");
  const auto archive = folder->path() / "image.tar";
  std::optional<std::int64_t> mtime;
  if (std::getenv("SOURCE_DATE_EPOCH") != nullptr) mtime = source_date_epoch(0);
  tool::build_dockerfile({.dockerfile = arguments.get("file"),
                          .context = arguments.get("IMAGE"),
                          .arguments = arguments.all("build-arg"),
                          .platform = arguments.get("platform"),
                          .plain_http = arguments.has("plain-http"),
                          .mtime = mtime},
                         archive, system_runner(), session.stop);
  return "oci-archive:" + archive.string();
}

}  // namespace

std::vector<Positional> medium_positionals() {
  return {{.name = "IMAGE",
           .help = "HOST/NAME:TAG, oci:DIR, oci-archive:FILE or dir:DIR; with -f the context of the Dockerfile."}};
}

std::vector<Option> with_medium_options(std::vector<Option> own) {
  const std::vector<Option> shared = {
      {.names = "-f,--file", .value = "DOCKERFILE", .help = "Build this Dockerfile by buildah, podman or docker."},
      {.names = "--build-arg",
       .value = "NAME=VALUE",
       .help = "Pass an argument to the Dockerfile.",
       .repeat = Option::Repeat::many},
      {.names = "--overlay",
       .value = "IMAGE",
       .help = "Lay this image (often dir:DIR) over the root tree.",
       .repeat = Option::Repeat::many},
      {.names = "--cloud-config",
       .value = "FILE",
       .help = "Put this *.yaml file on the medium.",
       .repeat = Option::Repeat::many},
      {.names = "--append",
       .value = "WORDS",
       .help = "Add kernel words behind the image's own.",
       .repeat = Option::Repeat::many},
      {.names = "--json", .value = "", .help = "Print the result as a JSON object."},
  };
  own.insert(own.end(), shared.begin(), shared.end());
  return with_image_options(with_squashfs_options(std::move(own)));
}

PreparedMedium prepare_medium(const Arguments& arguments, Session& session) {
  PreparedMedium prepared;
  media::MediumSpec& spec = prepared.spec;
  spec.squashfs = make_squashfs_options(arguments);
  for (const std::string& words : arguments.all("append")) {
    for (std::string& word : media::parse_kernel_words(words, "--append")) spec.words.push_back(std::move(word));
  }
  for (const std::string& file : arguments.all("cloud-config")) spec.cloud_configs.emplace_back(file);
  spec.program_version = CAIRN_VERSION;
  const std::string name =
      arguments.has("file") ? build_image(arguments, session, prepared.built) : arguments.get("IMAGE");
  const auto source = oci::SourceSpec::parse(name);
  // Where an image lay on this machine means nothing to who reads the medium, and must not change its bytes.
  if (source.kind == oci::SourceSpec::Kind::registry) spec.reference = source.to_text();
  const auto options = make_source_options(arguments, session);
  const oci::Platform platform = find_platform(arguments);
  spec.images.push_back(oci::Image::open(source, platform, options));
  for (const std::string& overlay : arguments.all("overlay")) {
    spec.images.push_back(oci::Image::open(oci::SourceSpec::parse(overlay), platform, options));
  }
  return prepared;
}

void warn_of_findings(const rootfs::Tree& tree) {
  for (const media::Finding& finding : media::lint_names(tree)) {
    if (finding.severity == media::Finding::Severity::warning) {
      log::warning("the image may not work as a machine", {{"finding", finding.what}, {"remedy", finding.remedy}});
    }
  }
}

void print_result(const Arguments& arguments, const media::MediumSpec& spec, const media::MediumResult& result,
                  const std::filesystem::path& out) {
  for (const std::string& dropped : result.dropped_xattrs) {
    log::warning("squashfs has no form for an extended attribute; it is left out", {{"attribute", dropped}});
  }
  const std::string digest = spec.images.front().digest().text();
  if (arguments.has("json")) {
    fmt::print("{}", to_pretty_text(json::object{{"path", out.string()},
                                                 {"size", result.size},
                                                 {"id", result.id},
                                                 {"digest", digest},
                                                 {"kernel", result.kernel}}));
  } else {
    fmt::print("{}  {}  medium {}  kernel {}  {}\n", out.string(), human_size(result.size), result.id, result.kernel,
               digest);
  }
}

}  // namespace cairn::cmd
