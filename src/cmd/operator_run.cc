// SPDX-License-Identifier: Apache-2.0
#include "cmd/operator_commands.h"
#include "core/environment.h"
#include "operator/operator.h"

namespace cairn::cmd {
namespace {

constexpr std::uint64_t kMaxPort = 65535;

int run(const Arguments& arguments, Session& session) {
  fleet::OperatorOptions options;
  if (const auto file = arguments.find("kubeconfig")) options.kubeconfig = *file;
  options.name_space = arguments.get("namespace");
  options.server_url = arguments.get("server-url");
  options.probes.address = arguments.get("probe-address");
  if (const auto port = arguments.number("probe-port", kMaxPort))
    options.probes.port = static_cast<std::uint16_t>(*port);
  if (const auto file = arguments.find("ca-file")) options.channels.ca_file = *file;
  for (std::string& registry : arguments.all("plain-http-registry")) options.channels.plain_http.insert(registry);
  fleet::run_operator(options, process_environment, system_clock(), session.stop);
  return 0;
}

}  // namespace

Subcommand operator_run() {
  return {
      .name = "run",
      .summary = "run the controllers until stopped",
      .description =
          "Manages the fleet whose objects are on a Kubernetes API server: gives MachineRegistrations their token and "
          "URL, and keeps the ManagedOSVersions of each channel as what the channel offers.\n"
          "Of several that run one works, the others wait for its lease. /healthz, /readyz and /metrics are answered "
          "on "
          "the probe address; only the one that works is ready.",
      .example = "cairn-operator run --server-url https://cairn.example.com",
      .positionals = {},
      .options =
          {
              {.names = "--server-url",
               .value = "URL",
               .help = "The https address of this operator as machines reach it; without it no machine can register."},
              {.names = "--kubeconfig",
               .value = "FILE",
               .help = "How to reach the API server; else KUBECONFIG, the cluster around this program, or "
                       "~/.kube/config."},
              {.names = "--namespace", .value = "NAME", .help = "Look at objects of this namespace only."},
              {.names = "--ca-file",
               .value = "FILE",
               .help = "Certificates, in PEM, that channels and registries are trusted by besides the system's."},
              {.names = "--plain-http-registry",
               .value = "HOST[:PORT]",
               .help = "A registry that is spoken to without TLS.",
               .repeat = Option::Repeat::many},
              {.names = "--probe-address", .value = "ADDRESS", .help = "Where probes are answered.", .fallback = "::"},
              {.names = "--probe-port", .value = "PORT", .help = "And on which port.", .fallback = "8080"},
          },
      .run = run,
      .program = kOperator,
  };
}

}  // namespace cairn::cmd
