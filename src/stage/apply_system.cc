// SPDX-License-Identifier: Apache-2.0
#include "core/text.h"
#include "stage/authorized_keys.h"
#include "stage/settings.h"
#include "stage/step_run.h"
#include "stage/template.h"
#include "stage/users.h"
#include "tool/modprobe.h"
#include "tool/shell.h"
#include "tool/systemd.h"

#include <fcntl.h>

#include <algorithm>

namespace cairn::stage {
namespace {

constexpr std::size_t kMaxSettings = 1 << 20;
constexpr std::string_view kTimesyncd = "/etc/systemd/timesyncd.conf";

std::string read_settings(const StepRun& run, const std::string& path) {
  return run.tools.root.find_file(path, kMaxSettings).value_or("");
}

std::string rendered(const StepRun& run, const std::string& text) {
  return render_template(text, run.facts.template_data);
}

// "commands" with a command shortened, so that one line of a report can name it.
std::string brief(const std::string& command) { return printable(command.substr(0, command.find('\n')), 60); }

}  // namespace

void apply_dns(StepRun& run) {
  if (!run.step().dns) return;
  run.attempt("dns", [&] {
    const DnsWant& want = *run.step().dns;
    if (want.nameservers.empty()) {
      run.result.notes.emplace_back("dns: no nameservers, so nothing is written");
      return;
    }
    run.tools.root.write_file(want.path, as_bytes(make_resolv_conf(want)), {});
  });
}

void apply_ensure_entities(StepRun& run) {
  for (const EntityWant& want : run.step().ensure_entities) {
    run.attempt("ensure_entities", [&] {
      ensure_entity(run.tools.root, want.path, rendered(run, want.text), run.tools.clock, run.tools.stop);
    });
  }
}

void apply_delete_entities(StepRun& run) {
  for (const EntityWant& want : run.step().delete_entities) {
    run.attempt("delete_entities", [&] {
      delete_entity(run.tools.root, want.path, rendered(run, want.text), run.tools.clock, run.tools.stop);
    });
  }
}

void apply_step_users(StepRun& run) {
  if (run.step().users.empty()) return;
  run.attempt("users", [&] {
    std::vector<Error> problems;
    apply_users(run.tools.root, run.step().users, run.tools.clock, run.tools.stop, problems);
    for (const Error& problem : problems) run.add_problem(problem);
  });
}

void apply_authorized_keys(StepRun& run) {
  // Keys of one user from both places are one part of the file.
  std::vector<UserWant> wants;
  for (const auto* source : {&run.step().users, &run.step().authorized_keys}) {
    for (const UserWant& user : *source) {
      if (user.keys.empty()) continue;
      auto want = std::find_if(wants.begin(), wants.end(), [&](const UserWant& w) { return w.name == user.name; });
      if (want == wants.end()) want = wants.insert(want, {.name = user.name});
      want->keys.insert(want->keys.end(), user.keys.begin(), user.keys.end());
    }
  }
  const auto is_planned = [&](const std::string& id) {
    return std::any_of(run.plan.steps.begin(), run.plan.steps.end(),
                       [&](const PlannedStep& step) { return printable(step.id) == id; });
  };
  for (const UserWant& want : wants) {
    run.attempt(fmt::format("authorized_keys of {}", want.name), [&] {
      std::vector<Error> problems;
      apply_keys(run.tools.root, want, {run.plan.stage, run.planned.id, is_planned}, run.tools.fetcher, problems);
      for (const Error& problem : problems) run.add_problem(problem);
    });
  }
}

void apply_commands(StepRun& run) {
  for (const std::string& command : run.step().commands) {
    run.attempt(fmt::format("command `{}`", brief(command)),
                [&] { run.run(tool::shell_line(rendered(run, command))); });
  }
}

void apply_hostname(StepRun& run) {
  if (run.step().hostname.empty()) return;
  run.attempt("hostname", [&] {
    const std::string name(trim(rendered(run, run.step().hostname)));
    check_hostname(name);
    const Root& root = run.tools.root;
    if (root.is_system() && run.is_hook() && run.plan.stage.find("-chroot") == std::string::npos) {
      run.result.notes.emplace_back("hostname: this machine only installs, so its name stays");
      return;
    }
    root.replace_file("/etc/hostname", name + "\n");
    root.replace_file("/etc/hosts", merge_hosts(read_settings(run, "/etc/hosts"), name));
    if (root.is_system() && !run.is_hook()) run.tools.set_kernel_hostname(name);
  });
}

void apply_sysctl(StepRun& run) {
  for (const auto& [name, value] : run.step().sysctl) {
    run.attempt("sysctl", [&, &key = name, &text = value] {
      const std::string path = sysctl_path(key);
      const UniqueFd file = run.tools.root.open(path, O_WRONLY | O_TRUNC);
      write_all(file.get(), as_bytes(text + "\n"), path);
    });
  }
}

void apply_timesyncd(StepRun& run) {
  if (run.step().timesyncd.empty()) return;
  run.attempt("timesyncd", [&] {
    const std::string path(kTimesyncd);
    run.tools.root.replace_file(path, merge_section(read_settings(run, path), "Time", run.step().timesyncd));
  });
}

void apply_systemctl(StepRun& run) {
  const SystemctlWant& want = run.step().systemctl;
  for (const UnitOverride& override_file : want.overrides) {
    run.attempt("systemctl", [&] {
      const std::string path = fmt::format("/etc/systemd/system/{}.d/{}", override_file.service, override_file.name);
      run.tools.root.write_file(path, as_bytes(override_file.content), {});
    });
  }
  // Only a manager that runs has read units already.
  if (!want.overrides.empty() && run.tools.root.is_system() && run.tools.root.exists("/run/systemd/system")) {
    run.attempt("systemctl", [&] { run.run(tool::systemctl("daemon-reload")); });
  }
  struct Verb {
    std::string_view name;
    const Names& units;
  };
  for (const Verb& verb : {Verb{"enable", want.enable}, Verb{"disable", want.disable}, Verb{"mask", want.mask},
                           Verb{"start", want.start}}) {
    for (const std::string& unit : verb.units) {
      run.attempt(fmt::format("systemctl {} {}", verb.name, printable(unit)),
                  [&] { run.run(tool::systemctl(std::string(verb.name), {unit})); });
    }
  }
}

void apply_environment(StepRun& run) {
  if (run.step().environment.empty()) return;
  run.attempt("environment", [&] {
    std::map<std::string, std::string> values;
    for (const auto& [name, value] : run.step().environment) values[name] = rendered(run, value);
    const std::string& path = run.step().environment_file;
    run.tools.root.replace_file(path, merge_environment(read_settings(run, path), values));
  });
}

void apply_firstboot(StepRun& run) {
  if (run.step().firstboot.empty()) return;
  run.attempt("systemd_firstboot", [&] { run.run(tool::systemd_firstboot(run.step().firstboot)); });
}

void apply_modules(StepRun& run) {
  for (const std::string& line : run.step().modules) {
    run.attempt(fmt::format("module {}", printable(line)), [&] {
      std::vector<std::string> words = split(line, ' ');
      std::erase(words, "");
      if (words.empty()) return;
      std::string name = words.front();
      words.erase(words.begin());
      run.run(tool::modprobe(std::move(name), std::move(words)));
    });
  }
}

}  // namespace cairn::stage
