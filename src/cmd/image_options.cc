// SPDX-License-Identifier: Apache-2.0
#include "cmd/image_options.h"

namespace cairn::cmd {

std::vector<Option> with_image_options(std::vector<Option> own) {
  const std::vector<Option> shared = {
      {.names = "--platform", .value = "OS/ARCH", .help = "Choose this variant of the image, not this machine's."},
      {.names = "--auth-file", .value = "FILE", .help = "Read credentials from FILE instead of docker's and podman's."},
      {.names = "--ca-file", .value = "FILE", .help = "Trust the certificate authorities in FILE, too."},
      {.names = "--plain-http", .value = "", .help = "Speak HTTP without TLS to registries."},
      {.names = "--no-tls-verify", .value = "", .help = "Accept any certificate of a registry."},
      {.names = "--cache-dir", .value = "DIR", .help = "Keep downloaded layers in DIR instead of ~/.cache/cairn."},
      {.names = "--cache-limit", .value = "MIB", .help = "Keep at most so many MiB of layers.", .fallback = "10240"},
      {.names = "--parallel", .value = "N", .help = "Move so many layers at once.", .fallback = "4"},
  };
  own.insert(own.end(), shared.begin(), shared.end());
  return own;
}

oci::SourceOptions make_source_options(const Arguments& arguments, const Session& session) {
  oci::SourceOptions options;
  options.cache_directory = arguments.find("cache-dir");
  options.cache_limit = arguments.number("cache-limit", 1ULL << 40).value_or(10240) << 20;
  options.plain_http = arguments.has("plain-http");
  options.verify_tls = !arguments.has("no-tls-verify");
  options.ca_file = arguments.find("ca-file");
  options.auth_file = arguments.find("auth-file");
  options.parallel = static_cast<unsigned>(arguments.number("parallel", 64).value_or(4));
  options.stop = session.stop;
  return options;
}

oci::Platform find_platform(const Arguments& arguments) {
  const auto text = arguments.find("platform");
  return text ? oci::Platform::parse(*text) : oci::Platform::host();
}

}  // namespace cairn::cmd
