// option httpchk and its rules: HTTP requests, and what their answers must be.
#include <algorithm>

#include "async/worker.hpp"
#include "backend/check_expect.hpp"
#include "base/text.hpp"
#include "catalog/add.hpp"
#include "config/explain.hpp"
#include "expr/regex.hpp"

namespace sluice::backend {

namespace setting {
const config::Setting<bool> disable_on_404{{.name = "http-check disable-on-404", .sections = config::in::back_or_defaults,
    .doc = "An answer 404 takes a running server out of balancing, but not down."}};
const config::Setting<bool> send_state{{.name = "http-check send-state", .sections = config::in::back_or_defaults,
    .doc = "Adds a header that tells the server how it is seen from here."}};
}  // namespace setting

namespace {

// ---- the request

using Format = std::shared_ptr<const expr::LogFormat>;
struct Header {
  std::string name;    // in lower case
  std::string value;   // if there is no format
  Format format;
};
// As `option httpchk` and `http-check send` say it; what a rule leaves out comes from the option.
struct Request {
  std::string method, uri, version;
  Format uri_format, body_format;
  Format host;         // of the option
  std::vector<Header> headers;
  std::string body;
  bool has_body = false;
};

// Manual "http-check send-state".
std::string state_of(const CheckRun& run) {
  const Server& server = run.server();
  const ServerState& state = server.state();
  const net::Address address = server.address();
  const std::string host = address.is_unix() ? "unix" : address.host_text();
  const std::string port = address.is_unix() ? "unix" : std::to_string(address.port());
  return fmt::format("{}; address={}; port={}; name={}/{}; node={}; weight={}/{}; scur={}/{}; qcur={}", state.status(), host,
                     port, server.backend().name(), server.name(), run.node(), state.effective_weight.load(),
                     server.backend().total_weight(), state.served.load(), server.backend().state().sessions.load(),
                     state.queued.load());
}

enum class State : std::uint8_t { kept, told };  // http-check send-state

// RFC 9110 8.6: for these the absence of a body is said, too.
bool expects_body(std::string_view method) {
  constexpr std::string_view without[] = {"GET", "HEAD", "OPTIONS", "DELETE", "TRACE", "CONNECT"};
  return std::ranges::find(without, method) == std::end(without);
}

// The target with the host's name in place of its own one, if it has one (RFC 9112 3.2.2).
std::string addressed_to(const std::string& host, const std::string& method, std::string uri) {
  const http::Uri parts = http::split_uri(uri, method == "CONNECT" ? http::Target::of_connect : http::Target::of_others);
  if (host.empty() || parts.authority.empty()) return uri;
  return uri.replace(static_cast<std::size_t>(parts.authority.data() - uri.data()), parts.authority.size(), host);
}

class RequestMessage final : public CheckMessage {
 public:
  RequestMessage(Request request, State state) : request_(std::move(request)), state_(state) {}
  std::optional<std::string> bytes(CheckRun& run) const override {
    const auto text = [&run](const Format& format, const std::string& constant) {
      return format ? std::string(format->text(run.scope())) : constant;
    };
    const std::string uri = text(request_.uri_format, request_.uri), body = text(request_.body_format, request_.body);
    if (uri.find_first_of(" \r\n\t") != std::string::npos) return std::nullopt;  // a format gave what no URI can hold
    std::string out, host;
    bool has_connection = false;
    for (const Header& header : request_.headers) {
      std::string value = text(header.format, header.value);
      std::ranges::replace_if(value, [](char c) { return c == '\r' || c == '\n'; }, ' ');
      if (header.name == "host" && host.empty()) host = value;
      if (header.name == "connection") has_connection = true;
      if (header.name == "connection" && equal_nocase(value, request_.version == "HTTP/1.0" ? "close" : "keep-alive")) continue;  // what the version does anyway
      out += fmt::format("{}: {}\r\n", header.name, value);
    }
    if (state_ == State::told) out += fmt::format("x-haproxy-server-state: {}\r\n", state_of(run));
    if (request_.has_body || expects_body(request_.method)) out += fmt::format("content-length: {}\r\n", body.size());
    const bool keeps_by_itself = request_.version != "HTTP/1.0";
    if (!has_connection && run.keeps_connection() != keeps_by_itself)
      out += run.keeps_connection() ? "connection: keep-alive\r\n" : "connection: close\r\n";
    if (request_.method == "HEAD") run.will_answer_head();
    const std::string target = addressed_to(host, request_.method, uri.empty() ? "/" : uri);
    return fmt::format("{} {} {}\r\n{}\r\n{}", request_.method, target, request_.version, out, body);
  }

