// Variables (manual 2.8): names are turned into slots when the configuration is read, so a read is an array access.
// VariableNames: one per configuration, filled while expressions are compiled, then only read.
// VariableStore: the values of one life (session, transaction, request, response, check); its texts live in the arena
// given to it, which must live as long. ProcessVariables: proc.*, shared by all workers, locked inside get and set.
// Variables: the stores an evaluation may reach; plain pointers, null where that life does not exist.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <expected>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.hpp"
#include "expr/sample.hpp"

namespace sluice::expr {

enum class Life : std::uint8_t { proc, sess, txn, req, res, check };
inline constexpr std::size_t life_count = 6;
std::string_view life_name(Life life);  // "txn"

struct Variable {
  Life life = Life::txn;
  std::uint16_t slot = 0;
  constexpr bool operator==(const Variable&) const = default;
};

class VariableNames {
 public:
  // "txn.name"; the error is a phrase for people.
  std::expected<Variable, std::string> intern(std::string_view full_name);
  // Nothing if no expression mentions it.
  std::optional<Variable> find(std::string_view full_name) const;
  std::size_t count(Life life) const { return names_[static_cast<std::size_t>(life)].size(); }
  std::string name(Variable variable) const;
  // All names of a life, in slot order.
  const std::vector<std::string>& names(Life life) const { return names_[static_cast<std::size_t>(life)]; }

 private:
  std::array<std::vector<std::string>, life_count> names_;
  std::map<std::string, std::uint16_t, std::less<>> slots_;
};

class VariableStore {
 public:
  VariableStore() = default;
  VariableStore(const VariableStore&) = delete;
  ~VariableStore() { end(); }
  // `slots` is VariableNames::count(life). Nothing is allocated before the first set. What its variables take is also
  // counted in `total`, if there is one, which must outlive it.
  void begin(Arena& arena, std::size_t slots, std::atomic<std::uint64_t>* total = nullptr);
  // Nothing of it counts any longer.
  void end() {
    if (total_) total_->fetch_sub(bytes_, std::memory_order_relaxed);
    total_ = nullptr;
  }
  Sample get(std::uint16_t slot) const { return values_ ? values_[slot].value : Sample{}; }
  bool set(std::uint16_t slot, const Sample& value);
  void unset(std::uint16_t slot);
  void clear();
  std::uint64_t bytes() const { return bytes_; }
  // What one of them takes of the limits, now and if it were this.
  std::uint64_t cost(std::uint16_t slot) const { return values_ && slot < slots_ ? cost_of(values_[slot].value) : 0; }
  static std::uint64_t cost_of(const Sample& value);

 private:
  struct Entry {
    Sample value;
    char* room = nullptr;       // reused when the next text fits
    std::uint32_t room_size = 0;
  };
  void forget(Entry& entry);
  void count(std::uint64_t more);
  Arena* arena_ = nullptr;
  Entry* values_ = nullptr;
  std::size_t slots_ = 0;
  std::atomic<std::uint64_t>* total_ = nullptr;
  std::uint64_t bytes_ = 0;
};

// Those of scope proc, and what all others take if tune.vars.proc-max-size or -global-max-size want to know. Workers that set
// variables at the same moment may together exceed these two by what they set.
class ProcessVariables {
 public:
  // 0: none. `process` bounds them and those of all sessions, `overall` those of health checks, too. Before traffic.
  void limit(std::uint64_t process, std::uint64_t overall) {
    process_limit_ = process;
    overall_limit_ = overall;
  }
  bool counts_all() const { return process_limit_ != 0 || overall_limit_ != 0; }
  std::atomic<std::uint64_t>* of_sessions() { return counts_all() ? &of_sessions_ : nullptr; }
  std::atomic<std::uint64_t>* of_checks() { return counts_all() ? &of_checks_ : nullptr; }
  enum class For : std::uint8_t { traffic, check };
  bool has_room(std::uint64_t now, std::uint64_t then, For what) const;
  void resize(std::size_t slots);
  Sample get(std::uint16_t slot, Arena& copy_into) const;
  bool set(std::uint16_t slot, const Sample& value);
  void unset(std::uint16_t slot);

 private:
  struct Entry {
    Sample value;
    std::string text;
  };
  mutable std::mutex mutex_;
  std::deque<Entry> values_;  // entries never move: a value views its text
  std::uint64_t process_limit_ = 0, overall_limit_ = 0;
  std::atomic<std::uint64_t> bytes_ = 0, of_sessions_ = 0, of_checks_ = 0;
};

// tune.vars.*-max-size: of a session with all that is in it, a transaction with its messages, a message, a health check.
// 0: no limit. Those of the process are in ProcessVariables.
struct VariableLimits {
  std::uint64_t session = 0, transaction = 0, message = 0, check = 0;
};

class Variables {
 public:
  const VariableLimits* limits = nullptr;  // null: none
  const VariableNames* names = nullptr;  // null: they cannot be listed
  ProcessVariables* process = nullptr;
  VariableStore* session = nullptr;
  VariableStore* transaction = nullptr;
  VariableStore* request = nullptr;
  VariableStore* response = nullptr;
  VariableStore* check = nullptr;

  Sample get(Variable variable, Arena& arena) const;
  // False if a limit forbids it; the old value is then gone.
  bool set(Variable variable, const Sample& value);
  void unset(Variable variable);

 private:
  bool has_room(Variable variable, const VariableStore& to, const Sample& value) const;
  VariableStore* store(Life life) const;
};

}  // namespace sluice::expr
