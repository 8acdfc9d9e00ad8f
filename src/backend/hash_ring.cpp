// hash-type consistent: each server has 16 points per weight on a ring of 2^32, and a key goes to the nearest point. When
// a server comes or goes, only keys next to its points move. The points made of an id are Debian haproxy's, observed: the
// mixed number 4096 * id + n for the n-th one. Requests without a key take the points in turn.
//
// A choice is a binary search. Changes are collected and worked in by the next choice: one pass over the ring, however
// many servers changed.
#include <xxhash.h>

#include <algorithm>

#include "backend/hashing.hpp"
#include "backend/load_shares.hpp"
#include "backend/server.hpp"
#include "base/hash.hpp"

namespace sluice::backend {
namespace {

std::uint32_t point_of(const Server& server, std::uint32_t n) {
  const HashKey key = server.settings().hash_key;
  const net::Address address = server.address();
  const std::string& guid = server.settings().guid;
  if (key == HashKey::guid && !guid.empty()) return XXH32(guid.data(), guid.size(), n);
  // Not spread: neighbouring ids share all points but one, so this is for ids that are hashes themselves (manual).
  if (key == HashKey::id32) return avalanche(server.id() + n);
  if (key == HashKey::id || key == HashKey::guid || !address.is_ip()) return avalanche(server.id() * 4096 + n);
  std::array<std::uint8_t, 18> bytes{};
  const auto ip = address.bytes();
  std::ranges::copy(ip, bytes.begin());
  std::size_t size = ip.size();
  if (key == HashKey::addr_port) {
    bytes[size++] = static_cast<std::uint8_t>(address.port() >> 8);
    bytes[size++] = static_cast<std::uint8_t>(address.port() & 0xff);
  }
  return XXH32(bytes.data(), size, n);
}

class HashRing final : public HashBalancer {
 public:
  HashRing(const Algorithm::Farm& farm, std::unique_ptr<KeySource> source)
      : HashBalancer(farm.hash, std::move(source)), entries_(farm.servers.size()), points_per_weight_(16 / farm.weight_scale),
        shares_(farm.servers.size(), farm.hash.balance_factor) {
    follows_load = shares_.bounded();
  }

  Server* candidate(const PickRequest& request) override {
    if (!changed_.empty()) rebuild();
    took_turn_ = !request.key;
    if (ring_.empty() || set_aside_ == counted_) return nullptr;
    const std::size_t start = request.key ? nearest(*request.key) : turn_ % ring_.size();
    Server* any = nullptr;
    for (std::size_t i = 0; i < ring_.size(); ++i) {
      const std::size_t at = start + i < ring_.size() ? start + i : start + i - ring_.size();
      const Entry& entry = entries_[ring_[at].server];
      if (entry.aside) continue;
      if (shares_.has_room(ring_[at].server)) return entry.server;
      if (!any) any = entry.server;
    }
    return any;
  }
  void chosen(Server&) override {
    if (took_turn_) ++turn_;
  }
  void set_weight(Server& server, std::uint32_t weight) override {
    bring_back(server);
    Entry& entry = entries_[server.position()];
    if (entry.weight == 0 && weight != 0) ++counted_;
    if (entry.weight != 0 && weight == 0) --counted_;
    entry.server = &server;
    entry.weight = weight;
    if (!std::exchange(entry.changed, true)) changed_.push_back(static_cast<std::uint32_t>(server.position()));
    shares_.set_weight(server, weight);
  }
  void set_aside(Server& server) override {
    if (!std::exchange(entries_[server.position()].aside, true)) ++set_aside_;
  }
  void bring_back(Server& server) override {
    if (std::exchange(entries_[server.position()].aside, false)) --set_aside_;
  }
  void load_changed(Server& server) override { shares_.load_changed(server); }

 private:
  struct Entry {
    Server* server = nullptr;
    std::uint32_t weight = 0;
    bool aside = false, changed = false;
  };
  struct Point {
    std::uint32_t at;
    std::uint32_t server;
    auto operator<=>(const Point&) const = default;
  };

  // The nearer of the two points around the key; the one behind it if both are as near.
  std::size_t nearest(std::uint32_t key) const {
    const auto found = std::ranges::lower_bound(ring_, key, {}, &Point::at);
    const std::size_t next = found == ring_.end() ? 0 : static_cast<std::size_t>(found - ring_.begin());
    const std::size_t before = next == 0 ? ring_.size() - 1 : next - 1;
    return ring_[next].at - key <= key - ring_[before].at ? next : before;  // modulo 2^32
  }

  void rebuild() {
    std::erase_if(ring_, [this](const Point& point) { return entries_[point.server].changed; });
    const std::size_t kept = ring_.size();
    for (const std::uint32_t position : changed_) {
      Entry& entry = entries_[position];
      entry.changed = false;
      for (std::uint32_t n = 0; n < entry.weight * points_per_weight_; ++n) ring_.push_back({point_of(*entry.server, n), position});
    }
    changed_.clear();
    const auto middle = ring_.begin() + static_cast<std::ptrdiff_t>(kept);
    std::sort(middle, ring_.end());
    std::inplace_merge(ring_.begin(), middle, ring_.end());
  }

  std::vector<Point> ring_;
  std::vector<Entry> entries_;           // by position
  const std::uint32_t points_per_weight_;
  std::vector<std::uint32_t> changed_;   // whose points are not as their weights
  LoadShares shares_;
  std::size_t counted_ = 0, set_aside_ = 0;
  std::size_t turn_ = 0;
  bool took_turn_ = false;
};

}  // namespace

std::unique_ptr<Balancer> make_hash_ring(const Algorithm::Farm& farm, std::unique_ptr<KeySource> source) {
  return std::make_unique<HashRing>(farm, std::move(source));
}

}  // namespace sluice::backend