 private:
  const Request request_;
  const State state_;
};

void add_header(Request& request, std::string_view name, std::string_view value) {
  request.headers.push_back({lower(trim(name)), std::string(trim(value)), nullptr});
}

// "HTTP/1.1\r\nHost: example.com\r\n...\r\n\r\nbody": the old trick to add headers, still in many configurations.
void split_version(Request& request, std::string_view text) {
  const std::size_t line_end = text.find_first_of("\r\n");
  request.version = std::string(text.substr(0, line_end));
  std::string_view rest = line_end == std::string_view::npos ? std::string_view{} : text.substr(line_end);
  const auto skip_line_end = [&rest] {
    if (rest.starts_with('\r')) rest.remove_prefix(1);
    if (rest.starts_with('\n')) rest.remove_prefix(1);
  };
  while (!rest.empty()) {
    skip_line_end();
    if (rest.starts_with('\r') || rest.starts_with('\n')) {
      skip_line_end();
      request.has_body = !rest.empty();
      request.body = std::string(rest);
      return;
    }
    const std::size_t end = rest.find_first_of("\r\n");
    std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end);
    const std::string_view name = take_until(line, ':');
    if (!trim(name).empty()) add_header(request, name, line);
  }
}

// The same in today's words.
std::string modern_form(const Request& request) {
  std::string text = "http-check send";
  for (const Header& header : request.headers) {
    std::string value;
    for (const char c : header.value) value += c == ' ' || c == '\\' || c == '"' || c == '#' ? std::string{'\\', c} : std::string(1, c);
    text += fmt::format(" hdr {} {}", header.name, value);
  }
  if (request.has_body) text += fmt::format(" body \"{}\"", request.body);
  return text;
}

enum class Warn : std::uint8_t { no, yes };

// Later versions than HTTP/1.1 are asked for in its form, as by HAProxy.
bool settle_version(config::Line& line, const config::Word& word, std::string& version, Warn warn) {
  if (version == "HTTP/1.0" || version == "HTTP/1.1") return true;
  if (!version.starts_with("HTTP/") || version.size() < 6 || version[5] < '1' || version[5] > '9') {
    line.alert(word, fmt::format("'{}' : '{}' is not a version of HTTP/1.", line.keyword(), version), config::parameter_elsewhere(word.text));
    return false;
  }
  if (warn == Warn::yes)
    line.warning(word, fmt::format("'{}' : '{}' is not a version of HTTP/1; 'HTTP/1.1' is sent.", line.keyword(), version));
  version = "HTTP/1.1";
  return true;
}

// option httpchk | <uri> | <method> <uri> [<version> [<host>]]
bool read_option(config::Line& line, Request& request, Warn warn, std::string* host = nullptr) {
  const std::vector<config::Word> words = line.take_rest();
  if (words.size() > 4) {
    line.alert(words[4], fmt::format("'{}' takes a method, an URI, a version and a host at most.", line.keyword()));
    return false;
  }
  request.method = words.size() > 1 ? words[0].text : "OPTIONS";
  request.uri = words.size() > 1 ? words[1].text : words.size() == 1 ? words[0].text : "/";
  request.version = "HTTP/1.0";
  if (words.size() > 2) {
    split_version(request, words[2].text);
    if (warn == Warn::yes && request.version.size() != words[2].text.size())
      line.warning(words[2], fmt::format("'{}' : hiding headers or body at the end of the version string is deprecated. "
                                         "Please, consider to use 'http-check send' directive instead.", line.keyword()),
                   fmt::format("write '{} {} {} {}' and below it '{}'", line.keyword(), request.method, request.uri, request.version, modern_form(request)));
    if (!settle_version(line, words[2], request.version, warn)) return false;
  }
  if (words.size() > 3 && host) *host = words[3].text;
  return true;
}

// A rule's request until build() has given it what the option says.
class UnfinishedRequest final : public CheckMessage {
 public:
  explicit UnfinishedRequest(Request request) : request_(std::move(request)) {}
  std::optional<std::string> bytes(CheckRun&) const override { return std::nullopt; }
  const Request& request() const { return request_; }

