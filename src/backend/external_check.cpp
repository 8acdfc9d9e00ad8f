#include "backend/external_check.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "async/wait_queue.hpp"
#include "async/worker.hpp"
#include "backend/backend.hpp"

extern char** environ;  // NOLINT: POSIX names it so

namespace sluice::backend {
namespace {

using async::attempt;
using async::Task;

// A descriptor that becomes readable when the process has ended.
class Child final : private async::Pollable {
 public:
  Child(async::Worker& worker, pid_t pid, int descriptor) : worker_(worker), pid_(pid), descriptor_(descriptor), ended_(worker.loop) {
    node_.child = this;
    node_.step = [](async::Waiter& waiter) -> async::PromiseBase* {
      static_cast<Node&>(waiter).child->ended_.wake_all();
      return nullptr;
    };
    watched_ = worker.io().watch(descriptor, async::event::in | async::event::edge, *this) == 0;
  }
  Child(const Child&) = delete;
  ~Child();

  async::WaitQueue::Wait wait(Instant deadline) { return ended_.wait(deadline); }
  // Its exit, if it has ended; reaps it.
  std::optional<siginfo_t> reap() {
    siginfo_t info{};
    if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG) != 0 || info.si_pid == 0) return std::nullopt;
    reaped_ = true;
    return info;
  }
  void kill() { ::kill(-pid_, SIGKILL); }  // with all it has started

 private:
  struct Node : async::Waiter { Child* child = nullptr; };
  void on_events(std::uint32_t) override { worker_.loop.push(node_); }

  async::Worker& worker_;
  const pid_t pid_;
  const int descriptor_;
  async::WaitQueue ended_;
  Node node_;
  bool watched_ = false, reaped_ = false;
};

Task<> bury(std::unique_ptr<Child> child) {
  while (!child->reap()) co_await child->wait(never);
}

// Whoever waited went away (a stop) or gave up: the process is killed, and reaped when it has gone.
Child::~Child() {
  if (watched_) worker_.io().unwatch(descriptor_);
  if (reaped_) {
    ::close(descriptor_);
    return;
  }
  kill();
  worker_.mailbox.post([&worker = worker_, pid = pid_, descriptor = descriptor_] {
    worker.tasks.start(bury(std::make_unique<Child>(worker, pid, descriptor)));
  });
}

struct Surroundings {
  std::vector<std::string> arguments, environment;
  std::vector<char*> argv, envp;

  void finish() {
    for (std::string& text : arguments) argv.push_back(text.data());
    for (std::string& text : environment) envp.push_back(text.data());
    argv.push_back(nullptr);
    envp.push_back(nullptr);
  }
};

// Manual "external-check command".
void describe(Surroundings& out, const Server& server, const ExternalCheck& check) {
  const net::Address address = server.address();
  const std::string host = address.is_unix() ? std::string(address.path()) : address.host_text();
  const std::string port = address.is_unix() ? std::string{} : std::to_string(address.port());
  const auto or_unused = [](const std::string& text) { return text.empty() ? std::string("NOT_USED") : text; };
  out.arguments = {check.command, or_unused(check.proxy_address), or_unused(check.proxy_port), host, or_unused(port)};
  if (check.keep_environment)
    for (char** entry = environ; *entry; ++entry)
      if (!std::string_view(*entry).starts_with("PATH=")) out.environment.emplace_back(*entry);
  const auto set = [&out](std::string_view name, const std::string& value) { out.environment.push_back(fmt::format("{}={}", name, value)); };
  const Backend& backend = server.backend();
  set("PATH", check.path);
  set("HAPROXY_PROXY_ADDR", check.proxy_address);
  set("HAPROXY_PROXY_ID", std::to_string(check.proxy_id));
  set("HAPROXY_PROXY_NAME", backend.name());
  set("HAPROXY_PROXY_PORT", check.proxy_port);
  set("HAPROXY_SERVER_ADDR", host);
  set("HAPROXY_SERVER_CURCONN", std::to_string(server.state().served.load()));
  set("HAPROXY_SERVER_ID", std::to_string(server.id()));
  set("HAPROXY_SERVER_MAXCONN", std::to_string(server.limit()));
  set("HAPROXY_SERVER_NAME", server.name());
  set("HAPROXY_SERVER_PORT", port);
  set("HAPROXY_SERVER_SSL", "0");
  set("HAPROXY_SERVER_PROTO", check.http ? "h1" : "tcp");
  out.finish();
}

// The process, or errno. Signals are as at the start of any program: our threads block and ignore some.
std::expected<pid_t, int> spawn(Surroundings& with) {
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t files;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_init(&files);
  sigset_t none, all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  pid_t pid = 0;
  const int error = ::posix_spawn(&pid, with.argv[0], &files, &attributes, with.argv.data(), with.envp.data());
  ::posix_spawn_file_actions_destroy(&files);
  ::posix_spawnattr_destroy(&attributes);
  if (error != 0) return std::unexpected(error);
  return pid;
}

CheckResult failed(CheckCode code, std::string info, int status = -1) {
  CheckResult result;
  result.code = code;
  result.info = std::move(info);
  result.status = status;
  return result;
}

CheckResult judge(const siginfo_t& exit) {
  if (exit.si_code != CLD_EXITED) return failed(CheckCode::PROCERR, fmt::format("signal {}", exit.si_status));
  if (exit.si_status != 0) return failed(CheckCode::PROCERR, {}, exit.si_status);
  CheckResult good = failed(CheckCode::PROCOK, {}, 0);
  good.verdict = CheckResult::Verdict::passed;
  return good;
}

Task<CheckResult> wait_for(std::unique_ptr<Child> child, Instant deadline) {
  for (;;) {
    if (const auto exit = child->reap()) co_return judge(*exit);
    const Result<void> woken = co_await attempt(child->wait(deadline));
    if (!woken) co_return failed(CheckCode::PROCTOUT, {}, 0);
  }
}

}  // namespace

Task<CheckResult> run_external(async::Worker& worker, const Server& server, const ExternalCheck& check, Duration patience) {
  const Instant begun = worker.loop.now();
  if (!check.may_fork) co_return failed(CheckCode::SOCKERR, "insecure-fork-wanted is not set");
  Surroundings with;
  describe(with, server, check);
  const std::expected<pid_t, int> pid = spawn(with);
  constexpr int not_run = 255;  // what a shell or a fork would end with
  if (!pid) co_return failed(CheckCode::PROCERR, std::strerror(pid.error()), not_run);
  const int descriptor = static_cast<int>(::syscall(SYS_pidfd_open, *pid, 0));
  if (descriptor < 0) {
    const int error = errno;
    ::kill(-*pid, SIGKILL);
    co_return failed(CheckCode::SOCKERR, std::strerror(error));
  }
  Task<CheckResult> waiting = wait_for(std::make_unique<Child>(worker, *pid, descriptor), begun + patience);
  CheckResult result = co_await std::move(waiting);
  result.duration = worker.loop.now() - begun;
  co_return result;
}

}  // namespace sluice::backend
