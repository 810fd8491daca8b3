// SPDX-License-Identifier: Apache-2.0
#include "cmd/commands.h"
#include "cmd/operator_commands.h"
#include "cmd/program.h"

#include <csignal>

namespace {

std::vector<cairn::cmd::Subcommand> commands() {
  cairn::cmd::Subcommand version = cairn::cmd::version();
  version.program = cairn::cmd::kOperator;
  version.example = "cairn-operator version --json";
  return {cairn::cmd::operator_run(), version};
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  return cairn::cmd::run_program(commands(), {argv + (argc > 0 ? 1 : 0), argv + argc});
}