 private:
  Request request_;
};

bool read_format(CheckBuilder& in, config::Line& line, Format& into) {
  if (line.at_end()) return line.take("<fmt>") != nullptr;
  auto format = expr::LogFormat::parse(line, in.compiler, expr::LogFormat::For::http);
  if (!format) return false;
  into = std::make_shared<const expr::LogFormat>(std::move(*format));
  return true;
}

bool add_send(CheckBuilder& in, config::Line& line) {
  Request request;
  std::string comment;
  while (const config::Word* const word = line.next()) {
    const std::string_view what = word->text;
    if (what == "hdr") {
      const config::Word* const name = line.take("<name>");
      if (!name) return false;
      Header header{lower(name->text), {}, nullptr};
      if (!read_format(in, line, header.format)) return false;
      // Ours to say (manual "http-check send").
      if (header.name != "content-length" && header.name != "transfer-encoding") request.headers.push_back(std::move(header));
    } else if (what == "uri-lf" || what == "body-lf") {
      if (!read_format(in, line, what == "uri-lf" ? request.uri_format : request.body_format)) return false;
      if (what == "body-lf") request.has_body = true;
    } else if (what == "meth" || what == "uri" || what == "ver" || what == "body" || what == "comment") {
      const config::Word* const value = line.take("a value");
      if (!value) return false;
      (what == "meth" ? request.method : what == "uri" ? request.uri : what == "ver" ? request.version
                                     : what == "body" ? request.body : comment) = value->text;
      if (what == "body") request.has_body = true;
      if (what == "ver" && !settle_version(line, *value, request.version, Warn::yes)) return false;
    } else {
      line.alert(*word, fmt::format("'{}' : unknown argument '{}'.", line.keyword(), what),
                 "it takes 'meth', 'uri', 'uri-lf', 'ver', 'hdr', 'body', 'body-lf' and 'comment'");
      return false;
    }
  }
  in.send(std::make_unique<UnfinishedRequest>(std::move(request)));
  in.plan.steps.back().comment = comment;
  return true;
}

// ---- the answer

// -m str | beg | end | sub | reg for one name or value.
struct Pattern {
  enum class How : std::uint8_t { str, beg, end, sub, reg } how = How::str;
  std::string text;
  Format format;
  std::shared_ptr<const expr::Regex> regex;

  bool matches(const CheckRun& run, std::string_view value, expr::Letters letters) const {
    if (how == How::reg) return regex->matches(value);
    const std::string wanted_text = format ? std::string(format->text(run.scope())) : text;
    const bool any_case = letters == expr::Letters::any_case;
    const std::string wanted = any_case ? lower(wanted_text) : wanted_text;
    const std::string seen = any_case ? lower(value) : std::string(value);
    switch (how) {
      case How::beg: return seen.starts_with(wanted);
      case How::end: return seen.ends_with(wanted);
      case How::sub: return seen.contains(wanted);
      default: return seen == wanted;
    }
  }
  enum class Given : std::uint8_t { as_text, as_format };
  bool read(CheckBuilder& in, config::Line& line, Given given) {
    static constexpr config::Choice<How> methods[] = {{"str", How::str}, {"beg", How::beg}, {"end", How::end}, {"sub", How::sub}, {"reg", How::reg}};
    if (line.accept("-m")) {
      const auto chosen = line.take_choice<How>(methods);
      if (!chosen) return false;
      how = *chosen;
    }
    if (given == Given::as_format && how == How::reg) {
      line.alert(line.last(), fmt::format("'{}' : a log format cannot be a regular expression.", line.keyword()));
      return false;
    }
    if (given == Given::as_format) return read_format(in, line, format);
    const config::Word* const word = line.take("a pattern");
    if (!word) return false;
    text = word->text;
    if (how != How::reg) return true;
    auto compiled = expr::Regex::compile(text);
    if (!compiled) {
      line.alert(*word, fmt::format("'{}' : {}.", line.keyword(), compiled.error()));
      return false;
    }
    regex = std::make_shared<const expr::Regex>(std::move(*compiled));
    return true;
  }
};

// One of the matches with its options, which may stand before and behind it.
class Match : public Expectation {
 public:
  void set_options(ExpectOptions options) {
    options_ = std::move(options);
    options_.apply_to(*this);
  }

