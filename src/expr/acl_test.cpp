// One ACL line: criterion, flags, operator, patterns (manual 7.1).
#include <fmt/format.h>

#include "base/text.hpp"
#include "expr/condition.hpp"
#include "expr/expression_parser.hpp"
#include "net/address.hpp"

namespace sluice::expr {

namespace {

struct AclWord {
  std::string_view fetch;
  std::string_view match;
  const AclFamily* family = nullptr;
};
// "path_beg" is {path, beg}; names that are no ACL keywords are not in it.
const std::map<std::string, AclWord, std::less<>>& acl_words() {
  static const auto words = [] {
    std::map<std::string, AclWord, std::less<>> all;
    for (const AclFamily* family : catalog::entries<AclFamily>())
      for (const std::string_view match : family->matches) all[acl_keyword(*family, match)] = {family->fetch, match, family};
    return all;
  }();
  return words;
}

std::string_view usual_match(Type type) {
  switch (type) {
    case Type::boolean: return "bool";
    case Type::sint: return "int";
    case Type::address:
    case Type::ipv4:
    case Type::ipv6: return "ip";
    case Type::str:
    case Type::method: return "str";
    default: return {};
  }
}

bool is_operator(std::string_view word) {
  return word == "eq" || word == "ge" || word == "gt" || word == "le" || word == "lt";
}
// "3.1" as the number req.ssl_ver gives; "3.1:3.3" likewise; anything else as it is.
std::string from_dotted(std::string_view text) {
  const auto colon = text.find(':');
  if (colon != std::string_view::npos) return from_dotted(text.substr(0, colon)) + ":" + from_dotted(text.substr(colon + 1));
  const auto dot = text.find('.');
  const auto major = parse_uint(text.substr(0, dot));
  const auto minor = dot == std::string_view::npos ? std::nullopt : parse_uint(text.substr(dot + 1));
  return major && minor ? std::to_string(*major * 65536 + *minor) : std::string(text);
}
// "gt" and "5" as the range they mean: "6:". A range is left alone under eq, as a set of values is.
std::optional<std::string> with_operator(std::string_view op, std::string_view value) {
  if (op.empty() || op == "eq") return std::string(value);
  const auto number = parse_int(value);
  if (!number) return std::nullopt;
  if (op == "ge") return fmt::format("{}:", *number);
  if (op == "gt") return fmt::format("{}:", *number + 1);
  if (op == "le") return fmt::format(":{}", *number);
  return fmt::format(":{}", *number - 1);
}
}  // namespace

class AclTestParser {
 public:
  AclTestParser(config::Line& line, Compiler& compiler, AclTest::Until until)
      : line_(line), compiler_(compiler), until_(until) {}

  std::optional<AclTest> parse() {
    auto expression = parse_criterion();
    if (!expression) return std::nullopt;
    AclTest test(std::move(*expression));
    if (!parse_flags() || !choose_match(test)) return std::nullopt;
    if (!parse_patterns()) return std::nullopt;
    if (!finish(test)) return std::nullopt;
    return test;
  }

 private:
  bool at_end() {
    const config::Word* const word = line_.peek();
    return !word || (until_ == AclTest::Until::brace && word->text == "}");
  }

  // The first word, with an ACL keyword replaced by the fetch it stands for.
  std::optional<Expression> parse_criterion() {
    if (at_end()) {
      line_.alert(line_.end_place(), "an ACL needs a criterion, such as 'path_beg'");
      return std::nullopt;
    }
    const config::Word& word = *line_.next();
    const std::string_view name = ExpressionParser::name_at(word.text, 0);
    keyword_ = std::string(name);
    place_ = word.place;
    std::string text = word.text;
    const auto known = acl_words().find(name);
    if (known != acl_words().end()) {
      match_ = known->second.match;
      family_ = known->second.family;
      text = std::string(known->second.fetch) + word.text.substr(name.size());
    }
    const std::size_t shift = text.size() - word.text.size();  // may wrap around; it is added back
    ExpressionParser parser(text, 0, compiler_);
    auto expression = parser.parse();
    const auto complain = [&](std::size_t at, std::size_t width, std::string what, std::string suggestion) {
      const std::size_t column = at >= text.size() - word.text.size() + name.size() ? at - shift : std::min(at, name.size());
      line_.alert(word.at(std::min(column, word.text.size() - 1), width), std::move(what), std::move(suggestion));
    };
    if (!expression) {
      const auto& error = parser.error();
      std::string suggestion = error.suggestion;
      if (known == acl_words().end() && error.text.starts_with("unknown fetch")) suggestion = suggestion_for(name);
      complain(error.at, error.width, error.text, std::move(suggestion));
      return std::nullopt;
    }
    if (parser.at() != text.size()) {
      complain(parser.at(), 1, fmt::format("unexpected '{}' behind '{}'", text.substr(parser.at()), expression->source()), {});
      return std::nullopt;
    }
    // With converters the type of the last one decides, not the keyword (manual 7.1).
    if (expression->has_converters()) {
      match_ = {};
      family_ = nullptr;
    }
    const std::string_view arguments = std::string_view(text).substr(std::min(text.find('('), text.size()));
    if (arguments.size() > 2) argument_ = std::string(arguments.substr(1, arguments.find_first_of(",)") - 1));
    return expression;
  }

