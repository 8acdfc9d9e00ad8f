// set-headers-bin, add-headers-bin, del-headers-bin: many headers at once, in the form req.hdrs_bin has: texts, each behind
// its length as a variable integer (SPOE specification section 2.2), names and values in turn, an empty pair at the end.
#include "base/text.hpp"
#include "http/chars.hpp"
#include "proxy/exchange.hpp"
#include "proxy/reply_parse.hpp"
#include "proxy/rules/arguments.hpp"
#include "proxy/rules/rewriting.hpp"

namespace sluice::proxy {
namespace {

// Takes texts from the front; nothing at the end or if what is there is no text.
class Texts {
 public:
  explicit Texts(std::string_view bytes) : rest_(bytes) {}
  std::optional<std::string_view> next() {
    const auto size = length();
    if (!size || *size > rest_.size()) return std::nullopt;
    const std::string_view text = rest_.substr(0, *size);
    rest_.remove_prefix(*size);
    return text;
  }

 private:
  // One byte below 240; else 4 more bits there and 7 in each byte behind it while its highest bit is set.
  std::optional<std::uint64_t> length() {
    if (rest_.empty()) return std::nullopt;
    std::uint64_t value = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    if (value < 240) return value;
    for (unsigned shift = 4; shift < 60; shift += 7) {
      if (rest_.empty()) return std::nullopt;
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value += std::uint64_t{byte} << shift;
      if (byte < 128) return value;
    }
    return std::nullopt;
  }
  std::string_view rest_;
};

bool is_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return http::is_in(c, http::chars::token); });
}
bool is_value(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

enum class Way : std::uint8_t { set, add };
template <Way way>
class PutHeaders final : public BoundAction {
 public:
  PutHeaders(expr::Expression list, std::string prefix) : list_(std::move(list)), prefix_(std::move(prefix)) {}
  Next run(RuleRun& run) const override {
    const expr::Sample list = list_.eval_as(expr::Type::bin, run.scope);
    if (!list) return Next::go_on;
    if constexpr (way == Way::set) {  // before any is added: one name may occur several times
      Texts texts(list.view());
      while (const auto name = texts.next()) {
        if (name->empty() || !texts.next()) break;
        fields_of(run).remove(full_name(run, *name));
      }
    }
    Texts texts(list.view());
    while (const auto name = texts.next()) {
      const auto value = texts.next();
      if (!value || name->empty()) break;
      const std::string_view full = full_name(run, *name);
      if (!is_name(full) || !is_value(*value) || !may_rewrite(run, full.size() + value->size() + 4)) {
        if (const Next next = failed_rewrite(run); next != Next::go_on) return next;
        continue;
      }
      fields_of(run).add(full, *value);
    }
    return Next::go_on;
  }

 private:
  std::string_view full_name(RuleRun& run, std::string_view name) const {
    Arena& arena = run.exchange->arena();
    char* const to = arena.allocate(prefix_.size() + name.size() + 1);
    char* const end = std::ranges::transform(name, std::ranges::copy(prefix_, to).out, to_lower).out;
    return {to, static_cast<std::size_t>(end - to)};
  }
  expr::Expression list_;
  std::string prefix_;
};
template <Way way>
std::unique_ptr<BoundAction> parse_put(ActionParse& in) {
  auto list = take_expression(in);
  if (!list) return nullptr;
  std::string prefix;
  if (in.line.accept("prefix")) {
    const config::Word* const word = in.line.take("<prefix>");
    if (!word) return nullptr;
    prefix = lower(word->text);
  }
  return std::make_unique<PutHeaders<way>>(std::move(*list), std::move(prefix));
}

enum class Match : std::uint8_t { whole, begin, end, part };
class DeleteHeaders final : public BoundAction {
 public:
  DeleteHeaders(expr::Expression list, Match match) : list_(std::move(list)), match_(match) {}
  Next run(RuleRun& run) const override {
    const expr::Sample list = list_.eval_as(expr::Type::bin, run.scope);
    if (!list) return Next::go_on;
    Texts texts(list.view());
    while (const auto name = texts.next()) {
      if (name->empty()) break;
      fields_of(run).remove_if([&](const http::Field& field) { return matches(field.name(), *name); });
    }
    return Next::go_on;
  }

 private:
  bool matches(std::string_view name, std::string_view wanted) const {
    if (name.size() < wanted.size()) return false;
    switch (match_) {
      case Match::whole: return equal_nocase(name, wanted);
      case Match::begin: return equal_nocase(name.substr(0, wanted.size()), wanted);
      case Match::end: return equal_nocase(name.substr(name.size() - wanted.size()), wanted);
      case Match::part:
        for (std::size_t i = 0; i + wanted.size() <= name.size(); ++i)
          if (equal_nocase(name.substr(i, wanted.size()), wanted)) return true;
        return false;
    }
    return false;
  }
  expr::Expression list_;
  Match match_;
};
std::unique_ptr<BoundAction> parse_delete(ActionParse& in) {
  auto list = take_expression(in);
  if (!list) return nullptr;
  Match match = Match::whole;
  if (in.line.accept("-m")) {
    static const std::vector<std::string_view> names{"str", "beg", "end", "sub"};
    const auto which = in.line.take_one_of(names);
    if (!which) return nullptr;
    match = static_cast<Match>(*which);
  }
  return std::make_unique<DeleteHeaders>(std::move(*list), match);
}

const catalog::Add set_entry{Action{.name = "set-headers-bin", .args = "<expression> [prefix <text>]", .in = rule_set::http,
    .parse = parse_put<Way::set>, .doc = "Sets the headers of a binary list (the form of req.hdrs_bin), their names behind a prefix."}};
const catalog::Add add_entry{Action{.name = "add-headers-bin", .args = "<expression> [prefix <text>]", .in = rule_set::http,
    .parse = parse_put<Way::add>, .doc = "Adds the headers of a binary list (the form of req.hdrs_bin), their names behind a prefix."}};
const catalog::Add del_entry{Action{.name = "del-headers-bin", .args = "<expression> [-m { str | beg | end | sub }]", .in = rule_set::http,
    .parse = parse_delete, .doc = "Removes the headers whose names a binary list has: texts behind their lengths, an empty one at the end."}};

}  // namespace
}  // namespace sluice::proxy