 protected:
  ExpectOptions options_;
};

class Status final : public Match {
 public:
  Finding look(CheckRun& run) const override {
    const http::Response& answer = *run.response();
    const unsigned status = answer.status;
    const bool matches = regex ? regex->matches(std::to_string(status)) : std::ranges::any_of(ranges, [status](const auto& range) {
      return status >= range.first && status <= range.second;
    });
    if (matches != options_.negated) return options_.passed(run, {}, static_cast<int>(status));
    return options_.failed(run, CheckCode::L7STS, std::string(answer.reason), static_cast<int>(status));
  }
  std::vector<std::pair<std::uint16_t, std::uint16_t>> ranges;
  std::shared_ptr<const expr::Regex> regex;
};

class HeaderMatch final : public Match {
 public:
  enum class Values : std::uint8_t { elements, whole };  // hdr: between commas; fhdr
  explicit HeaderMatch(Values values) : values_(values) {}
  Finding look(CheckRun& run) const override {
    const http::Response& answer = *run.response();
    const bool matches = std::ranges::any_of(answer.fields, [&](const http::Field& field) {
      return name.matches(run, field.name(), expr::Letters::any_case) && (!value || value_matches(run, field.value()));
    });
    if (matches != options_.negated) return options_.passed(run, {}, answer.status);
    return options_.failed(run, CheckCode::L7STS, std::string(answer.reason), answer.status);
  }
  Pattern name;
  std::optional<Pattern> value;

