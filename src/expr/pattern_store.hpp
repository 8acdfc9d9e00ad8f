// PatternStore: the patterns of one file, of one virt@ name, or of one ACL line, which may change while workers compare
// with them; PatternUse: one way they are compared (a match, with or without regard to case), with its index; and
// PatternFiles: all stores of a configuration, by name and by number. Manual 7.1 and 7.3.1 (map), management 9.3.
//
// Every function may be called by any thread. Readers (PatternUse) never wait. Writers hold the store's lock for the time
// of the change, which includes indexing what is new: adding n entries one by one costs O(log n) amortized each. What
// PatternUse finds, and values, are valid until the caller's ReadSection ends.
//
// Invariants: entries keep their order and their address as long as they live; entries of versions that are prepared
// are seen by nobody until they are committed.
#pragma once
#include <expected>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <unordered_map>

#include "base/grace.hpp"
#include "expr/pattern.hpp"

namespace sluice::expr {

class PatternStore;

class PatternUse {
 public:
  // `verify`, if there is one, says what is wrong with a value.
  using VerifyValue = std::optional<std::string> (*)(std::string_view value);
  struct Wrong {
    std::string text;
    std::uint32_t line = 0;   // of the file
    std::size_t index = 0;    // which entry
  };
  PatternUse();  // finds nothing; to be assigned to
  static std::expected<PatternUse, Wrong> make(std::shared_ptr<PatternStore> store, const Match& match, MatchHow how,
                                               VerifyValue verify = nullptr);
  PatternUse(PatternUse&&) noexcept;
  PatternUse& operator=(PatternUse&&) noexcept;
  ~PatternUse();

  struct Hit {
    const PatternEntry* entry = nullptr;
    const Matcher* matcher = nullptr;
    std::uint32_t index = no_pattern;
    explicit operator bool() const { return entry != nullptr; }
    const Regex* regex() const { return matcher->regex(index); }
  };
  // To be called in a ReadSection; `sample` is of any type.
  Hit find(const Sample& sample, const Scope& scope) const;
  bool matches(const Sample& sample, const Scope& scope) const {
    const ReadSection section;
    return static_cast<bool>(find(sample, scope));
  }
  const Match& match() const;
  MatchHow how() const;
  PatternStore& store() const { return *store_; }

 private:
  friend class PatternStore;
  struct State;
  PatternUse(std::shared_ptr<PatternStore> store, std::unique_ptr<State> state);
  std::shared_ptr<PatternStore> store_;
  std::unique_ptr<State> state_;
};

class PatternStore {
 public:
  enum class Columns : std::uint8_t { one, two };
  using Version = std::uint32_t;
  using Failure = std::expected<void, std::string>;

  PatternStore(std::string name, std::string path, Columns columns);
  ~PatternStore();
  PatternStore(const PatternStore&) = delete;

  // ---- what it is; settled before workers start
  const std::string& name() const { return name_; }  // as the configuration writes it; empty: an ACL line's own
  const std::string& path() const { return path_; }
  unsigned id() const { return id_; }
  Columns columns() const { return columns_; }
  bool is_map() const { return used_by_map_; }
  bool is_acl() const { return used_by_acl_; }
  const std::string& description() const { return description_; }
  void note_acl(std::string_view keyword, std::string_view file, std::uint32_t line);
  void note_map(std::string_view file, std::uint32_t line);
  void set_id(unsigned id) { forced_id_ = id; }

  // ---- changes (runtime API, set-map and friends)
  // Wrong patterns or values change nothing and say why. Without a version: the current one, seen at once.
  Failure add(std::span<const PatternRow> rows, std::optional<Version> version = {});
  Failure add(std::string_view key, std::string_view value = {}) {
    const PatternRow row{key, value};
    return add({&row, 1});
  }
  // All entries of this very text; how many there were.
  std::size_t remove(std::string_view key);
  std::expected<std::size_t, std::string> set(std::string_view key, std::string_view value);
  // Sets, or adds if there is no such key: http-request set-map.
  Failure put(std::string_view key, std::string_view value);
  // Adds unless it is there: http-request add-acl.
  Failure put(std::string_view key);
  // One entry, by what `visit` gave: `del map #1 #0x55...`.
  bool remove_entry(const void* entry);
  std::expected<bool, std::string> set_entry(const void* entry, std::string_view value);
  // All entries of a version that is not committed, or of the current one.
  void clear(std::optional<Version> version = {});
  Version prepare();
  Failure commit(Version version);

