#include "proxy/admission.hpp"

#include "proxy/frontend.hpp"

namespace sluice::proxy {

namespace {

using Places = std::atomic<std::uint32_t>;

// Two workers at the last place: one of them gets it.
bool take_place(Places& taken, std::uint32_t most) {
  if (most == 0) {
    taken.fetch_add(1, std::memory_order_relaxed);
    return true;
  }
  std::uint32_t now = taken.load(std::memory_order_relaxed);
  do {
    if (now >= most) return false;
  } while (!taken.compare_exchange_weak(now, now + 1, std::memory_order_relaxed));
  return true;
}
void leave_place(Places& taken) { taken.fetch_sub(1, std::memory_order_relaxed); }
bool place_left(const Places& taken, std::uint32_t most) { return most == 0 || taken.load(std::memory_order_relaxed) < most; }

std::uint32_t value(const Places& limit) { return limit.load(std::memory_order_relaxed); }

bool take_places(States& states, const Frontend& frontend, const Bind& bind) {
  if (!take_place(states.connections, value(states.maxconn))) return false;
  if (take_place(frontend.state.sessions, value(frontend.state.maxconn))) {
    if (!bind.sessions || take_place(*bind.sessions, bind.maxconn)) return true;
    leave_place(frontend.state.sessions);
  }
  leave_place(states.connections);
  return false;
}

bool take_rates(States& states, const Frontend& frontend, Instant now) {
  const std::uint32_t connections = value(states.max_connection_rate), sessions = value(states.max_session_rate),
                      here = value(frontend.state.max_session_rate);
  if (connections && !states.connection_rate.take(now, connections)) return false;
  if (!sessions || states.session_rate.take(now, sessions)) {
    if (!here || frontend.state.session_rate.take(now, here)) return true;
    if (sessions) states.session_rate.give_back();
  }
  if (connections) states.connection_rate.give_back();
  return false;
}

}  // namespace

// ---- SharedRate

std::uint64_t SharedRate::seen(Instant now) {
  const std::int64_t second = now.us / 1'000'000;
  if (second > second_) {  // workers' clocks may be a moment apart: never back
    before_ = second == second_ + 1 ? count_ : 0;
    count_ = 0;
    second_ = second;
  }
  const std::int64_t left = 1'000'000 - now.us % 1'000'000;
  return count_ + before_ * static_cast<std::uint64_t>(left) / 1'000'000;
}
bool SharedRate::take(Instant now, std::uint32_t most) {
  const std::lock_guard lock(mutex_);
  if (seen(now) >= most) return false;
  ++count_;
  return true;
}
bool SharedRate::has_room(Instant now, std::uint32_t most) {
  const std::lock_guard lock(mutex_);
  return seen(now) < most;
}
void SharedRate::give_back() {
  const std::lock_guard lock(mutex_);
  if (count_) --count_;
}

// ---- admission

Admitted admit(States& states, const Frontend& frontend, const Bind& bind, Instant now) {
  if (frontend.state.run.load(std::memory_order_relaxed) != FrontendRun::running) return Admitted::no;
  if (!take_places(states, frontend, bind)) return Admitted::no;
  if (take_rates(states, frontend, now)) return Admitted::yes;
  dismiss(states, frontend, bind);
  return Admitted::no;
}

bool may_admit(States& states, const Frontend& frontend, const Bind& bind, Instant now) {
  const std::uint32_t connections = value(states.max_connection_rate), sessions = value(states.max_session_rate),
                      here = value(frontend.state.max_session_rate);
  if (frontend.state.run.load(std::memory_order_relaxed) != FrontendRun::running) return false;
  return place_left(states.connections, value(states.maxconn)) &&
         place_left(frontend.state.sessions, value(frontend.state.maxconn)) &&
         (!bind.sessions || place_left(*bind.sessions, bind.maxconn)) &&
         (!connections || states.connection_rate.has_room(now, connections)) &&
         (!sessions || states.session_rate.has_room(now, sessions)) &&
         (!here || frontend.state.session_rate.has_room(now, here));
}

void uncount_session(States& states, const Frontend& frontend) {
  if (value(states.max_session_rate)) states.session_rate.give_back();
  if (value(frontend.state.max_session_rate)) frontend.state.session_rate.give_back();
}

void take_back(States& states, const Frontend& frontend, const Bind& bind) {
  if (value(states.max_connection_rate)) states.connection_rate.give_back();
  uncount_session(states, frontend);
  dismiss(states, frontend, bind);
}

void dismiss(States& states, const Frontend& frontend, const Bind& bind) {
  if (bind.sessions) leave_place(*bind.sessions);
  leave_place(frontend.state.sessions);
  leave_place(states.connections);
}

}  // namespace sluice::proxy
