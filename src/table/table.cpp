#include "table/table.hpp"

#include <xxhash.h>

#include <bit>
#include <cstring>

#include "base/check.hpp"

namespace sluice::table {
namespace {

constexpr std::size_t most_shards = 64;
constexpr std::size_t per_shard = 256;  // fewer entries than this are not worth another lock
constexpr std::size_t slab_entries = 128;

std::uint64_t hash_of(std::string_view key) { return XXH3_64bits(key.data(), key.size()); }

}  // namespace

// Followed by `length` bytes of key. Linked into a bucket's chain and into the list of use.
struct Table::Entry {
  Entry* next = nullptr;   // in the bucket, or in the free list
  Entry* older = nullptr;
  Entry* newer = nullptr;
  std::uint64_t hash = 0;
  Instant used{};
  Affinity affinity;
  std::uint32_t size = 0;  // of the key

  char* bytes() { return reinterpret_cast<char*>(this + 1); }
  std::string_view key() { return {bytes(), size}; }
};

// Everything under `mutex`.
class Table::Shard {
 public:
  explicit Shard(const Definition& definition)
      : stride_((sizeof(Entry) + definition.length + 7) / 8 * 8), expire_(definition.expire), buckets_(16) {}

  std::mutex mutex;

  Entry* find(std::string_view key, std::uint64_t hash) {
    for (Entry* entry = bucket(hash); entry; entry = entry->next)
      if (entry->hash == hash && entry->key() == key) return entry;
    return nullptr;
  }

  Entry& add(std::string_view key, std::uint64_t hash) {
    if (count_ >= buckets_.size()) grow();
    Entry& entry = take_free();
    entry.hash = hash;
    entry.size = static_cast<std::uint32_t>(key.size());
    entry.affinity = {};
    if (!key.empty()) std::memcpy(entry.bytes(), key.data(), key.size());
    Entry*& first = bucket(hash);
    entry.next = first;
    first = &entry;
    append(entry);
    ++count_;
    return entry;
  }

  void touch(Entry& entry, Instant now) {
    entry.used = now;
    if (newest_ == &entry) return;
    detach(entry);
    append(entry);
  }

  // How many went.
  std::size_t drop_expired(Instant now) {
    std::size_t dropped = 0;
    while (expire_ && oldest_ && oldest_->used + *expire_ <= now) {
      drop(*oldest_);
      ++dropped;
    }
    return dropped;
  }

  bool drop_oldest() {
    if (!oldest_) return false;
    drop(*oldest_);
    return true;
  }

 private:
  Entry*& bucket(std::uint64_t hash) { return buckets_[(hash >> 8) & (buckets_.size() - 1)]; }

  void append(Entry& entry) {
    entry.older = newest_;
    entry.newer = nullptr;
    (newest_ ? newest_->newer : oldest_) = &entry;
    newest_ = &entry;
  }

  void detach(Entry& entry) {
    (entry.older ? entry.older->newer : oldest_) = entry.newer;
    (entry.newer ? entry.newer->older : newest_) = entry.older;
  }

  void drop(Entry& entry) {
    Entry** at = &bucket(entry.hash);
    while (*at != &entry) at = &(*at)->next;
    *at = entry.next;
    detach(entry);
    entry.next = free_;
    free_ = &entry;
    --count_;
  }

  Entry& take_free() {
    if (!free_) {
      slabs_.push_back(std::make_unique<std::byte[]>(stride_ * slab_entries));
      for (std::size_t i = 0; i < slab_entries; ++i) {
        Entry* const entry = new (slabs_.back().get() + i * stride_) Entry;
        entry->next = free_;
        free_ = entry;
      }
    }
    Entry& entry = *free_;
    free_ = entry.next;
    return entry;
  }

  void grow() {
    std::vector<Entry*> old(buckets_.size() * 2);
    old.swap(buckets_);
    for (Entry* entry : old) {
      while (entry) {
        Entry* const next = entry->next;
        Entry*& first = bucket(entry->hash);
        entry->next = first;
        first = entry;
        entry = next;
      }
    }
  }

