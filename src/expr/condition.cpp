#include "expr/condition.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace sluice::expr {

namespace {
// Manual 7.4. Those whose fetch does not exist (yet) are unknown names.
struct Predefined {
  std::string_view name;
  std::string_view words;
};
constexpr std::array predefined = {
    Predefined{"FALSE", "always_false"},
    Predefined{"HTTP", "req.proto_http"},
    Predefined{"HTTP_1.0", "req_ver 1.0"},
    Predefined{"HTTP_1.1", "req_ver 1.1"},
    Predefined{"HTTP_2.0", "req_ver 2.0"},
    Predefined{"HTTP_3.0", "req_ver 3.0"},
    Predefined{"HTTP_CONTENT", "req.hdr_val(content-length) gt 0"},
    Predefined{"HTTP_URL_ABS", "url_reg ^[^/:]*://"},
    Predefined{"HTTP_URL_SLASH", "url_beg /"},
    Predefined{"HTTP_URL_STAR", "url *"},
    Predefined{"LOCALHOST", "src 127.0.0.1/8 ::1"},
    Predefined{"METH_CONNECT", "method CONNECT"},
    Predefined{"METH_DELETE", "method DELETE"},
    Predefined{"METH_GET", "method GET HEAD"},
    Predefined{"METH_HEAD", "method HEAD"},
    Predefined{"METH_OPTIONS", "method OPTIONS"},
    Predefined{"METH_POST", "method POST"},
    Predefined{"METH_PUT", "method PUT"},
    Predefined{"METH_TRACE", "method TRACE"},
    Predefined{"RDP_COOKIE", "req.rdp_cookie_cnt gt 0"},
    Predefined{"REQ_CONTENT", "req.len gt 0"},
    Predefined{"TRUE", "always_true"},
    Predefined{"WAIT_END", "wait_end"},
};

bool is_acl_name(std::string_view name) {
  for (const char c : name)
    if (!is_alpha(c) && !is_digit(c) && std::string_view("-_.:").find(c) == std::string_view::npos) return false;
  return !name.empty();
}
}  // namespace

bool AclSet::add(config::Line& line, Compiler& compiler) {
  const config::Word* const name = line.next();
  if (!name) {
    line.alert(line.end_place(), "'acl' expects a name and a criterion");
    return false;
  }
  if (!is_acl_name(name->text)) {
    line.alert(*name, fmt::format("'{}' is not an ACL name: only letters, digits, '-', '_', '.' and ':' are allowed", name->text));
    return false;
  }
  if (name->text == "or") {
    line.alert(*name, "'or' cannot be the name of an ACL, conditions have another meaning for it");
    return false;
  }
  auto test = AclTest::parse(line, compiler, AclTest::Until::end_of_line);
  if (!test) return false;
  auto& acl = acls_[name->text];
  if (!acl) {
    acl = std::make_shared<Acl>();
    acl->name = name->text;
  }
  acl->tests.push_back(std::make_shared<AclTest>(std::move(*test)));
  places_.emplace_back(name->place, acl.get());
  return true;
}

std::vector<AclSet::Use> AclSet::uses() const {
  std::vector<Use> out;
  for (const auto& [place, acl] : places_) out.push_back({acl->name, place, used_.contains(acl)});
  return out;
}

std::shared_ptr<const Acl> AclSet::find(std::string_view name, Compiler& compiler) const {
  if (const auto at = acls_.find(name); at != acls_.end()) {
    used_.insert(at->second.get());
    return at->second;
  }
  if (const auto at = predefined_.find(name); at != predefined_.end()) return at->second;
  for (const Predefined& one : predefined) {
    if (one.name != name) continue;
    config::Diagnostics nobody_listens;
    config::Line line = line_of(one.words, nobody_listens);
    auto test = AclTest::parse(line, compiler, AclTest::Until::end_of_line);
    if (!test) return nullptr;
    auto acl = std::make_shared<Acl>();
    acl->name = std::string(name);
    acl->tests.push_back(std::make_shared<AclTest>(std::move(*test)));
    return predefined_[acl->name] = acl;
  }
  return nullptr;
}

std::vector<std::string_view> AclSet::names() const {
  std::vector<std::string_view> out;
  for (const auto& [name, acl] : acls_) out.push_back(name);
  return out;
}

bool Condition::starts(const config::Line& line) {
  const config::Word* const word = line.peek();
  return word && (word->text == "if" || word->text == "unless");
}

