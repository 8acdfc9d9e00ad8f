// QuickAnswers: whether a server has answered the first request of a new connection by the loop's next turn, lately. Where it
// does, one more look is cheaper than telling epoll of a connection that is about to end; where it does not, the look is
// lost, and so it is only tried now and then. One per server and worker, touched by that worker only.
#pragma once
#include <algorithm>

namespace sluice::backend {

class QuickAnswers {
 public:
  // Asked once for each new connection; true: look, and say what was found.
  bool worth_a_look() { return score_ >= likely || ++asked_ % probe_every == 0; }
  void learn(bool came) {
    score_ = came ? std::min(score_ + 1, highest) : std::max(score_ - 2, 0);  // two of three have to come
  }

 private:
  static constexpr int highest = 16, likely = 4;
  static constexpr unsigned probe_every = 16;
  int score_ = 0;
  unsigned asked_ = 0;
};

}  // namespace sluice::backend
