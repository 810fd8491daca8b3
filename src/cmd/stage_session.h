// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cmd/subcommand.h"
#include "stage/run.h"

#include <filesystem>
#include <memory>

namespace cairn::cmd {

// What a stage acts with when a command runs it; outlives the run.
class StageSession {
 public:
  StageSession(const std::filesystem::path& root, const Arguments& arguments, Session& session);
  const stage::StageTools& tools() const { return tools_; }

 private:
  void unpack_image(const stage::ImageUnpackWant& want, const std::filesystem::path& directory);

  const Arguments& arguments_;
  Session& session_;
  stage::Root root_;
  std::unique_ptr<stage::Fetcher> fetcher_;
  FdSink output_{2, "standard error"};
  stage::StageTools tools_;
};

// Tells on standard error how a step ended.
void print_step(const stage::StepResult& step);
void print_problem(const stage::Finding& finding);

}  // namespace cairn::cmd
