// set-header, add-header, del-header, replace-header, replace-value.
#include "base/text.hpp"
#include "expr/log_format.hpp"
#include "expr/regex.hpp"
#include "proxy/rules/rewriting.hpp"

namespace sluice::proxy {
namespace {

enum class Way : std::uint8_t { set, add };
template <Way way>
class PutHeader final : public BoundAction {
 public:
  PutHeader(std::string name, expr::LogFormat value) : text_(std::move(name)), name_(std::string_view(text_)), value_(std::move(value)) {}
  Next run(RuleRun& run) const override {
    const std::string_view value = value_.text(run.scope);
    if (!may_rewrite(run, text_.size() + value.size() + 4)) return failed_rewrite(run);
    if constexpr (way == Way::set) fields_of(run).set_referred(name_, value);
    else fields_of(run).add(name_, value);
    return Next::go_on;
  }

 private:
  std::string text_;
  http::HeaderName name_;
  expr::LogFormat value_;
};
template <Way way>
std::unique_ptr<BoundAction> parse_put(ActionParse& in) {
  const config::Word* const name = in.line.take("<name> <format>");
  if (!name) return nullptr;
  if (name->text.empty()) return in.line.alert(*name, fmt::format("'{}' : a header needs a name.", in.line.keyword())), nullptr;
  if (in.line.at_end()) {
    in.line.take("<format>");
    return nullptr;
  }
  auto value = expr::LogFormat::parse(in.line, in.compiler, expr::LogFormat::For::http);
  return value ? std::make_unique<PutHeader<way>>(lower(name->text), std::move(*value)) : nullptr;
}

// del-header <name> [-m { str | beg | end | sub | reg }]
class DeleteHeader final : public BoundAction {
 public:
  enum class How : std::uint8_t { str, beg, end, sub, reg };
  DeleteHeader(std::string name, How how, std::optional<expr::Regex> regex)
      : text_(std::move(name)), name_(std::string_view(text_)), how_(how), regex_(std::move(regex)) {}
  Next run(RuleRun& run) const override {
    http::Fields& fields = fields_of(run);
    if (how_ == How::str) {
      fields.remove(name_);
    } else {
      fields.remove_if([this](const http::Field& field) { return matches(field.name()); });
    }
    return Next::go_on;
  }

 private:
  bool matches(std::string_view name) const {
    switch (how_) {
      case How::str: return name == text_;
      case How::beg: return name.starts_with(text_);
      case How::end: return name.ends_with(text_);
      case How::sub: return name.find(text_) != name.npos;
      case How::reg: return regex_->matches(name);
    }
    return false;
  }
  std::string text_;
  http::HeaderName name_;
  How how_;
  std::optional<expr::Regex> regex_;
};
std::unique_ptr<BoundAction> parse_delete(ActionParse& in) {
  using How = DeleteHeader::How;
  const config::Word* const name = in.line.take("<name>");
  if (!name) return nullptr;
  How how = How::str;
  if (in.line.accept("-m")) {
    const config::Word* const word = in.line.take("{ str | beg | end | sub | reg }");
    if (!word) return nullptr;
    constexpr std::pair<std::string_view, How> ways[] = {{"str", How::str}, {"beg", How::beg}, {"end", How::end}, {"sub", How::sub}, {"reg", How::reg}};
    const auto found = std::ranges::find(ways, std::string_view(word->text), &std::pair<std::string_view, How>::first);
    if (found == std::end(ways)) {
      in.line.alert(*word, fmt::format("'del-header' : '-m' expects str, beg, end, sub or reg, not '{}'.", word->text));
      return nullptr;
    }
    how = found->second;
  }
  std::optional<expr::Regex> regex;
  if (how == How::reg) {
    auto compiled = expr::Regex::compile(name->text, expr::Letters::any_case);
    if (!compiled) {
      in.line.alert(*name, fmt::format("'del-header' : {}.", compiled.error()));
      return nullptr;
    }
    regex = std::move(*compiled);
  }
  return std::make_unique<DeleteHeader>(lower(name->text), how, std::move(regex));
}

enum class Of : std::uint8_t { whole, elements };  // replace-header: the whole value; replace-value: each of a list
template <Of of>
class Replace final : public BoundAction {
 public:
  Replace(std::string name, expr::Regex regex, expr::LogFormat by)
      : text_(std::move(name)), name_(std::string_view(text_)), regex_(std::move(regex)), by_(std::move(by)) {}
  Next run(RuleRun& run) const override {
    http::Fields& fields = fields_of(run);
    Arena& arena = run.exchange->arena();
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (!equal_nocase(fields[i].name(), text_)) continue;
      const std::string_view before = fields[i].value();
      const std::string_view after = of == Of::whole ? replaced(before, run.scope, arena) : each(before, run.scope, arena);
      if (after.data() == before.data()) continue;
      if (after.size() > before.size() && !may_rewrite(run, after.size() - before.size())) {
        if (const Next next = failed_rewrite(run); next != Next::go_on) return next;
        continue;
      }
      fields.replace_value(i, after);
    }
    return Next::go_on;
  }

