#include "net/signals.hpp"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace sluice::net {

namespace {
sigset_t set_of(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  return set;
}
}  // namespace

Signals::Signals(async::Worker& worker, std::initializer_list<int> signals, Handler handler)
    : worker_(worker), handler_(std::move(handler)) {
  hold(signals);
  const sigset_t set = set_of(signals);
  fd_ = ::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  check(fd_ >= 0, "a descriptor for signals");
  node_.signals = this;
  node_.step = [](async::Waiter& w) -> async::PromiseBase* {
    const Signals& self = *static_cast<Node&>(w).signals;
    signalfd_siginfo info;
    if (::read(self.fd_, &info, sizeof info) == sizeof info) self.handler_(static_cast<int>(info.ssi_signo));
    return nullptr;  // level-triggered: a second one is told again
  };
  check(worker.io().watch(fd_, async::event::in, *this) == 0, "signals can be watched");
}

void Signals::hold(std::initializer_list<int> signals) {
  const sigset_t set = set_of(signals);
  check(::pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0, "signals can be blocked");
}

Signals::~Signals() {
  worker_.io().unwatch(fd_);
  ::close(fd_);
}

void Signals::on_events(std::uint32_t) { worker_.loop.push(node_); }

}  // namespace sluice::net
