// option httpchk, option tcp-check, http-check ...: how the servers of a backend are checked.
#include "backend/settings.hpp"
#include "base/text.hpp"
#include "catalog/add.hpp"

namespace sluice::backend {

namespace {

namespace in = config::in;
using catalog::Add;
using config::Keyword;
using config::Line;
using config::Section;

void add_header(HttpCheck& check, std::string_view name, std::string_view value) {
  check.headers.emplace_back(lower(trim(name)), std::string(trim(value)));
}

// "HTTP/1.1\r\nHost: example.com\r\n...\r\n\r\nbody": the old trick to add headers, still in many configurations.
void split_version(HttpCheck& check, std::string_view text) {
  const std::size_t line_end = text.find_first_of("\r\n");
  check.version = std::string(text.substr(0, line_end));
  if (line_end == std::string_view::npos) return;
  std::string_view rest = text.substr(line_end);
  while (!rest.empty()) {
    if (rest.starts_with("\r\n")) rest.remove_prefix(2);
    else if (rest.starts_with('\n')) rest.remove_prefix(1);
    if (rest.starts_with("\r\n") || rest.starts_with('\n')) {
      rest.remove_prefix(rest.starts_with('\n') ? 1 : 2);
      if (!rest.empty()) {
        check.body = std::string(rest);
        check.has_body = true;
      }
      return;
    }
    const std::size_t end = rest.find_first_of("\r\n");
    std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end);
    const std::string_view name = take_until(line, ':');
    if (!trim(name).empty()) add_header(check, name, line);
  }
}

// option httpchk | <uri> | <method> <uri> [<version> [<host>]]
void parse_httpchk(Line& line, Section& section) {
  CheckPlan plan = section[setting::check_plan];
  plan.kind = "http";
  const std::vector<config::Word> words = line.take_rest();
  if (words.size() > 4) {
    line.alert(words[4], "'option httpchk' takes a method, an URI, a version and a host at most.");
    return;
  }
  plan.http.method = words.size() > 1 ? words[0].text : "OPTIONS";
  plan.http.uri = words.size() > 1 ? words[1].text : words.size() == 1 ? words[0].text : "/";
  plan.http.version = "HTTP/1.0";
  if (words.size() > 2) {
    split_version(plan.http, words[2].text);
    if (plan.http.version.size() != words[2].text.size())
      line.warning(words[2], "'option httpchk' : hiding headers or body at the end of the version string is deprecated. "
                             "Please, consider to use 'http-check send' directive instead.");
    if (!plan.http.version.starts_with("HTTP/1.")) {
      line.alert(words[2], fmt::format("'option httpchk' : '{}' is not a version of HTTP/1.", plan.http.version));
      return;
    }
  }
  if (words.size() > 3) add_header(plan.http, "host", words[3].text);
  section.change(setting::check_plan, line) = std::move(plan);
}

void parse_tcp_check(Line& line, Section& section) {
  if (line.finish()) section.change(setting::check_plan, line).kind = "tcp";
}

// Fixed texts only, for now: a log-format must not be sent as it is written.
const config::Word* take_text(Line& line, std::string_view what) {
  const config::Word* const word = line.take(what);
  if (!word || word->text.find('%') == std::string::npos) return word;
  line.alert(*word, fmt::format("'{}' : log-format variables are not supported here yet.", line.keyword()));
  return nullptr;
}

void parse_send(Line& line, Section& section) {
  HttpCheck check = section[setting::check_plan].http;
  if (check.send_given && section.said_here(setting::check_plan)) {
    line.alert(fmt::format("'{}' : more than one request in a check is not supported yet.", line.keyword()));
    return;
  }
  check.send_given = true;
  while (const config::Word* const word = line.next()) {
    const std::string_view what = word->text;
    if (what == "hdr") {
      const config::Word* const name = line.take("<name>");
      const config::Word* const value = name ? take_text(line, "<value>") : nullptr;
      if (!value) return;
      if (!equal_nocase(name->text, "content-length") && !equal_nocase(name->text, "transfer-encoding"))
        add_header(check, name->text, value->text);
      continue;
    }
    if (what != "meth" && what != "uri" && what != "ver" && what != "body" && what != "comment") {
      line.alert(*word, fmt::format("'http-check send' : unknown or not yet supported argument '{}'.", what));
      return;
    }
    const config::Word* const value = line.take("a value");
    if (!value) return;
    if (what == "meth") check.method = value->text;
    if (what == "uri") check.uri = value->text;
    if (what == "ver") check.version = value->text;
    if (what == "body") {
      check.body = value->text;
      check.has_body = true;
    }
  }
  section.change(setting::check_plan, line).http = std::move(check);
}

bool read_statuses(Line& line, const config::Word& word, HttpExpect& expect) {
  std::string_view rest = word.text;
  while (!rest.empty()) {
    std::string_view range = take_until(rest, ',');
    const auto low = parse_uint(take_until(range, '-'));
    const auto high = range.empty() ? low : parse_uint(range);
    if (!low || !high || *low < 100 || *high > 999 || *low > *high) {
      line.alert(word, fmt::format("'http-check expect status' : '{}' is not a list of status codes and ranges.", word.text));
      return false;
    }
    expect.statuses.emplace_back(static_cast<std::uint16_t>(*low), static_cast<std::uint16_t>(*high));
  }
  return true;
}

bool read_pattern(Line& line, HttpExpect& expect) {
  const config::Word* const word = line.take("<pattern>");
  if (!word) return false;
  expect.pattern = word->text;
  if (expect.what == HttpExpect::What::status) return read_statuses(line, *word, expect);
  if (expect.what == HttpExpect::What::string) return true;
  auto regex = expr::Regex::compile(word->text);
  if (!regex) {
    line.alert(*word, fmt::format("'http-check expect' : {}.", regex.error()));
    return false;
  }
  expect.regex = std::make_shared<const expr::Regex>(std::move(*regex));
  return true;
}

void parse_expect(Line& line, Section& section) {
  static constexpr config::Choice<HttpExpect::What> whats[] = {{"status", HttpExpect::What::status},
                                                               {"rstatus", HttpExpect::What::rstatus},
                                                               {"string", HttpExpect::What::string},
                                                               {"rstring", HttpExpect::What::rstring}};
  HttpExpect expect;
  for (;;) {
    const config::Word* const word = line.take("a match");
    if (!word) return;
    std::string_view text = word->text;
    if (text == "comment") {
      const config::Word* const comment = line.take("<msg>");
      if (!comment) return;
      expect.comment = comment->text;
      continue;
    }
    if (text.starts_with('!')) {
      expect.negated = true;
      text.remove_prefix(1);
      if (text.empty()) continue;
    }
    const auto found = std::ranges::find(whats, text, &config::Choice<HttpExpect::What>::name);
    if (found == std::end(whats)) {
      line.alert(*word, fmt::format("'http-check expect' : unknown or not yet supported match '{}'.", text));
      return;
    }
    expect.what = found->value;
    break;
  }
  if (!read_pattern(line, expect) || !line.finish()) return;
  section.change(setting::check_plan, line).http.expect.push_back(std::move(expect));
}

template <bool HttpCheck::*member>
void parse_flag(Line& line, Section& section) {
  if (line.finish()) section.change(setting::check_plan, line).http.*member = true;
}

const Add httpchk{Keyword{.name = "option httpchk", .args = "[[<method>] <uri> [<version> [<host>]]]", .sections = in::back_or_defaults,
    .parse = parse_httpchk, .doc = "Checks servers with an HTTP request; answers 2xx and 3xx are good unless http-check says otherwise."}};
const Add tcp_check{Keyword{.name = "option tcp-check", .sections = in::back_or_defaults, .parse = parse_tcp_check,
    .doc = "Checks servers by connecting to them, as without this option."}};
const Add send{Keyword{.name = "http-check send", .args = "[meth <method>] [uri <uri>] [ver <version>] [hdr <name> <value>]* [body <string>] [comment <msg>]",
    .sections = in::back_or_defaults, .parse = parse_send, .doc = "What the request of option httpchk is made of."}};
const Add expect{Keyword{.name = "http-check expect", .args = "[comment <msg>] [!] { status | rstatus | string | rstring } <pattern>",
    .sections = in::back_or_defaults, .parse = parse_expect, .doc = "What an answer must be for the check to pass."}};
const Add disable_on_404{Keyword{.name = "http-check disable-on-404", .sections = in::back_or_defaults,
    .parse = parse_flag<&HttpCheck::disable_on_404>, .doc = "An answer 404 takes a running server out of balancing, but not down."}};
const Add send_state{Keyword{.name = "http-check send-state", .sections = in::back_or_defaults,
    .parse = parse_flag<&HttpCheck::send_state>, .doc = "Adds a header that tells the server how it is seen from here."}};

}  // namespace
}  // namespace sluice::backend
