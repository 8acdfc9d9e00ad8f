// Admission: whether one more client connection may be taken from a listening socket, decided for all workers together
// before accept(). A connection that was admitted is counted in the process, its frontend and its bind line until
// dismiss(). Any worker.
#pragma once
#include <cstdint>
#include <mutex>

#include "base/time.hpp"

namespace sluice::proxy {

struct Bind;
class Frontend;
class States;

// Events per second of all workers, held to a limit: the running second and what is left of the one before it.
class SharedRate {
 public:
  // Counts one event, or not if there would be more than `most` a second.
  bool take(Instant now, std::uint32_t most);
  bool has_room(Instant now, std::uint32_t most);
  void give_back();  // the event did not happen

 private:
  std::uint64_t seen(Instant now);
  std::mutex mutex_;
  std::int64_t second_ = -1;
  std::uint64_t count_ = 0, before_ = 0;
};

enum class Admitted : std::uint8_t { yes, no };
Admitted admit(States& states, const Frontend& frontend, const Bind& bind, Instant now);
// As far as can be said without taking a place.
bool may_admit(States& states, const Frontend& frontend, const Bind& bind, Instant now);
// Nothing came, or a rule refused it: it does not count for the rates either.
void take_back(States& states, const Frontend& frontend, const Bind& bind);
void uncount_session(States& states, const Frontend& frontend);
// A connection has ended.
void dismiss(States& states, const Frontend& frontend, const Bind& bind);

}  // namespace sluice::proxy
