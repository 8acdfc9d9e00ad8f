#include "async/profiler.hpp"

#include <chrono>
#include <utility>

#include "async/nursery.hpp"

namespace sluice::async {

// Real time, also where the loop's is simulated: it is work that is measured.
std::int64_t Profiler::clock() const {
  if (!times()) return 0;
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void Profiler::begin(Join* root, std::int64_t now) {
  root_ = root;
  began_ = now;
  account_ = root ? root->account : nullptr;
  if (!account_) return;
  ++account_->calls;
  account_->late_ns += began_ - polled_;
}

void Profiler::charge(std::int64_t now) {
  if (account_) account_->cpu_ns += now - began_;
  account_ = nullptr;
}

void Profiler::open(Account& account) {
  account = {};
  if (!root_) return;
  root_->account = &account;
  begin(root_, began_);
}

void Profiler::close(Account& account) {
  if (account_ != &account) return;  // not open, or cancelled by somebody else, and its task with it
  const std::int64_t now = clock();
  charge(now);
  began_ = now;  // what follows is the next one's
  root_->account = nullptr;
}

void Profiler::run(List<Waiter>& batch) {
  std::int64_t now = polled_ = clock();
  while (Waiter* const waiter = batch.pop_front()) {
    began_ = now;
    if (PromiseBase* const who = waiter->step(*waiter)) {
      begin(Nursery::root(*who), now);
      who->handle().resume();
    }
    now = clock();
    charge(now);
    root_ = nullptr;
  }
}

void Profiler::turn_took(Duration busy) {
  if (timing_ != Timing::automatic || !std::exchange(turned_, true)) return;
  busy_ += busy.us - busy_ / 1024;
  slow_ = busy_ >= std::int64_t{1024} * (slow_ ? 990 : 1000);
}

Profiler::Started::Started(Profiler* profiler, Join& child) : profiler_(profiler) {
  if (!profiler_) return;
  root_ = profiler_->root_;
  account_ = profiler_->account_;
  began_ = profiler_->began_;
  started_ = profiler_->clock();
  profiler_->begin(&child, started_);
}

Profiler::Started::~Started() {
  if (!profiler_) return;
  const std::int64_t now = profiler_->clock();
  profiler_->charge(now);
  profiler_->root_ = root_;
  profiler_->account_ = account_;
  profiler_->began_ = began_ + (now - started_);
}

}  // namespace sluice::async