  std::string suggestion_for(std::string_view name) {
    auto names = catalog::entries<Fetch>().names();
    for (const auto& [word, meaning] : acl_words()) names.push_back(word);
    const std::string_view near = nearest(name, names);
    return near.empty() ? std::string{} : fmt::format("did you mean '{}'?", near);
  }

  bool parse_flags() {
    while (!at_end() && line_.peek()->text.starts_with('-') && line_.peek()->text.size() == 2) {
      const config::Word& flag = *line_.peek();
      const char letter = flag.text[1];
      if (letter == '-') {
        line_.next();
        return true;
      }
      if (std::string_view("infMmu").find(letter) == std::string_view::npos) {
        if (is_digit(letter)) return true;  // a negative number
        line_.alert(flag, fmt::format("unknown ACL flag '{}', expected -i, -f, -m, -M, -n, -u or --", flag.text));
        return false;
      }
      line_.next();
      if (letter == 'i') letters_ = Letters::any_case;
      else if (letter == 'n') names_allowed_ = false;
      else if (letter == 'M') columns_ = PatternFiles::Columns::two;
      else if (!parse_flag_value(flag, letter)) return false;
    }
    return true;
  }

  bool parse_flag_value(const config::Word& flag, char letter) {
    if (at_end()) {
      line_.alert(flag, fmt::format("ACL flag '{}' needs a value", flag.text));
      return false;
    }
    const config::Word& value = *line_.next();
    if (letter == 'u') {
      if (!parse_uint(value.text)) {
        line_.alert(value, fmt::format("'{}' is not an ACL id, expected a positive number", value.text));
        return false;
      }
      id_ = static_cast<unsigned>(*parse_uint(value.text));
      return true;
    }
    if (letter == 'm') {
      if (!files_.empty()) {
        line_.alert(flag, "'-m' must stand before '-f' and before the first pattern");
        return false;
      }
      const Match* const match = catalog::entries<Match>().find(value.text);
      if (!match) {
        const auto names = catalog::entries<Match>().names();
        const std::string_view near = nearest(value.text, names);
        line_.alert(value, fmt::format("unknown match method '{}'", value.text),
                    near.empty() ? std::string{} : fmt::format("did you mean '{}'?", near));
        return false;
      }
      match_ = match->name;
      return true;
    }
    const auto file = compiler_.files->open(value.text, line_.path(value.text), columns_);
    if (!file) {
      line_.alert(value, file.error());
      return false;
    }
    files_.push_back({*file, letters_, &value});
    return true;
  }

  bool choose_match(AclTest& test) {
    if (match_.empty()) match_ = usual_match(test.expression_.type());
    if (match_.empty()) {
      line_.alert(line_.last(), fmt::format("'{}' gives {}: say with '-m <method>' how to match it",
                                            test.expression_.source(), name_of(test.expression_.type())));
      return false;
    }
    found_ = catalog::entries<Match>().find(match_);
    const Type type = test.expression_.type();
    if (!castable(type, found_->takes) && !(match_ == "bin" && type == Type::bin)) {
      line_.alert(line_.last(), fmt::format("match method '{}' cannot be used with '{}', which gives {}", match_,
                                            test.expression_.source(), name_of(type)));
      return false;
    }
    return true;
  }

  bool parse_patterns() {
    const bool numbers = match_ == "int" || match_ == "len";
    std::string_view op;
    while (!at_end()) {
      const config::Word& word = *line_.next();
      if (numbers && is_operator(word.text)) {
        op = word.text;
        continue;
      }
      std::string pattern = word.text;
      if (keyword_ == "req.ssl_ver" || keyword_ == "req_ssl_ver") pattern = from_dotted(pattern);
      if (numbers) {
        auto range = with_operator(op, pattern);
        if (!range) {
          line_.alert(word, fmt::format("'{}' needs a number, not '{}'", op, word.text));
          return false;
        }
        pattern = std::move(*range);
      }
      if (match_ == "ip" && !resolve(pattern, word)) return false;
      patterns_.push_back(std::move(pattern));
      words_.push_back(&word);
    }
    if (!op.empty() && patterns_.empty()) {
      line_.alert(line_.end_place(), fmt::format("a number is missing behind '{}'", op));
      return false;
    }
    if (family_ && family_->objection && files_.empty()) {
      const PatternObjection wrong = family_->objection(argument_, patterns_, compiler_);
      if (!wrong.text.empty()) {
        line_.alert(wrong.index < words_.size() ? *words_[wrong.index] : line_.last(), fmt::format("'{}' : {}", keyword_, wrong.text));
        return false;
      }
    }
    if (until_ == AclTest::Until::brace) {
      if (!line_.peek()) {
        line_.alert(line_.end_place(), "'}' is missing behind the anonymous ACL");
        return false;
      }
      line_.next();
    }
    return true;
  }

