#include "expr/pattern_store.hpp"

#include "base/text.hpp"

namespace sluice::expr {

struct PatternStore::Index {
  struct Part {
    std::shared_ptr<const Run> run;
    std::shared_ptr<const Matcher> matcher;
  };
  std::vector<Part> parts;
};

struct PatternUse::State {
  const Match* match = nullptr;
  MatchHow how;
  VerifyValue verify = nullptr;
  std::atomic<const PatternStore::Index*> index{nullptr};
  ~State() { delete index.load(std::memory_order_relaxed); }
};

// ---- PatternUse -------------------------------------------------------------------------------------------------

PatternUse::PatternUse(std::shared_ptr<PatternStore> store, std::unique_ptr<State> state)
    : store_(std::move(store)), state_(std::move(state)) {}

PatternUse::PatternUse() = default;
PatternUse::PatternUse(PatternUse&&) noexcept = default;
PatternUse& PatternUse::operator=(PatternUse&& other) noexcept {
  std::swap(store_, other.store_);
  std::swap(state_, other.state_);
  return *this;
}

PatternUse::~PatternUse() {
  if (!state_) return;
  const std::lock_guard guard(store_->lock_);
  std::erase(store_->uses_, state_.get());
}

const Match& PatternUse::match() const { return *state_->match; }
MatchHow PatternUse::how() const { return state_->how; }

std::expected<PatternUse, PatternUse::Wrong> PatternUse::make(std::shared_ptr<PatternStore> store, const Match& match,
                                                              MatchHow how, VerifyValue verify) {
  auto state = std::make_unique<State>();
  state->match = &match;
  state->how = how;
  state->verify = verify;
  const std::lock_guard guard(store->lock_);
  auto index = std::make_unique<PatternStore::Index>();
  for (const auto& run : store->runs_) {
    PatternError error;
    std::shared_ptr<const Matcher> matcher = match.make(run->entries, how, error);
    if (!matcher) return std::unexpected(Wrong{std::move(error.text), run->entries[error.index]->line(), error.index});
    for (std::size_t i = 0; verify && i < run->entries.size(); ++i)
      if (auto wrong = verify(run->entries[i]->value())) return std::unexpected(Wrong{std::move(*wrong), run->entries[i]->line(), i});
    index->parts.push_back({run, std::move(matcher)});
  }
  state->index.store(index.release(), std::memory_order_release);
  store->uses_.push_back(state.get());
  return PatternUse(store, std::move(state));
}

PatternUse::Hit PatternUse::find(const Sample& sample, const Scope& scope) const {
  if (!state_) return {};
  const Sample wanted = cast_for(*state_->match, sample, scope);
  if (!wanted) return {};
  Hit best;
  std::uint32_t rank = 0;
  for (const auto& part : state_->index.load(std::memory_order_acquire)->parts) {
    const Found found = part.matcher->find(wanted, scope);
    if (!found || (best && found.rank <= rank)) continue;
    best = {part.run->entries[found.index], part.matcher.get(), found.index};
    rank = found.rank;
  }
  return best;
}

// ---- PatternStore: what it is -----------------------------------------------------------------------------------

PatternStore::PatternStore(std::string name, std::string path, Columns columns)
    : name_(std::move(name)), path_(std::move(path)), columns_(columns) {}

PatternStore::~PatternStore() {
  for (const auto& run : runs_)
    for (const PatternEntry* entry : run->entries) {
      PatternChunk* const chunk = entry->chunk_;  // read once: the entry goes with it
      if (--chunk->held == 0) delete chunk;
    }
  for (PatternChunk* chunk : let_go_) delete chunk;
}

void PatternStore::note_acl(std::string_view keyword, std::string_view file, std::uint32_t line) {
  used_by_acl_ = true;
  if (name_.empty()) description_ = fmt::format("acl '{}' file '{}' line {}", keyword, file, line);
  else if (description_.empty()) description_ = fmt::format("pattern loaded from file '{}' used by acl at file '{}' line {}", name_, file, line);
  else description_ += fmt::format(", by acl at file '{}' line {}", file, line);
}

void PatternStore::note_map(std::string_view file, std::uint32_t line) {
  used_by_map_ = true;
  if (description_.empty()) description_ = fmt::format("pattern loaded from file '{}' used by map at file '{}' line {}", name_, file, line);
  else description_ += fmt::format(", by map at file '{}' line {}", file, line);
}

// ---- indexes ----------------------------------------------------------------------------------------------------

std::vector<const PatternEntry*> PatternStore::pointers(PatternChunk& chunk) {
  std::vector<const PatternEntry*> all;
  all.reserve(chunk.entries().size());
  for (const PatternEntry& entry : chunk.entries()) all.push_back(&entry);
  return all;
}

PatternStore::Failure PatternStore::check(Patterns patterns) const {
  for (const PatternUse::State* use : uses_) {
    PatternError error;
    if (!use->match->make(patterns, use->how, error)) return std::unexpected(std::move(error.text));
  }
  for (const PatternEntry* pattern : patterns)
    if (auto fine = check_value(pattern->value()); !fine) return fine;
  return {};
}

PatternStore::Failure PatternStore::check_value(std::string_view value) const {
  for (const PatternUse::State* use : uses_) {
    if (!use->verify) continue;
    if (auto wrong = use->verify(value)) return std::unexpected(std::move(*wrong));
  }
  return {};
}

// Matchers of runs that were there before are taken over.
std::unique_ptr<PatternStore::Index> PatternStore::index_of(const PatternUse::State& use, std::span<const std::shared_ptr<Run>> runs) {
  auto index = std::make_unique<Index>();
  const Index& before = *use.index.load(std::memory_order_relaxed);
  for (const auto& run : runs) {
    const auto same = std::ranges::find(before.parts, run, &Index::Part::run);
    if (same != before.parts.end()) {
      index->parts.push_back(*same);
      continue;
    }
    PatternError error;
    std::shared_ptr<const Matcher> matcher = use.match->make(run->entries, use.how, error);
    sluice::check(matcher != nullptr, "patterns that were fine one by one are fine together");
    index->parts.push_back({run, std::move(matcher)});
  }
  return index;
}

void PatternStore::replace_runs(std::vector<std::shared_ptr<Run>> runs) {
  std::erase_if(runs, [](const auto& run) { return run->entries.empty(); });
  for (PatternUse::State* use : uses_) {
    auto index = index_of(*use, runs);
    graveyard_.bury(use->index.exchange(index.release(), std::memory_order_acq_rel));
  }
  runs_ = std::move(runs);
  for (PatternChunk* chunk : let_go_) graveyard_.bury(chunk);
  let_go_.clear();
}

// What is alive in `runs`, as one.
std::shared_ptr<PatternStore::Run> PatternStore::merged(std::span<const std::shared_ptr<Run>> runs) {
  auto all = std::make_shared<Run>();
  for (const auto& run : runs) {
    for (const PatternEntry* entry : run->entries) {
      if (entry->alive()) {
        all->entries.push_back(entry);
        continue;
      }
      --held_;
      --dead_;
      if (--entry->chunk_->held == 0) let_go_.push_back(entry->chunk_);
    }
  }
  return all;
}

// A run is at least twice as long as the one behind it, so there are few and each entry is moved a few times only.
void PatternStore::merge_small_runs() {
  auto runs = runs_;
  std::size_t first = runs.size() - 1;
  std::size_t size = runs[first]->entries.size();
  while (first > 0 && runs[first - 1]->entries.size() < 2 * size) size += runs[--first]->entries.size();
  if (first + 1 == runs.size()) return replace_runs(std::move(runs));
  auto one = merged(std::span(runs).subspan(first));
  runs.resize(first);
  runs.push_back(std::move(one));
  replace_runs(std::move(runs));
}

void PatternStore::changed() {
  changes_.fetch_add(1, std::memory_order_release);
  for (const auto& counter : also_changes_) counter->fetch_add(1, std::memory_order_release);
  graveyard_.collect();
}

// ---- changes ----------------------------------------------------------------------------------------------------

PatternStore::Failure PatternStore::add(std::span<const PatternRow> rows, std::optional<Version> version) {
  if (rows.empty()) return {};
  const std::lock_guard guard(lock_);
  if (!version || *version == current_) return add_locked(rows);
  if (*version > next_) return std::unexpected("Version number in the future, please use 'prepare map' before.");
  auto chunk = std::make_unique<PatternChunk>(rows);
  if (auto fine = check(pointers(*chunk)); !fine) return fine;
  pending_[*version].push_back(std::move(chunk));
  return {};
}

PatternStore::Failure PatternStore::add_locked(std::span<const PatternRow> rows) {
  auto chunk = std::make_unique<PatternChunk>(rows);
  auto run = std::make_shared<Run>();
  run->entries = pointers(*chunk);
  if (auto fine = check(run->entries); !fine) return fine;
  if (by_key_)
    for (PatternEntry& entry : chunk->entries()) by_key_->emplace(entry.text(), &entry);
  held_ += rows.size();
  chunk.release();  // now the entries hold it
  runs_.push_back(std::move(run));
  merge_small_runs();
  changed();
  return {};
}

void PatternStore::drop(PatternEntry& entry) {
  entry.alive_.store(false, std::memory_order_relaxed);
  ++dead_;
  if (!by_key_) return;
  const auto [first, last] = by_key_->equal_range(entry.text());
  for (auto at = first; at != last; ++at)
    if (at->second == &entry) {
      by_key_->erase(at);
      return;
    }
}

void PatternStore::after_drops() {
  if (dead_ > 16 && dead_ * 2 > held_) replace_runs({merged(runs_)});
  changed();
}

PatternStore::ByKey& PatternStore::by_key() {
  if (by_key_) return *by_key_;
  by_key_.emplace();
  by_key_->reserve(held_);
  for (const auto& run : runs_)
    for (const PatternEntry* entry : run->entries)
      if (entry->alive()) by_key_->emplace(entry->text(), const_cast<PatternEntry*>(entry));
  return *by_key_;
}

std::size_t PatternStore::remove(std::string_view key) {
  const std::lock_guard guard(lock_);
  std::size_t count = 0;
  for (auto at = by_key().find(key); at != by_key().end(); at = by_key().find(key), ++count) drop(*at->second);
  if (count) after_drops();
  return count;
}

bool PatternStore::remove_entry(const void* id) {
  const std::lock_guard guard(lock_);
  PatternEntry* const entry = known(id);
  if (!entry) return false;
  drop(*entry);
  after_drops();
  return true;
}

PatternEntry* PatternStore::known(const void* id) {
  for (const auto& run : runs_)
    for (const PatternEntry* entry : run->entries)
      if (entry == id && entry->alive()) return const_cast<PatternEntry*>(entry);
  return nullptr;
}

void PatternStore::replace_value(PatternEntry& entry, std::string_view value) {
  const auto size = static_cast<std::uint32_t>(value.size());
  char* const block = new char[sizeof size + value.size()];
  std::memcpy(block, &size, sizeof size);
  if (!value.empty()) std::memcpy(block + sizeof size, value.data(), value.size());
  const char* const old = entry.value_.exchange(block, std::memory_order_acq_rel);
  if (entry.value_is_own_) graveyard_.add(const_cast<char*>(old), [](void* text) { delete[] static_cast<char*>(text); });
  entry.value_is_own_ = true;
}

std::expected<std::size_t, std::string> PatternStore::set(std::string_view key, std::string_view value) {
  const std::lock_guard guard(lock_);
  if (auto fine = check_value(value); !fine) return std::unexpected(std::move(fine.error()));
  const auto [first, last] = by_key().equal_range(key);
  std::size_t count = 0;
  for (auto at = first; at != last; ++at, ++count) replace_value(*at->second, value);
  if (count) changed();
  return count;
}

std::expected<bool, std::string> PatternStore::set_entry(const void* id, std::string_view value) {
  const std::lock_guard guard(lock_);
  if (auto fine = check_value(value); !fine) return std::unexpected(std::move(fine.error()));
  PatternEntry* const entry = known(id);
  if (!entry) return false;
  replace_value(*entry, value);
  changed();
  return true;
}

PatternStore::Failure PatternStore::put(std::string_view key, std::string_view value) {
  const std::lock_guard guard(lock_);
  const auto [first, last] = by_key().equal_range(key);
  const PatternRow row{key, value};
  if (first == last) return add_locked({&row, 1});
  if (auto fine = check_value(value); !fine) return fine;
  bool any = false;
  for (auto at = first; at != last; ++at) {
    if (at->second->value() == value) continue;
    replace_value(*at->second, value);
    any = true;
  }
  if (any) changed();
  return {};
}

PatternStore::Failure PatternStore::put(std::string_view key) {
  const std::lock_guard guard(lock_);
  if (by_key().contains(key)) return {};
  const PatternRow row{key};
  return add_locked({&row, 1});
}

void PatternStore::clear_current() {
  for (const auto& run : runs_)
    for (const PatternEntry* entry : run->entries) {
      if (!entry->alive()) continue;
      const_cast<PatternEntry*>(entry)->alive_.store(false, std::memory_order_relaxed);
      ++dead_;
    }
  by_key_.reset();
}

void PatternStore::clear(std::optional<Version> version) {
  const std::lock_guard guard(lock_);
  if (version && *version != current_) {
    pending_.erase(*version);
    return;
  }
  clear_current();
  replace_runs({merged(runs_)});
  changed();
}

PatternStore::Version PatternStore::prepare() {
  const std::lock_guard guard(lock_);
  return ++next_;
}

// Entries of the old version die only when the new ones can be found: nobody sees an empty map in between.
PatternStore::Failure PatternStore::commit(Version version) {
  const std::lock_guard guard(lock_);
  if (version > next_ || version < current_) return std::unexpected("Version number out of range.");
  if (version == current_) return {};
  auto run = std::make_shared<Run>();
  for (auto& chunk : pending_[version]) {
    held_ += chunk->entries().size();
    for (const PatternEntry& entry : chunk->entries()) run->entries.push_back(&entry);
    chunk.release();
  }
  const auto old = runs_;
  by_key_.reset();
  runs_.clear();
  for (const auto& one : old)
    for (const PatternEntry* entry : one->entries) {
      --held_;
      if (!entry->alive()) --dead_;
      if (--entry->chunk_->held == 0) let_go_.push_back(entry->chunk_);
    }
  replace_runs({std::move(run)});
  pending_.erase(pending_.begin(), pending_.upper_bound(version));
  current_ = version;
  changed();
  return {};
}

// ---- looking ----------------------------------------------------------------------------------------------------

PatternStore::Version PatternStore::current_version() const {
  const std::lock_guard guard(lock_);
  return current_;
}
PatternStore::Version PatternStore::next_version() const {
  const std::lock_guard guard(lock_);
  return next_;
}
std::size_t PatternStore::size() const {
  const std::lock_guard guard(lock_);
  return held_ - dead_;
}
bool PatternStore::contains(std::string_view key) {
  const std::lock_guard guard(lock_);
  return by_key().contains(key);
}

std::vector<PatternStore::Line> PatternStore::list(std::size_t from, std::size_t most, std::optional<Version> version) const {
  const std::lock_guard guard(lock_);
  std::vector<Line> out;
  const auto take = [&](const PatternEntry& entry) {
    if (!entry.alive()) return true;
    if (from) {
      --from;
      return true;
    }
    if (out.size() == most) return false;
    out.push_back({&entry, std::string(entry.text()), std::string(entry.value())});
    return true;
  };
  if (version && *version != current_) {
    const auto at = pending_.find(*version);
    if (at == pending_.end()) return out;
    for (const auto& chunk : at->second)
      for (const PatternEntry& entry : chunk->entries())
        if (!take(entry)) return out;
    return out;
  }
  for (const auto& run : runs_)
    for (const PatternEntry* entry : run->entries)
      if (!take(*entry)) return out;
  return out;
}

std::vector<PatternStore::Answer> PatternStore::look(const Sample& sample, const Scope& scope) const {
  const std::lock_guard guard(lock_);
  std::vector<Answer> out;
  for (const PatternUse::State* use : uses_) {
    Answer answer{use->match, use->how.letters, false, {}, {}};
    std::uint32_t rank = 0;
    const Sample wanted = cast_for(*use->match, sample, scope);
    for (const auto& part : use->index.load(std::memory_order_acquire)->parts) {
      const Found found = wanted ? part.matcher->find(wanted, scope) : Found{};
      if (!found || (answer.found && found.rank <= rank)) continue;
      const PatternEntry& entry = *part.run->entries[found.index];
      answer = {use->match, use->how.letters, true, std::string(entry.text()), std::string(entry.value())};
      rank = found.rank;
    }
    out.push_back(std::move(answer));
  }
  return out;
}

}  // namespace sluice::expr
