// SPDX-License-Identifier: Apache-2.0
#include "tool/dockerfile.h"

#include "core/reasons.h"

#include <unistd.h>

namespace cairn::tool {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> common_args(const DockerfileBuild& build) {
  std::vector<std::string> args = {"--file", build.dockerfile.string()};
  for (const std::string& argument : build.arguments) args.insert(args.end(), {"--build-arg", argument});
  if (!build.platform.empty()) args.insert(args.end(), {"--platform", build.platform});
  return args;
}

// buildah and podman: the image goes into their storage under a name of our own, from there into the archive.
void build_with_storage(const std::string& program, const DockerfileBuild& build, const fs::path& archive,
                        Runner& runner, const std::stop_token& stop) {
  const std::string name = fmt::format("localhost/cairn-build-{}", ::getpid());
  Command command{.program = program, .args = {"build"}, .pass_errors = true, .stop = stop};
  const auto common = common_args(build);
  command.args.insert(command.args.end(), common.begin(), common.end());
  // A container inside a container can't set up namespaces; chroot isolation works everywhere that root or a user
  // namespace does.
  command.args.insert(command.args.end(), {"--isolation", "chroot", "--format", "oci", "--tag", name});
  if (build.plain_http) command.args.emplace_back("--tls-verify=false");
  if (build.mtime) command.args.insert(command.args.end(), {"--timestamp", std::to_string(*build.mtime)});
  command.args.push_back(build.context.string());
  TextSink build_log;  // its steps are told on standard error, too
  command.output = &build_log;
  runner.run(command);
  const auto remove = [&] { runner.run({.program = program, .args = {"rmi", "--force", name}}); };
  try {
    runner.run(
        {.program = program, .args = {"push", "--quiet", name, "oci-archive:" + archive.string()}, .stop = stop});
  } catch (...) {  // recovers nothing: the storage is the user's, and not left with our image
    remove();
    throw;
  }
  remove();
}

void build_with_docker(const DockerfileBuild& build, const fs::path& archive, Runner& runner,
                       const std::stop_token& stop) {
  Command command{.program = "docker", .args = {"buildx", "build"}, .pass_errors = true, .stop = stop};
  const auto common = common_args(build);
  command.args.insert(command.args.end(), common.begin(), common.end());
  command.args.insert(command.args.end(), {"--output", "type=oci,dest=" + archive.string(), build.context.string()});
  if (build.mtime) command.environment["SOURCE_DATE_EPOCH"] = std::to_string(*build.mtime);
  runner.run(command);
}

}  // namespace

void build_dockerfile(const DockerfileBuild& build, const fs::path& archive, Runner& runner,
                      const std::stop_token& stop) {
  for (const std::string program : {"buildah", "podman"}) {
    if (find_program(program)) return build_with_storage(program, build, archive, runner, stop);
  }
  if (find_program("docker")) return build_with_docker(build, archive, runner, stop);
  throw Error(reason::kToolMissing, "building a Dockerfile: none of buildah, podman and docker is installed")
      .set_remedy("Install buildah, or build the image elsewhere and name it instead of -f.");
}

}  // namespace cairn::tool