 private:
  bool value_matches(const CheckRun& run, std::string_view text) const {
    if (values_ == Values::whole) return value->matches(run, text, expr::Letters::exact);
    while (true) {
      const std::size_t comma = text.find(',');
      if (value->matches(run, trim(text.substr(0, comma)), expr::Letters::exact)) return true;
      if (comma == std::string_view::npos) return false;
      text.remove_prefix(comma + 1);
    }
  }
  const Values values_;
};

class BodyMatch final : public Match {
 public:
  Finding look(CheckRun& run) const override {
    bool whole = false;
    const std::string_view body = run.body(whole);
    const http::Response& answer = *run.response();
    if (body.empty())
      return whole ? options_.failed(run, CheckCode::L7RSP, "HTTP content check could not find a response body", answer.status) : Finding::more();
    if (!whole && options_.min_recv > 0 && body.size() < static_cast<std::size_t>(options_.min_recv)) return Finding::more();
    const bool matches = regex ? regex->matches(body) : body.contains(format ? format->text(run.scope()) : std::string_view(text));
    if (!matches && !whole && options_.min_recv < 0) return Finding::more();
    if (matches != options_.negated) return options_.passed(run, {}, answer.status);
    return options_.failed(run, CheckCode::L7RSP, options_.negated ? "HTTP check matched unwanted content" : "HTTP content check did not match",
                           answer.status);
  }
  std::string text;
  Format format;
  std::shared_ptr<const expr::Regex> regex;
};

std::shared_ptr<const expr::Regex> read_regex(config::Line& line) {
  const config::Word* const word = line.take("<regex>");
  if (!word) return nullptr;
  auto compiled = expr::Regex::compile(word->text);
  if (!compiled) {
    line.alert(*word, fmt::format("'{}' : {}.", line.keyword(), compiled.error()));
    return nullptr;
  }
  return std::make_shared<const expr::Regex>(std::move(*compiled));
}

bool read_ranges(config::Line& line, Status& status) {
  const config::Word* const word = line.take("<codes>");
  if (!word) return false;
  std::string_view rest = word->text;
  while (!rest.empty()) {
    std::string_view range = take_until(rest, ',');
    const auto low = parse_uint(take_until(range, '-'));
    const auto high = range.empty() ? low : parse_uint(range);
    if (!low || !high || *low < 100 || *high > 999 || *low > *high) {
      line.alert(*word, fmt::format("'{} status' : '{}' is not a list of status codes and ranges.", line.keyword(), word->text));
      return false;
    }
    status.ranges.emplace_back(static_cast<std::uint16_t>(*low), static_cast<std::uint16_t>(*high));
  }
  return true;
}

// { name | name-lf } [ -m <meth> ] <name> [ { value | value-lf } [ -m <meth> ] <value> ]
bool read_header(CheckBuilder& in, config::Line& line, HeaderMatch& match) {
  const bool name_format = line.accept("name-lf");
  if (!name_format && !line.accept("name")) {
    line.alert(line.end_place(), fmt::format("'{} {}' expects 'name' or 'name-lf'.", line.keyword(), line.last().text));
    return false;
  }
  const auto given = [](bool format) { return format ? Pattern::Given::as_format : Pattern::Given::as_text; };
  if (!match.name.read(in, line, given(name_format))) return false;
  const bool value_format = line.accept("value-lf");
  if (!value_format && !line.accept("value")) return true;
  return match.value.emplace().read(in, line, given(value_format));
}

// Null: diagnosed.
std::unique_ptr<Match> read_match(CheckBuilder& in, config::Line& line, const config::Word& word, std::string_view match) {
  if (match == "status" || match == "rstatus") {
    auto status = std::make_unique<Status>();
    if (match == "status" ? !read_ranges(line, *status) : !(status->regex = read_regex(line))) return nullptr;
    return status;
  }
  if (match == "hdr" || match == "fhdr") {
    auto header = std::make_unique<HeaderMatch>(match == "fhdr" ? HeaderMatch::Values::whole : HeaderMatch::Values::elements);
    if (!read_header(in, line, *header)) return nullptr;
    return header;
  }
  auto body = std::make_unique<BodyMatch>();
  if (match == "string") {
    const config::Word* const pattern = line.take("<string>");
    if (!pattern) return nullptr;
    body->text = pattern->text;
  } else if (match == "rstring") {
    if (!(body->regex = read_regex(line))) return nullptr;
  } else if (match == "string-lf") {
    if (!read_format(in, line, body->format)) return nullptr;
  } else {
    line.alert(word, fmt::format("'{}' : unknown match '{}'.", line.keyword(), match),
               "it is one of 'status', 'rstatus', 'hdr', 'fhdr', 'string', 'rstring' and 'string-lf'");
    return nullptr;
  }
  return body;
}

bool add_expect(CheckBuilder& in, config::Line& line) {
  ExpectOptions options;
  std::string match;
  const config::Word* const word = options.read(in, line, match);
  if (!word) return false;
  std::unique_ptr<Match> expectation = read_match(in, line, *word, match);
  if (!expectation || !options.read_rest(in, line)) return false;
  expectation->set_options(options);
  in.expect(std::move(expectation), fmt::format("expect {}", match));
  in.plan.steps.back().comment = options.comment;
  return true;
}

// ---- all together

Request completed(const Request& rule, const Request& option) {
  Request request = rule;
  if (request.method.empty()) request.method = option.method;
  if (request.uri.empty() && !request.uri_format) request.uri = option.uri;
  if (request.version.empty()) request.version = option.version;
  if (request.headers.empty()) request.headers = option.headers;  // as HAProxy: a rule's headers replace hidden ones
  const bool has_host = std::ranges::any_of(request.headers, [](const Header& header) { return header.name == "host"; });
  if (option.host && !has_host) request.headers.insert(request.headers.begin(), {"host", {}, option.host});
  if (!request.has_body) {
    request.body = option.body;
    request.has_body = option.has_body;
  }
  return request;
}

// The requests get what they leave out: the first one from the option, later ones the manual's defaults.
void complete_requests(CheckBuilder& in, const Request& option, State state) {
  const Request defaults{.method = "OPTIONS", .uri = "/", .version = "HTTP/1.0", .uri_format = nullptr, .body_format = nullptr, .host = nullptr, .headers = {}, .body = {}};
  bool first = true;
  for (CheckStep& step : in.plan.steps) {
    if (step.kind != CheckStep::Kind::send) continue;
    const Request& rule = static_cast<const UnfinishedRequest&>(*step.message).request();
    step.message = std::make_shared<RequestMessage>(completed(rule, first ? option : defaults), state);
    first = false;
  }
}

bool build(CheckBuilder& in, config::Line& line) {
  in.plan.http = true;
  in.plan.success = CheckCode::L7OK;
  in.plan.disable_on_404 = in.section[setting::disable_on_404];
  Request option;
  std::string host;
  if (!read_option(line, option, Warn::no, &host)) return false;
  if (!host.empty()) {
    std::string wrong;
    auto format = expr::LogFormat::parse(host, in.compiler, expr::LogFormat::For::http, &wrong);
    if (!format) {
      line.alert(line.last(), fmt::format("'{}' : {}.", line.keyword(), wrong));
      return false;
    }
    option.host = std::make_shared<const expr::LogFormat>(std::move(*format));
  }
  if (!in.add_rules(in.section[setting::http_check_rules])) return false;
  std::vector<CheckStep>& steps = in.plan.steps;
  const auto is = [](CheckStep::Kind kind) { return [kind](const CheckStep& step) { return step.kind == kind; }; };
  if (std::ranges::none_of(steps, is(CheckStep::Kind::send))) {
    // Before the first answer is looked at, and before what is said about that.
    auto at = std::ranges::find_if(steps, is(CheckStep::Kind::expect)) - steps.begin();
    while (at > 0 && steps[static_cast<std::size_t>(at) - 1].kind == CheckStep::Kind::comment) --at;
    in.send(std::make_unique<UnfinishedRequest>(Request{}));
    std::rotate(steps.begin() + at, steps.end() - 1, steps.end());
  }
  complete_requests(in, option, in.section[setting::send_state] ? State::told : State::kept);
  const auto last = std::ranges::find_if(steps.rbegin(), steps.rend(), [](const CheckStep& step) {
    return step.kind == CheckStep::Kind::send || step.kind == CheckStep::Kind::expect;
  });
  if (last->kind == CheckStep::Kind::send) {
    auto good = std::make_unique<Status>();
    good->ranges = {{200, 399}};
    in.expect(std::move(good), "expect status");
  }
  return true;
}

// The option is read once where it stands, to say what is wrong with it, and again for every backend it holds for. A section
// with its own has no use for the rules of its defaults.
void parse_option(config::Line& line, config::Section& section) {
  config::Line words = line;
  Request request;
  if (!section.said_here(setting::http_check_rules)) section.change(setting::http_check_rules, line).clear();
  if (read_option(words, request, Warn::yes)) choose_check(line, section, build);
}

using catalog::Add;
using config::Keyword;
namespace at = config::in;
template <BuildCheck add>
constexpr auto keep = keep_rule<setting::http_check_rules, add>;

const Add option_entry{Keyword{.name = "option httpchk", .args = "[[<method>] <uri> [<version> [<host>]]]", .sections = at::back_or_defaults,
    .parse = parse_option, .doc = "Checks servers with an HTTP request; answers 2xx and 3xx are good unless http-check says otherwise."}};
const Add connect{Keyword{.name = "http-check connect",
    .args = "[default] [port <expr>] [addr <ip>] [send-proxy] [via-socks4] [linger] [proto <name>] [comment <msg>]",
    .sections = at::back_or_defaults, .parse = keep<add_connect>, .doc = "Opens a connection for the next request."}};
const Add send{Keyword{.name = "http-check send",
    .args = "[meth <method>] [{ uri <uri> | uri-lf <fmt> }] [ver <version>] [hdr <name> <fmt>]* [{ body <string> | body-lf <fmt> }] [comment <msg>]",
    .sections = at::back_or_defaults, .parse = keep<add_send>, .doc = "A request, or what it has besides what option httpchk says."}};
const Add expect{Keyword{.name = "http-check expect",
    .args = "[min-recv <int>] [comment <msg>] [ok-status <st>] [error-status <st>] [tout-status <st>] [on-success <fmt>] "
            "[on-error <fmt>] [status-code <expr>] [!] <match> <pattern>",
    .sections = at::back_or_defaults, .parse = keep<add_expect>, .doc = "What an answer must, or with ! must not, be for the check to pass."}};
const Add comment_entry{Keyword{.name = "http-check comment", .args = "<string>", .sections = at::back_or_defaults, .parse = keep<add_comment>,
    .doc = "What messages say when one of the following rules fails."}};
const Add set_var{Keyword{.name = "http-check set-var", .args = "(<var-name>[,<cond>...]) <expr>", .sections = at::back_or_defaults,
    .parse = keep<add_set_var>, .takes_parameter = true, .doc = "Sets a variable to the value of an expression."}};
const Add set_var_fmt{Keyword{.name = "http-check set-var-fmt", .args = "(<var-name>[,<cond>...]) <fmt>", .sections = at::back_or_defaults,
    .parse = keep<add_set_var_fmt>, .takes_parameter = true, .doc = "Sets a variable to a text made by a log format."}};
const Add unset_var{Keyword{.name = "http-check unset-var", .args = "(<var-name>)", .sections = at::back_or_defaults,
    .parse = keep<add_unset_var>, .takes_parameter = true, .doc = "Forgets a variable."}};

}  // namespace
}  // namespace sluice::backend