  // Host names are looked up now unless -n forbids it.
  bool resolve(std::string& pattern, const config::Word& word) {
    const auto slash = pattern.find('/');
    const std::string host = pattern.substr(0, slash);
    const bool numeric = host.find_first_not_of("0123456789.") == std::string::npos || host.find(':') != std::string::npos;
    if (numeric || !names_allowed_) return true;
    const auto found = net::resolve(host, net::Family::ipv4);
    if (!found || found->empty()) {
      line_.alert(word, fmt::format("'{}' is not an address, and it cannot be resolved{}", host,
                                    found ? std::string{} : ": " + found.error()));
      return false;
    }
    pattern = found->front().host_text() + (slash == std::string::npos ? std::string{} : pattern.substr(slash));
    return true;
  }

  bool finish(AclTest& test) {
    test.match_name_ = found_->name;
    test.how_ = match_ == "found" ? AclTest::How::found : match_ == "bool" ? AclTest::How::truth : AclTest::How::patterns;
    std::vector<PatternRow> rows;
    for (const std::string& pattern : patterns_) rows.push_back({pattern});
    auto own = compiler_.files->make_own(rows);
    own->note_acl(keyword_, place_.file, place_.line);
    if (id_) own->set_id(*id_);
    if (test.how_ != AclTest::How::patterns) return true;
    if (auto use = PatternUse::make(std::move(own), *found_, {letters_, Pick::best})) {
      test.uses_.push_back(std::move(*use));
    } else {
      line_.alert(use.error().index < words_.size() ? *words_[use.error().index] : line_.last(), use.error().text);
      return false;
    }
    for (const File& file : files_) {
      auto use = PatternUse::make(file.store, *found_, {file.letters, Pick::best});
      if (!use) {
        line_.alert(*file.word, fmt::format("{} at line {} of file '{}'", use.error().text, use.error().line, file.word->text));
        return false;
      }
      file.store->note_acl(keyword_, place_.file, place_.line);
      test.uses_.push_back(std::move(*use));
    }
    return true;
  }

  struct File {
    std::shared_ptr<PatternStore> store;
    Letters letters;
    const config::Word* word;
  };

  config::Line& line_;
  Compiler& compiler_;
  AclTest::Until until_;
  std::string_view match_;
  const Match* found_ = nullptr;
  Letters letters_ = Letters::exact;
  bool names_allowed_ = true;
  PatternFiles::Columns columns_ = PatternFiles::Columns::one;
  std::vector<File> files_;
  std::vector<std::string> patterns_;
  std::vector<const config::Word*> words_;  // where each pattern stands
  std::optional<unsigned> id_;
  std::string keyword_;
  std::string argument_;                // the first of the keyword, if it has one
  const AclFamily* family_ = nullptr;   // the keyword's, unless converters follow
  config::Place place_;
};

std::optional<AclTest> AclTest::parse(config::Line& line, Compiler& compiler, Until until) {
  const AtLine here(compiler, line);
  return AclTestParser(line, compiler, until).parse();
}

bool AclTest::holds(const Sample& sample, const Scope& scope) const {
  switch (how_) {
    case How::found: return true;
    case How::truth: {
      if (sample.type() == Type::boolean || sample.type() == Type::sint) return sample.truth();
      const Sample value = cast(sample, Type::boolean, *scope.arena);
      return value && value.truth();
    }
    case How::patterns:
      for (const PatternUse& use : uses_)
        if (use.matches(sample, scope)) return true;
      return false;
  }
  return false;
}

bool AclTest::eval(const Scope& scope) const {
  if (!expression_.has_several()) {
    const Sample sample = expression_.eval(scope);
    return sample && holds(sample, scope);
  }
  struct State {
    const AclTest& self;
    const Scope& scope;
  } state{*this, scope};
  return expression_.any(scope, {[](void* opaque, const Sample& sample) {
                                   const State& s = *static_cast<State*>(opaque);
                                   return s.self.holds(sample, s.scope);
                                 },
                                 &state});
}

}  // namespace sluice::expr
