// SPDX-License-Identifier: Apache-2.0
#include "core/process.h"

#include "core/file.h"
#include "core/reasons.h"
#include "core/text.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <deque>

namespace cairn {
namespace {

constexpr std::size_t kMaxOutput = 1 << 20;
constexpr std::size_t kMaxErrorLines = 50;

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

Pipe make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw system_error(errno, "making a pipe");
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

void set_nonblocking(int fd) { ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK); }

std::vector<std::string> environment_of(const Command& command) {
  std::vector<std::string> entries;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (!command.environment.contains(std::string(text.substr(0, text.find('='))))) entries.emplace_back(text);
  }
  for (const auto& [name, value] : command.environment) entries.push_back(name + "=" + value);
  return entries;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// A child in a process group of its own; the group is killed and the child reaped if nobody waited for it.
class Child {
 public:
  Child(const Command& command, int in, int out, int err) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_adddup2(&actions, in, 0);
    ::posix_spawn_file_actions_adddup2(&actions, out, 1);
    ::posix_spawn_file_actions_adddup2(&actions, err, 2);
    if (command.directory) ::posix_spawn_file_actions_addchdir_np(&actions, command.directory->c_str());
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    std::vector<std::string> arguments = {command.program};
    arguments.insert(arguments.end(), command.args.begin(), command.args.end());
    std::vector<std::string> environment = environment_of(command);
    const int problem = ::posix_spawnp(&pid_, command.program.c_str(), &actions, &attributes,
                                       pointers_to(arguments).data(), pointers_to(environment).data());
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
    if (problem == ENOENT) {
      pid_ = -1;
      throw Error(reason::kToolMissing, "the program {} is not installed (it is not in PATH)", command.program)
          .set_remedy(fmt::format("Install {} and try again.", command.program));
    }
    if (problem != 0) {
      pid_ = -1;
      throw system_error(problem, fmt::format("starting {}", command.program));
    }
    exit_fd_ = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    if (!exit_fd_) throw system_error(errno, fmt::format("watching {}", command.program));
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ <= 0) return;
    ::kill(-pid_, SIGKILL);
    int status = 0;
    ::waitpid(pid_, &status, 0);
  }

  int exit_fd() const { return exit_fd_.get(); }  // readable when the child has ended
  int reap() {
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return status;
  }

 private:
  pid_t pid_ = -1;
  UniqueFd exit_fd_;
};

// The last lines of a stream, bounded.
class LineTail {
 public:
  void add(std::string_view text) {
    for (const char c : text) {
      if (c == '\n') {
        push();
      } else if (current_.size() < 1000) {
        current_ += c;
      }
    }
  }
  std::string text() {
    if (!current_.empty()) push();
    std::string all;
    for (const std::string& line : lines_) all += (all.empty() ? "" : "\n") + line;
    return all;
  }

 private:
  void push() {
    lines_.push_back(std::exchange(current_, {}));
    if (lines_.size() > kMaxErrorLines) lines_.pop_front();
  }
  std::deque<std::string> lines_;
  std::string current_;
};

std::string describe_end(int status) {
  if (WIFSIGNALED(status)) return fmt::format("was killed by signal {}", WTERMSIG(status));
  return fmt::format("ended with status {}", WEXITSTATUS(status));
}

// Moves bytes between a child and us until it has ended.
class Conversation {
 public:
  Conversation(const Command& command, Child& child, UniqueFd in, UniqueFd out, UniqueFd err)
      : command_(command), child_(child), in_(std::move(in)), out_(std::move(out)), err_(std::move(err)) {
    for (const int fd : {in_.get(), out_.get(), err_.get()}) {
      if (fd >= 0) set_nonblocking(fd);
    }
    if (command_.timeout) deadline_ = std::chrono::steady_clock::now() + *command_.timeout;
  }

  ExecResult run() {
    const UniqueFd wake(::eventfd(0, EFD_CLOEXEC));
    const std::stop_callback on_stop(command_.stop, [&] { ::eventfd_write(wake.get(), 1); });
    while (true) {
      pollfd fds[] = {{child_.exit_fd(), POLLIN, 0},
                      {wake.get(), POLLIN, 0},
                      {out_.get(), POLLIN, 0},
                      {err_.get(), POLLIN, 0},
                      {in_.get(), POLLOUT, 0}};
      if (::poll(fds, std::size(fds), wait_time()) < 0 && errno != EINTR) throw system_error(errno, "waiting");
      check_canceled(command_.stop);
      if (deadline_ && std::chrono::steady_clock::now() >= *deadline_) {
        throw Error(reason::kTimedOut, "{} did not end within {} ms", command_.program, command_.timeout->count());
      }
      if (fds[4].revents != 0) feed();
      if (fds[2].revents != 0) drain_output();
      if (fds[3].revents != 0) drain_errors();
      if (fds[0].revents != 0) break;
    }
    // The child has ended; what it wrote is in the pipes. A grandchild may keep them open: don't wait for its end.
    drain_output();
    drain_errors();
    return finish(child_.reap());
  }

