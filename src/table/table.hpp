// A stick table (manual 4.2 "stick-table"): what is known about keys taken from traffic, and for how long. It belongs to
// the process and is found again by its proxy's name after a reload; any worker may use it. The entries are spread over
// shards with a lock each, which is held for one look-up and never across a wait. Nothing is allocated for a key that is
// already there, and entries come from slabs that are reused.
//
// Every entry lives for the same time after it was last used, so the order of use is the order of expiry: a shard keeps
// its entries in one list, expired ones are found at its old end, and so is the victim when the table is full.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.hpp"
#include "base/time.hpp"
#include "expr/sample.hpp"

namespace sluice::table {

enum class KeyType : std::uint8_t { ip, ipv6, integer, string, binary };

// How servers are recognised again ("srvkey").
enum class ServerKey : std::uint8_t { name, address };

// What a stick-table line says. Two tables of equal definitions can stand for each other over a reload.
struct Definition {
  KeyType type = KeyType::ip;
  std::uint32_t length = 4;         // bytes of a key, of strings the most of them
  std::uint64_t size = 0;           // entries
  std::optional<Duration> expire;   // since the last use; nothing: never
  bool nopurge = false;             // a full table takes no new keys instead of forgetting old ones
  ServerKey server_key = ServerKey::name;
  bool operator==(const Definition&) const = default;
};

// The server a key belongs to: its number in a backend, and the hash of what names it in any (see ServerKey).
struct Affinity {
  std::uint32_t server_id = 0;      // 0: none is known
  std::uint64_t server_key = 0;
  bool operator==(const Affinity&) const = default;
};

class Table {
 public:
  Table(std::string name, const Definition& definition);
  Table(const Table&) = delete;
  ~Table();

  const std::string& name() const { return name_; }
  const Definition& definition() const { return definition_; }

  // The sample as a key: cast to the table's type, cut to its length, blocks padded with zeros. Nothing if it cannot be
  // one. The view is into the sample or the arena.
  std::optional<std::string_view> key_of(const expr::Sample& sample, Arena& arena) const;

  // An entry as it is now, for converters.
  struct Found {
    Affinity affinity;
    Duration left{};   // until it expires, 0: it does not
    Duration idle{};   // since its last use
  };

  // What is known of a key; match() counts as use of the entry, look_up() does not.
  std::optional<Affinity> match(std::string_view key, Instant now);
  std::optional<Found> look_up(std::string_view key, Instant now) const;
  // False: the table is full and does not purge.
  bool store(std::string_view key, const Affinity& affinity, Instant now);

  std::uint64_t used(Instant now) const;
  std::uint64_t available(Instant now) const { return definition_.size - used(now); }

 private:
  struct Entry;
  class Shard;
  Shard& shard_of(std::uint64_t hash) const;
  bool make_room(Shard& shard, Instant now);

  const std::string name_;
  const Definition definition_;
  mutable std::atomic<std::uint64_t> entries_{0};
  std::vector<std::unique_ptr<Shard>> shards_;  // a power of two of them
};

// All tables of the process, by name. Made before the first configuration, outlives every worker.
class Tables {
 public:
  // The table of that name: the one there is if it is defined alike, else a new and empty one. An old one lives on for
  // those that still use it.
  std::shared_ptr<Table> get(const std::string& name, const Definition& definition);

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Table>, std::less<>> tables_;
};

}  // namespace sluice::table
