// What only the process itself knows: which rule spoke last or is being waited for, the number of a transaction, how busy
// the processors are (manual 7.3.2).
#include <ctime>

#include "proxy/exchange.hpp"
#include "proxy/local.hpp"

namespace sluice::proxy {
namespace {

using catalog::Add;
using catalog::typed;
using expr::Fetch;
using expr::Int;
using expr::Origin;

// "file:line" of a rule.
std::optional<std::string_view> entity(const config::Place* rule, Arena& arena) {
  if (!rule) return std::nullopt;
  const std::size_t most = rule->file.size() + 12;
  char* const to = arena.allocate(most);
  return std::string_view(to, fmt::format_to_n(to, most, "{}:{}", rule->file, rule->line).size);
}
std::optional<std::string_view> last_entity(Exchange& exchange, Arena& arena) { return entity(exchange.last_rule, arena); }
std::optional<std::string_view> waiting_entity(Exchange& exchange, Arena& arena) { return entity(exchange.waiting_rule, arena); }

// No list of the events that end connections is kept, for which the manual has this sign.
std::string_view term_events(Session&) { return "-"; }

Int txn_id32(Exchange& exchange) { return exchange.transaction_number(); }

// ---- share of the processors' time that was used in the last second, asked of the kernel at most once in that time
std::int64_t spent_us(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return now.tv_sec * std::int64_t{1'000'000} + now.tv_nsec / 1000;
}
class Usage {
 public:
  explicit Usage(clockid_t clock) : clock_(clock) {}
  Int percent(Instant now, std::int64_t processors) {
    const std::int64_t passed = (now - since_).us;
    if (passed < 1'000'000 && known_) return percent_;
    const std::int64_t spent = spent_us(clock_);
    // The first answer is about the time since the beginning.
    const std::int64_t wall = known_ ? passed : std::max<std::int64_t>(1, spent_us(CLOCK_MONOTONIC) - begun());
    percent_ = std::clamp<std::int64_t>((spent - spent_) * 100 / (std::max<std::int64_t>(1, wall) * processors), 0, 100);
    since_ = now;
    spent_ = spent;
    known_ = true;
    return percent_;
  }

 private:
  static std::int64_t begun() {
    static const std::int64_t at = spent_us(CLOCK_MONOTONIC) - spent_us(CLOCK_PROCESS_CPUTIME_ID);
    return at;
  }
  const clockid_t clock_;
  Instant since_{};
  std::int64_t spent_ = 0;
  Int percent_ = 0;
  bool known_ = false;
};
Int cpu_usage_thr(Session& session) {
  thread_local Usage usage(CLOCK_THREAD_CPUTIME_ID);
  return usage.percent(session.worker().loop.now(), 1);
}
// Each worker measures the whole process for itself: nothing is shared, all see the same.
Int cpu_usage_proc(Session& session) {
  thread_local Usage usage(CLOCK_PROCESS_CPUTIME_ID);
  return usage.percent(session.worker().loop.now(), session.local.states.workers());
}

constexpr auto exchange = Origin::exchange;
constexpr auto process = Origin::process;
const Add a1{Fetch{.name = "last_entity", .run = typed<last_entity>, .origin = exchange, .doc = "File and line of the rule that ended the latest list of rules.",
    .examples = {{"last_entity,length,div(1000)", "0"}}}};
const Add a2{Fetch{.name = "waiting_entity", .run = typed<waiting_entity>, .origin = exchange, .doc = "File and line of the rule that was waiting when the request ended.",
    .examples = {{"waiting_entity", catalog::undefined}}}};
const Add a3{Fetch{.name = "term_events", .run = typed<term_events>, .origin = Origin::session, .doc = "Always '-': the events that ended the connections of a request are not recorded one by one.",
    .examples = {{"term_events", "-"}}}};
const Add b1{Fetch{.name = "txn.id32", .run = typed<txn_id32>, .origin = exchange, .doc = "A number of 32 bits for this request; they begin anew once all were given out.",
    .examples = {{"txn.id32,bool", "1"}}}};
const Add c1{Fetch{.name = "cpu_usage_thr", .run = typed<cpu_usage_thr>, .origin = process, .doc = "How much of a processor this worker used in the last second, in percent.",
    .examples = {{"cpu_usage_thr,div(101)", "0"}}}};
const Add c2{Fetch{.name = "cpu_usage_grp", .run = typed<cpu_usage_proc>, .origin = process, .doc = "The same for all workers of the group: all there are.",
    .examples = {{"cpu_usage_grp,div(101)", "0"}}}};
const Add c3{Fetch{.name = "cpu_usage_proc", .run = typed<cpu_usage_proc>, .origin = process, .doc = "How much of its processors the process used in the last second, in percent.",
    .examples = {{"cpu_usage_proc,div(101)", "0"}}}};

}  // namespace
}  // namespace sluice::proxy