namespace {
bool is_or(std::string_view word) { return word == "or" || word == "||"; }

std::shared_ptr<const Acl> named(config::Line& line, const config::Word& word, std::string_view name, Compiler& compiler) {
  static const AclSet none;
  const AclSet& acls = compiler.acls ? *compiler.acls : none;
  auto acl = acls.find(name, compiler);
  if (acl) return acl;
  if (catalog::entries<Fetch>().find(name.substr(0, name.find('('))))
    return line.alert(word, fmt::format("no such ACL: '{}'", name), fmt::format("the fetch of this name is asked in braces: {{ {} ... }}", name)), nullptr;
  auto names = acls.names();
  for (const Predefined& one : predefined) names.push_back(one.name);
  const std::string_view near = nearest(name, names);
  line.alert(word, fmt::format("no such ACL: '{}'", name), near.empty() ? std::string{} : fmt::format("did you mean '{}'?", near));
  return nullptr;
}

// One `[!]acl` or `[!]{ ... }`.
std::optional<Condition::Term> parse_term(config::Line& line, Compiler& compiler) {
  Condition::Term term;
  const config::Word* word = line.next();
  std::string_view name = word->text;
  while (name.starts_with('!')) {
    term.negated = !term.negated;
    name.remove_prefix(1);
    if (!name.empty()) continue;
    word = line.next();
    if (!word) {
      line.alert(line.end_place(), "an ACL is missing behind '!'");
      return std::nullopt;
    }
    name = word->text;
  }
  if (name != "{") {
    term.acl = named(line, *word, name, compiler);
    if (!term.acl) return std::nullopt;
    return term;
  }
  auto test = AclTest::parse(line, compiler, AclTest::Until::brace);
  if (!test) return std::nullopt;
  auto acl = std::make_shared<Acl>();
  acl->tests.push_back(std::make_shared<AclTest>(std::move(*test)));
  term.acl = std::move(acl);
  return term;
}
}  // namespace

std::optional<Condition> Condition::parse(config::Line& line, Compiler& compiler) {
  const config::Word& keyword = *line.next();
  const EvaluatedAt anywhere(compiler, 0);  // a test that can never hold is worth a warning only: drop_impossible()
  Condition condition;
  condition.unless_ = keyword.text == "unless";
  condition.alternatives_.emplace_back();
  while (const config::Word* word = line.peek()) {
    if (is_or(word->text)) {
      line.next();
      if (condition.alternatives_.back().empty() || line.at_end())
        line.warning(*word, fmt::format("an ACL is missing {} '{}'", line.at_end() ? "behind" : "before", word->text));
      condition.alternatives_.emplace_back();
      continue;
    }
    auto term = parse_term(line, compiler);
    if (!term) return std::nullopt;
    condition.alternatives_.back().push_back(std::move(*term));
  }
  // As in HAProxy, which says nothing: where there is no ACL nothing holds.
  std::erase_if(condition.alternatives_, [](const auto& terms) { return terms.empty(); });
  if (condition.alternatives_.empty())
    line.warning(keyword, fmt::format("'{}' expects a condition; without one this {} applies", keyword.text, condition.unless_ ? "always" : "never"));
  return condition;
}

bool Condition::holds(const Scope& scope) const {
  for (const auto& terms : alternatives_) {
    bool all = true;
    for (const Term& term : terms)
      if (term.acl->eval(scope) == term.negated) {
        all = false;
        break;
      }
    if (all) return true;
  }
  return false;
}

namespace {
constexpr Verdict both(Verdict a, Verdict b) {
  if (a == Verdict::no || b == Verdict::no) return Verdict::no;
  return a == Verdict::later || b == Verdict::later ? Verdict::later : Verdict::yes;
}
Verdict verdict_of(const Condition::Term& term, const Scope& scope) {
  scope.wants_more = false;
  const bool holds = term.acl->eval(scope);
  // A match found in what is there stays one; only a miss may turn into a match.
  if (!holds && scope.wants_more) return Verdict::later;
  return holds != term.negated ? Verdict::yes : Verdict::no;
}
}  // namespace

Verdict Condition::test(const Scope& scope) const {
  Verdict whole = Verdict::no;
  for (const auto& terms : alternatives_) {
    Verdict all = Verdict::yes;
    for (const Term& term : terms) {
      all = both(all, verdict_of(term, scope));
      if (all == Verdict::no) break;
    }
    if (all == Verdict::yes) return unless_ ? Verdict::no : Verdict::yes;
    if (all == Verdict::later) whole = Verdict::later;
  }
  if (whole == Verdict::later) return whole;
  return unless_ ? Verdict::yes : Verdict::no;
}

const AclTest* Condition::single_test() const {
  if (unless_ || alternatives_.size() != 1 || alternatives_[0].size() != 1) return nullptr;
  const Term& term = alternatives_[0][0];
  if (term.negated || term.acl->tests.size() != 1) return nullptr;
  return term.acl->tests[0].get();
}

std::optional<std::string_view> Condition::drop_impossible(Checkpoints any_of) {
  const auto impossible = [any_of](const auto& test) { return !test->expression().valid_at(any_of); };
  std::optional<std::string_view> first;
  for (auto& terms : alternatives_)
    for (Term& term : terms) {
      const auto at = std::ranges::find_if(term.acl->tests, impossible);
      if (at == term.acl->tests.end()) continue;
      if (!first) first = (*at)->expression().fetch_name();
      auto possible = std::make_shared<Acl>(*term.acl);  // other conditions may use the whole
      std::erase_if(possible->tests, impossible);
      term.acl = std::move(possible);
    }
  return first;
}

bool Condition::needs_http() const {
  for (const auto& terms : alternatives_)
    for (const Term& term : terms)
      for (const auto& test : term.acl->tests)
        if (test->expression().needs_http()) return true;
  return false;
}

}  // namespace sluice::expr
