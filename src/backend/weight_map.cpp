#include "backend/weight_map.hpp"

#include <numeric>
#include <queue>
#include <set>

#include "backend/server.hpp"

namespace sluice::backend {

void WeightMap::set_weight(Server& server, std::uint32_t weight) {
  bring_back(server);
  Entry& entry = all_[server.position()];
  if (entry.weight != 0 && weight == 0) --weighted_;
  if (entry.weight == 0 && weight != 0) ++weighted_;
  entry = Entry{&server, weight};
  stale_ = true;
}

void WeightMap::set_aside(const Server& server) {
  if (!std::exchange(aside_[server.position()], 1)) ++set_aside_;
}

void WeightMap::bring_back(const Server& server) {
  if (std::exchange(aside_[server.position()], 0)) --set_aside_;
}

Server* WeightMap::at(std::size_t place, std::size_t* found) {
  const std::span<Server* const> round = servers();
  if (weighted_ == 0 || set_aside_ == weighted_) return nullptr;
  place %= round.size();
  while (aside_[round[place]->position()]) place = place + 1 == round.size() ? 0 : place + 1;
  if (found) *found = place;
  return round[place];
}

std::span<Server* const> WeightMap::servers() {
  if (std::exchange(stale_, false)) build();
  return map_;
}

// Step t (from 1): a server that was chosen c times has t * weight - c * total saved up, that is
// floor(t * weight / total) - c whole rounds. The first of those with the most is next. A server's number of rounds
// changes only when it is chosen and when t * weight passes a multiple of total, so servers are kept in sets by it and
// moved by a calendar: O(log n) a step, where the plain way would look at every server in every step.
void WeightMap::build() {
  map_.clear();
  std::uint64_t divisor = 0, total = 0;
  for (const Entry& entry : all_) divisor = std::gcd(divisor, entry.weight);
  if (divisor == 0) return;
  for (const Entry& entry : all_) total += entry.weight / divisor;
  map_.reserve(total);

  struct Gain {  // at `step` the server has one round more
    std::uint64_t step;
    std::size_t server;
    std::uint64_t rounds;
    bool operator>(const Gain& o) const { return step > o.step; }
  };
  std::priority_queue<Gain, std::vector<Gain>, std::greater<>> calendar;
  std::vector<std::int64_t> saved(all_.size());
  std::map<std::int64_t, std::set<std::size_t>, std::greater<>> by_saved;
  const auto move = [&](std::size_t server, std::int64_t by) {
    const auto from = by_saved.find(saved[server]);
    from->second.erase(server);
    if (from->second.empty()) by_saved.erase(from);
    saved[server] += by;
    by_saved[saved[server]].insert(server);
  };
  const auto note_gain = [&](std::size_t server, std::uint64_t rounds) {
    const std::uint64_t weight = all_[server].weight / divisor;
    calendar.push(Gain{(rounds * total + weight - 1) / weight, server, rounds});
  };
  for (std::size_t i = 0; i < all_.size(); ++i) {
    if (all_[i].weight == 0) continue;
    by_saved[0].insert(i);
    note_gain(i, 1);
  }
  for (std::uint64_t step = 1; step <= total; ++step) {
    while (calendar.top().step == step) {
      const Gain gain = calendar.top();
      calendar.pop();
      move(gain.server, 1);
      note_gain(gain.server, gain.rounds + 1);
    }
    const std::size_t next = *by_saved.begin()->second.begin();
    map_.push_back(all_[next].server);
    move(next, -1);
  }
}

}  // namespace sluice::backend