  // ---- looking
  Version current_version() const;
  Version next_version() const;
  std::size_t size() const;  // of the current version
  bool contains(std::string_view key);
  struct Line {
    const void* id;
    std::string key;
    std::string value;
  };
  // A copy of at most `most` entries from number `from` on, so that long lists can be written without the lock.
  std::vector<Line> list(std::size_t from, std::size_t most, std::optional<Version> version = {}) const;
  // `get map` and `get acl`: what each use finds for a sample.
  struct Answer {
    const Match* match;
    Letters letters;
    bool found;
    std::string key;
    std::string value;
  };
  std::vector<Answer> look(const Sample& sample, const Scope& scope) const;

  // Raised by every change; who has made an index of his own out of these patterns compares it.
  std::uint32_t changes() const { return changes_.load(std::memory_order_acquire); }
  // Raised, too; `counter` may be shared by many stores.
  void count_changes_in(std::shared_ptr<std::atomic<std::uint32_t>> counter) { also_changes_.push_back(std::move(counter)); }

 private:
  friend class PatternUse;
  friend class PatternFiles;
  // Entries that are indexed together: those of the file, and what was added since in runs of growing size.
  struct Run {
    std::vector<const PatternEntry*> entries;
  };
  struct Index;
  using Chunks = std::vector<std::unique_ptr<PatternChunk>>;
  using ByKey = std::unordered_multimap<std::string_view, PatternEntry*>;

  static std::vector<const PatternEntry*> pointers(PatternChunk& chunk);
  static std::unique_ptr<Index> index_of(const PatternUse::State& use, std::span<const std::shared_ptr<Run>> runs);
  Failure check(Patterns patterns) const;
  Failure check_value(std::string_view value) const;
  Failure add_locked(std::span<const PatternRow> rows);
  void replace_runs(std::vector<std::shared_ptr<Run>> runs);
  std::shared_ptr<Run> merged(std::span<const std::shared_ptr<Run>> runs);
  void merge_small_runs();
  void drop(PatternEntry& entry);
  void clear_current();
  void after_drops();
  void bury_value(PatternEntry& entry);
  void replace_value(PatternEntry& entry, std::string_view value);
  ByKey& by_key();
  PatternEntry* known(const void* entry);
  void changed();

  const std::string name_;
  const std::string path_;
  const Columns columns_;
  unsigned id_ = 0;
  std::optional<unsigned> forced_id_;
  bool used_by_map_ = false;
  bool used_by_acl_ = false;
  std::string description_;

  mutable std::mutex lock_;
  std::vector<std::shared_ptr<Run>> runs_;
  std::size_t held_ = 0;                     // entries in them, dead ones too
  std::size_t dead_ = 0;
  std::vector<PatternChunk*> let_go_;        // to be buried once the next index is out
  std::vector<PatternUse::State*> uses_;
  std::optional<ByKey> by_key_;              // made when first needed
  std::map<Version, Chunks> pending_;
  Version current_ = 0;
  Version next_ = 0;
  std::atomic<std::uint32_t> changes_{0};
  std::vector<std::shared_ptr<std::atomic<std::uint32_t>>> also_changes_;
  Graveyard graveyard_;
};

// A store that is named before it is known whether there is one: http-request set-map(<file>).
struct PatternLink {
  std::string name;
  PatternStore* store = nullptr;  // settled by PatternFiles::number(); null: nothing uses a file of this name
};

class PatternFiles {
 public:
  using Columns = PatternStore::Columns;
  // The store of a file, read when it is first named. `virt@name` only exists in memory, `opt@file` may be absent.
  // The error says why it cannot be read.
  std::expected<std::shared_ptr<PatternStore>, std::string> open(std::string_view name, std::string_view path, Columns columns);
  // The store of an ACL line's own patterns.
  std::shared_ptr<PatternStore> make_own(std::span<const PatternRow> rows);
  std::shared_ptr<const PatternLink> link(std::string_view name, std::string_view path);
  // Gives numbers to those that have none, in the order they were made, and settles links; once everything is compiled.
  void number();

  // "#12", or a name. Null: there is none. By any thread, after start.
  std::shared_ptr<PatternStore> find(std::string_view name_or_number) const;
  const std::vector<std::shared_ptr<PatternStore>>& all() const { return stores_; }
  // All stores by their numbers.
  std::vector<PatternStore*> sorted() const;

 private:
  struct Link {
    std::shared_ptr<PatternLink> link;
    std::string path;
  };
  std::shared_ptr<PatternStore> by_path(std::string_view path) const;
  std::vector<std::shared_ptr<PatternStore>> stores_;
  std::vector<Link> links_;
};

}  // namespace sluice::expr