 private:
  // What the replacement makes of the groups, whatever else was in the value; the value itself if nothing matches.
  std::string_view replaced(std::string_view value, expr::Scope& scope, Arena& arena) const {
    const auto groups = regex_.find(value);
    return groups ? expr::Regex::expand(by_.text(scope), value, *groups, arena) : value;
  }
  // An element that is replaced loses the blanks around it; all else stays as it was written.
  std::string_view each(std::string_view value, expr::Scope& scope, Arena& arena) const {
    http::ElementList list(value);
    std::string_view out;
    const char* copied = value.data();  // up to here is in `out`
    const char* const end = value.data() + value.size();
    bool changed = false;
    while (const auto element = list.next()) {
      const std::string_view now = replaced(*element, scope, arena);
      if (now.data() == element->data()) continue;
      const std::string_view whole = list.with_blanks();
      out = arena.join(arena.join(out, {copied, whole.data()}), now);
      copied = whole.data() + whole.size();
      changed = true;
    }
    return changed ? arena.join(out, {copied, end}) : value;
  }
  std::string text_;
  http::HeaderName name_;
  expr::Regex regex_;
  expr::LogFormat by_;
};
template <Of of>
std::unique_ptr<BoundAction> parse_replace(ActionParse& in) {
  const config::Word* const name = in.line.take("<name> <regex> <replacement>");
  if (!name) return nullptr;
  const config::Word* const pattern = in.line.take("<regex> <replacement>");
  if (!pattern) return nullptr;
  auto regex = expr::Regex::compile(pattern->text, expr::Letters::exact);
  if (!regex) {
    in.line.alert(*pattern, fmt::format("'{}' : {}.", in.line.keyword(), regex.error()));
    return nullptr;
  }
  if (in.line.at_end()) {
    in.line.take("<replacement>");
    return nullptr;
  }
  auto by = expr::LogFormat::parse(in.line, in.compiler, expr::LogFormat::For::http);
  return by ? std::make_unique<Replace<of>>(lower(name->text), std::move(*regex), std::move(*by)) : nullptr;
}

const catalog::Add set_entry{Action{.name = "set-header", .args = "<name> <format>", .in = rule_set::http, .parse = parse_put<Way::set>,
    .doc = "Removes all headers of this name, then adds one."}};
const catalog::Add add_entry{Action{.name = "add-header", .args = "<name> <format>", .in = rule_set::http, .parse = parse_put<Way::add>,
    .doc = "Adds a header."}};
const catalog::Add del_entry{Action{.name = "del-header", .args = "<name> [-m { str | beg | end | sub | reg }]", .in = rule_set::http,
    .parse = parse_delete, .doc = "Removes all headers whose name is (or begins with, ...) this."}};
const catalog::Add replace_entry{Action{.name = "replace-header", .args = "<name> <regex> <replacement>", .in = rule_set::http,
    .parse = parse_replace<Of::whole>, .doc = "Rewrites the values of a header where the expression matches."}};
const catalog::Add replace_value_entry{Action{.name = "replace-value", .args = "<name> <regex> <replacement>", .in = rule_set::http,
    .parse = parse_replace<Of::elements>, .doc = "As replace-header, for each element of a comma-separated list."}};

}  // namespace
}  // namespace sluice::proxy