  const std::size_t stride_;
  const std::optional<Duration> expire_;
  std::vector<Entry*> buckets_;  // a power of two of them
  std::vector<std::unique_ptr<std::byte[]>> slabs_;
  Entry* free_ = nullptr;
  Entry* oldest_ = nullptr;
  Entry* newest_ = nullptr;
  std::size_t count_ = 0;
};

Table::Table(std::string name, const Definition& definition) : name_(std::move(name)), definition_(definition) {
  const std::size_t wanted = std::min<std::size_t>(most_shards, static_cast<std::size_t>(definition.size / per_shard));
  const std::size_t count = std::bit_floor(std::max<std::size_t>(1, wanted));
  for (std::size_t i = 0; i < count; ++i) shards_.push_back(std::make_unique<Shard>(definition));
}

Table::~Table() = default;

Table::Shard& Table::shard_of(std::uint64_t hash) const { return *shards_[hash & (shards_.size() - 1)]; }

std::optional<std::string_view> Table::key_of(const expr::Sample& sample, Arena& arena) const {
  if (!sample) return std::nullopt;
  const auto bytes_of = [&arena](const auto& value) {
    return arena.copy({reinterpret_cast<const char*>(&value), sizeof value});
  };
  switch (definition_.type) {
    case KeyType::ip: {
      const expr::Sample address = cast(sample, expr::Type::ipv4, arena);
      if (!address) return std::nullopt;
      return bytes_of(address.ipv4().value);
    }
    case KeyType::ipv6: {
      const expr::Sample address = cast(sample, expr::Type::ipv6, arena);
      if (!address) return std::nullopt;
      return bytes_of(address.ipv6().bytes);
    }
    case KeyType::integer: {
      const expr::Sample number = cast(sample, expr::Type::sint, arena);
      if (!number) return std::nullopt;
      return bytes_of(static_cast<std::uint32_t>(number.integer()));
    }
    case KeyType::string: {
      const expr::Sample text = cast(sample, expr::Type::str, arena);
      if (!text) return std::nullopt;
      return text.view().substr(0, definition_.length);
    }
    case KeyType::binary: {
      const expr::Sample block = cast(sample, expr::Type::bin, arena);
      if (!block) return std::nullopt;
      const std::string_view view = block.view().substr(0, definition_.length);
      if (view.size() == definition_.length) return view;
      char* const padded = arena.allocate(definition_.length);
      std::memset(padded, 0, definition_.length);
      if (!view.empty()) std::memcpy(padded, view.data(), view.size());
      return std::string_view(padded, definition_.length);
    }
  }
  return std::nullopt;
}

std::optional<Affinity> Table::match(std::string_view key, Instant now) {
  const std::uint64_t hash = hash_of(key);
  Shard& shard = shard_of(hash);
  const std::lock_guard lock(shard.mutex);
  entries_ -= shard.drop_expired(now);
  Entry* const entry = shard.find(key, hash);
  if (!entry) return std::nullopt;
  shard.touch(*entry, now);
  return entry->affinity;
}

std::optional<Table::Found> Table::look_up(std::string_view key, Instant now) const {
  const std::uint64_t hash = hash_of(key);
  Shard& shard = shard_of(hash);
  const std::lock_guard lock(shard.mutex);
  Entry* const entry = shard.find(key, hash);
  if (!entry || (definition_.expire && entry->used + *definition_.expire <= now)) return std::nullopt;
  const Duration idle = now - entry->used;
  return Found{entry->affinity, definition_.expire ? *definition_.expire - idle : Duration{}, idle};
}

// Called with no lock held; on return there was room for one more, counted already.
bool Table::make_room(Shard& shard, Instant now) {
  for (;;) {
    std::uint64_t count = entries_.load();
    while (count < definition_.size)
      if (entries_.compare_exchange_weak(count, count + 1)) return true;
    if (used(now) < definition_.size) continue;  // expired entries of other shards were in the way
    if (definition_.nopurge) return false;
    bool dropped = false;
    {
      const std::lock_guard lock(shard.mutex);
      dropped = shard.drop_oldest();
    }
    for (auto other = shards_.begin(); !dropped && other != shards_.end(); ++other) {
      const std::lock_guard lock((*other)->mutex);
      dropped = (*other)->drop_oldest();
    }
    if (!dropped) return false;
    --entries_;
  }
}

bool Table::store(std::string_view key, const Affinity& affinity, Instant now) {
  const std::uint64_t hash = hash_of(key);
  Shard& shard = shard_of(hash);
  {
    const std::lock_guard lock(shard.mutex);
    entries_ -= shard.drop_expired(now);
    if (Entry* const entry = shard.find(key, hash)) {
      entry->affinity = affinity;
      shard.touch(*entry, now);
      return true;
    }
  }
  if (!make_room(shard, now)) return false;
  const std::lock_guard lock(shard.mutex);
  Entry* entry = shard.find(key, hash);
  if (entry) --entries_;  // another worker was faster
  else entry = &shard.add(key, hash);
  entry->affinity = affinity;
  shard.touch(*entry, now);
  return true;
}

std::uint64_t Table::used(Instant now) const {
  for (const auto& shard : shards_) {
    const std::lock_guard lock(shard->mutex);
    entries_ -= shard->drop_expired(now);
  }
  return entries_.load();
}

std::shared_ptr<Table> Tables::get(const std::string& name, const Definition& definition) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<Table>& table = tables_[name];
  if (!table || table->definition() != definition) table = std::make_shared<Table>(name, definition);
  return table;
}

}  // namespace sluice::table