 private:
  int wait_time() const {
    if (!deadline_) return -1;
    const auto rest = std::chrono::duration_cast<milliseconds>(*deadline_ - std::chrono::steady_clock::now());
    return static_cast<int>(std::clamp<std::int64_t>(rest.count() + 1, 0, 1 << 30));
  }

  void feed() {
    const std::string_view rest = std::string_view(command_.input).substr(fed_);
    const ssize_t count = rest.empty() ? 0 : ::write(in_.get(), rest.data(), rest.size());
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    fed_ += count > 0 ? static_cast<std::size_t>(count) : 0;
    // A child that stopped reading (EPIPE) says why in its status.
    if (count < 0 || fed_ == command_.input.size()) in_.reset();
  }

  template <class Take>
  void drain(UniqueFd& fd, Take take) {
    char buffer[16 * 1024];
    while (fd) {
      const ssize_t count = ::read(fd.get(), buffer, sizeof buffer);
      if (count > 0) {
        take(std::string_view(buffer, static_cast<std::size_t>(count)));
      } else if (count == 0) {
        fd.reset();
      } else if (errno != EINTR) {
        return;
      }
    }
  }

  void drain_output() {
    drain(out_, [&](std::string_view text) {
      if (command_.output != nullptr) {
        command_.output->write(as_bytes(text));
      } else {
        result_.output.append(text.substr(0, kMaxOutput - result_.output.size()));
      }
    });
  }

  void drain_errors() {
    drain(err_, [&](std::string_view text) {
      tail_.add(text);
      if (command_.pass_errors) write_all(2, as_bytes(text), "standard error");
    });
  }

  ExecResult finish(int status) {
    result_.error_lines = tail_.text();
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return std::move(result_);
    const std::string said =
        result_.error_lines.empty() ? "it said nothing" : "it said:\n" + printable_lines(result_.error_lines);
    throw Error(reason::kToolFailed, "{} {}; {}", command_.to_text(), describe_end(status), said);
  }

  static std::string printable_lines(const std::string& text) {
    std::string shown;
    for (const std::string& line : split(text, '\n')) shown += (shown.empty() ? "  " : "\n  ") + printable(line, 400);
    return shown;
  }

  const Command& command_;
  Child& child_;
  UniqueFd in_;
  UniqueFd out_;
  UniqueFd err_;
  std::optional<std::chrono::steady_clock::time_point> deadline_;
  std::size_t fed_ = 0;
  ExecResult result_;
  LineTail tail_;
};

class SystemRunner final : public Runner {
 public:
  ExecResult run(const Command& command) override {
    check_canceled(command.stop);
    Pipe in = make_pipe();
    Pipe out = make_pipe();
    Pipe err = make_pipe();
    Child child(command, in.read.get(), out.write.get(), err.write.get());
    in.read.reset();
    out.write.reset();
    err.write.reset();
    if (command.input.empty()) in.write.reset();
    return Conversation(command, child, std::move(in.write), std::move(out.read), std::move(err.read)).run();
  }
};

}  // namespace

std::string Command::to_text() const {
  std::string text = program;
  for (const std::string& arg : args) {
    const bool plain = !arg.empty() && arg.find_first_of(" \t\n\"'\\$`;&|<>()*?[]{}") == std::string::npos;
    text += plain ? " " + printable(arg, 200) : fmt::format(" '{}'", printable(arg, 200));
  }
  return text;
}

Runner& system_runner() {
  static SystemRunner runner;
  return runner;
}

std::optional<std::filesystem::path> find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    return ::access(name.c_str(), X_OK) == 0 ? std::optional<std::filesystem::path>(name) : std::nullopt;
  }
  const char* path = std::getenv("PATH");
  for (const std::string& folder : split(path != nullptr ? path : "/usr/sbin:/usr/bin:/sbin:/bin", ':')) {
    const std::filesystem::path candidate = std::filesystem::path(folder) / name;
    if (::access(candidate.c_str(), X_OK) == 0 && !std::filesystem::is_directory(candidate)) return candidate;
  }
  return std::nullopt;
}

}  // namespace cairn
