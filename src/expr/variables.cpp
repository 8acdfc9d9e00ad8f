#include "expr/variables.hpp"

#include <cstring>

#include "base/text.hpp"

namespace sluice::expr {

namespace {
// What the manual's tune.vars.* limits count for one variable besides its text.
constexpr std::uint64_t variable_overhead = 48;
constexpr std::array<std::string_view, life_count> life_names = {"proc", "sess", "txn", "req", "res", "check"};

std::expected<std::pair<Life, std::string_view>, std::string> split(std::string_view full) {
  const auto dot = full.find('.');
  if (dot == std::string_view::npos)
    return std::unexpected("variable '" + std::string(full) + "' needs a scope, such as 'txn." + std::string(full) + "'");
  const std::string_view scope = full.substr(0, dot);
  const std::string_view name = full.substr(dot + 1);
  for (std::size_t i = 0; i < life_count; ++i) {
    if (scope != life_names[i]) continue;
    if (name.empty()) return std::unexpected("variable '" + std::string(full) + "' has no name behind its scope");
    for (const char c : name)
      if (!is_alpha(c) && !is_digit(c) && c != '_' && c != '.')
        return std::unexpected("'" + std::string(1, c) + "' cannot stand in variable name '" + std::string(full) + "'");
    return std::pair{static_cast<Life>(i), name};
  }
  for (const std::string_view parent : {"psess", "ptxn", "preq", "pres"})
    if (scope == parent) return std::unexpected("'" + std::string(full) + "' is of a parent stream, which only SPOE has, and that is not there yet");
  return std::unexpected("'" + std::string(scope) +
                         "' is not a variable scope, expected 'proc', 'sess', 'txn', 'req', 'res' or 'check'");
}
}  // namespace

std::string_view life_name(Life life) { return life_names[static_cast<std::size_t>(life)]; }

std::expected<Variable, std::string> VariableNames::intern(std::string_view full) {
  const auto parts = split(full);
  if (!parts) return std::unexpected(parts.error());
  auto& names = names_[static_cast<std::size_t>(parts->first)];
  const auto [at, added] = slots_.try_emplace(std::string(full), static_cast<std::uint16_t>(names.size()));
  if (added) names.emplace_back(parts->second);
  return Variable{parts->first, at->second};
}

std::optional<Variable> VariableNames::find(std::string_view full) const {
  const auto parts = split(full);
  if (!parts) return std::nullopt;
  const auto at = slots_.find(full);
  if (at == slots_.end()) return std::nullopt;
  return Variable{parts->first, at->second};
}

std::string VariableNames::name(Variable variable) const {
  const auto life = static_cast<std::size_t>(variable.life);
  return std::string(life_names[life]) + "." + names_[life][variable.slot];
}

void VariableStore::begin(Arena& arena, std::size_t slots, std::atomic<std::uint64_t>* total) {
  end();
  arena_ = &arena;
  values_ = nullptr;
  slots_ = slots;
  total_ = total;
  bytes_ = 0;
}

std::uint64_t VariableStore::cost_of(const Sample& value) {
  return value ? variable_overhead + (value.is_text() ? value.view().size() : 0) : 0;
}

void VariableStore::count(std::uint64_t more) {
  bytes_ += more;
  if (total_) total_->fetch_add(more, std::memory_order_relaxed);
}

void VariableStore::forget(Entry& entry) {
  if (!entry.value) return;
  count(0 - cost_of(entry.value));  // modulo 2^64
  entry.value = {};
}

bool VariableStore::set(std::uint16_t slot, const Sample& value) {
  if (slot >= slots_) return false;
  if (!values_) values_ = arena_->array<Entry>(slots_).data();
  Entry& entry = values_[slot];
  // The value may be a view into the very room it is about to replace, so it is read before anything is forgotten.
  const std::string_view text = value.is_text() ? value.view() : std::string_view{};
  forget(entry);
  if (!value) return true;
  const std::uint64_t cost = variable_overhead + text.size();
  if (value.is_text()) {
    if (!entry.room || text.size() > entry.room_size) {
      const std::size_t size = text.size() < 32 ? 32 : text.size();
      char* const room = arena_->allocate(size);
      if (!text.empty()) std::memcpy(room, text.data(), text.size());
      entry.room = room;
      entry.room_size = static_cast<std::uint32_t>(size);
    } else if (!text.empty()) {
      std::memmove(entry.room, text.data(), text.size());
    }
    const std::string_view kept{entry.room, text.size()};
    entry.value = value.type() == Type::method ? Sample::method(value.method(), kept)
                                               : Sample::text(kept).as(value.type());
  } else {
    entry.value = value;
  }
  count(cost);
  return true;
}

void VariableStore::unset(std::uint16_t slot) {
  if (values_ && slot < slots_) forget(values_[slot]);
}

void VariableStore::clear() {
  for (std::size_t i = 0; values_ && i < slots_; ++i) values_[i].value = {};
  count(0 - bytes_);
}

void ProcessVariables::resize(std::size_t slots) {
  const std::lock_guard lock(mutex_);
  if (slots > values_.size()) values_.resize(slots);
}

Sample ProcessVariables::get(std::uint16_t slot, Arena& copy_into) const {
  const std::lock_guard lock(mutex_);
  if (slot >= values_.size()) return {};
  const Sample& value = values_[slot].value;
  if (!value.is_text()) return value;
  const std::string_view kept = copy_into.copy(value.view());
  return value.type() == Type::method ? Sample::method(value.method(), kept) : Sample::text(kept).as(value.type());
}

bool ProcessVariables::set(std::uint16_t slot, const Sample& value) {
  const std::lock_guard lock(mutex_);
  if (slot >= values_.size()) values_.resize(slot + std::size_t{1});
  Entry& entry = values_[slot];
  if (entry.value) bytes_ -= variable_overhead + entry.text.size();
  entry.value = {};
  const std::string_view text = value.is_text() ? value.view() : std::string_view{};
  if (!value) {
    entry.text.clear();
    return true;
  }
  if (counts_all() && !has_room(0, variable_overhead + text.size(), For::traffic)) {
    entry.text.clear();
    return false;
  }
  entry.text = std::string(text);
  bytes_ += variable_overhead + entry.text.size();
  if (value.type() == Type::method) entry.value = Sample::method(value.method(), entry.text);
  else if (value.is_text()) entry.value = Sample::text(entry.text).as(value.type());
  else entry.value = value;
  return true;
}

bool ProcessVariables::has_room(std::uint64_t now, std::uint64_t then, For what) const {
  const auto read = [](const std::atomic<std::uint64_t>& one) { return one.load(std::memory_order_relaxed); };
  const std::uint64_t process = read(bytes_) + read(of_sessions_) + then - now;
  if (what == For::traffic && process_limit_ != 0 && process > process_limit_) return false;
  return overall_limit_ == 0 || process + read(of_checks_) <= overall_limit_;
}

void ProcessVariables::unset(std::uint16_t slot) { set(slot, Sample{}); }

VariableStore* Variables::store(Life life) const {
  switch (life) {
    case Life::proc: return nullptr;
    case Life::sess: return session;
    case Life::txn: return transaction;
    case Life::req: return request;
    case Life::res: return response;
    case Life::check: return check;
  }
  return nullptr;
}

Sample Variables::get(Variable variable, Arena& arena) const {
  if (variable.life == Life::proc) return process ? process->get(variable.slot, arena) : Sample{};
  const VariableStore* const from = store(variable.life);
  return from ? from->get(variable.slot) : Sample{};
}

bool Variables::set(Variable variable, const Sample& value) {
  if (variable.life == Life::proc) return process && process->set(variable.slot, value);
  VariableStore* const to = store(variable.life);
  if (!to) return false;
  if (limits && !has_room(variable, *to, value)) {
    to->unset(variable.slot);
    return false;
  }
  return to->set(variable.slot, value);
}

// The coarser limits include the finer ones.
bool Variables::has_room(Variable variable, const VariableStore& to, const Sample& value) const {
  const std::uint64_t now = to.cost(variable.slot), then = VariableStore::cost_of(value);
  const auto fits = [&](std::uint64_t bytes, std::uint64_t limit) { return limit == 0 || bytes - now + then <= limit; };
  const auto bytes = [](const VariableStore* one) { return one ? one->bytes() : 0; };
  if (process && process->counts_all()) {
    const auto what = variable.life == Life::check ? ProcessVariables::For::check : ProcessVariables::For::traffic;
    if (!process->has_room(now, then, what)) return false;
  }
  if (variable.life == Life::check) return fits(to.bytes(), limits->check);
  const std::uint64_t messages = bytes(request) + bytes(response);
  const bool of_message = variable.life == Life::req || variable.life == Life::res;
  if (of_message && !fits(to.bytes(), limits->message)) return false;
  if ((of_message || variable.life == Life::txn) && !fits(messages + bytes(transaction), limits->transaction)) return false;
  return fits(messages + bytes(transaction) + bytes(session), limits->session);
}

void Variables::unset(Variable variable) {
  if (variable.life == Life::proc) {
    if (process) process->unset(variable.slot);
  } else if (VariableStore* const from = store(variable.life)) {
    from->unset(variable.slot);
  }
}

}  // namespace sluice::expr
