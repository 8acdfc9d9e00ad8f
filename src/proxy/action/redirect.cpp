// redirect location|prefix|scheme (manual "http-request redirect").
#include "base/text.hpp"
#include "expr/condition.hpp"
#include "expr/log_format.hpp"
#include "proxy/exchange.hpp"
#include "proxy/reply_parse.hpp"

namespace sluice::proxy {
namespace {

enum class To : std::uint8_t { location, prefix, scheme };
struct Options {
  To to = To::location;
  std::uint16_t code = 302;
  bool drop_query = false, append_slash = false, ignore_empty = false, keep_query = false;
  std::string cookie;                         // as it is sent; or
  std::optional<expr::LogFormat> cookie_format;
};

class Redirect final : public BoundAction {
 public:
  Redirect(Options options, expr::LogFormat target) : options_(std::move(options)), target_(std::move(target)) {
    page_.status = options_.code;
  }
  Next run(RuleRun& run) const override {
    Exchange& exchange = *run.exchange;
    const std::string_view target = target_.text(run.scope);
    if (target.empty() && options_.ignore_empty) return Next::go_on;
    exchange.answer(&page_, options_.code, Exchange::Because::intercepted);
    if (exchange.has_request_body()) exchange.close_client_after();  // as HAProxy does, whatever has come of it
    exchange.answer_field("location", location(exchange, target));
    if (options_.code != 301 && options_.code != 308) exchange.answer_field("cache-control", "no-cache");
    if (!options_.cookie.empty()) exchange.answer_field("set-cookie", options_.cookie);
    if (options_.cookie_format) exchange.answer_field("set-cookie", options_.cookie_format->text(run.scope));
    return Next::answer;
  }
  bool ends_list() const override { return !options_.ignore_empty; }

 private:
  std::string_view location(Exchange& exchange, std::string_view target) const {
    Arena& arena = exchange.arena();
    const http::Uri& uri = exchange.request.uri;
    if (options_.to == To::location) {
      if (!options_.keep_query || uri.query.empty()) return target;
      return arena.join(arena.join(target, target.find('?') == target.npos ? "?" : "&"), uri.query);
    }
    std::string_view rest = options_.drop_query ? uri.path : uri.path_and_query;
    if (options_.to == To::prefix && target == "/") target = {};  // the manual's special case
    if (rest.empty()) rest = "/";                                 // "*", "http://host"
    if (options_.append_slash && !rest.ends_with('/')) rest = arena.join(rest, "/");
    if (options_.to == To::prefix) return arena.join(target, rest);
    const std::string_view host = exchange.request.host();
    return arena.join(arena.join(arena.join(target, "://"), host), rest);
  }

  Options options_;
  expr::LogFormat target_;
  ReplyTemplate page_;
};

// set-cookie NAME[=value], clear-cookie NAME[=]
std::string cookie_text(std::string_view given, bool clear) {
  if (clear) return fmt::format("{}; path=/; Max-Age=0;", given);
  return fmt::format("{}; path=/;", given);
}

bool take_option(ActionParse& in, const config::Word& word, Options& options) {
  config::Line& line = in.line;
  if (word == "code") {
    const auto code = line.take_integer("<code>");
    if (!code) return false;
    if (*code != 301 && *code != 302 && *code != 303 && *code != 307 && *code != 308) {
      line.alert(line.last(), fmt::format("'{}' : unsupported HTTP code '{}' (not one of 301, 302, 303, 307 or 308).", line.keyword(), *code));
      return false;
    }
    options.code = static_cast<std::uint16_t>(*code);
    return true;
  }
  if (word == "set-cookie" || word == "clear-cookie") {
    const config::Word* const cookie = line.take("<cookie>");
    if (cookie) options.cookie = cookie_text(cookie->text, word == "clear-cookie");
    return cookie;
  }
  if (word == "set-cookie-fmt") {
    if (line.at_end()) return line.take("<format>");
    options.cookie_format = expr::LogFormat::parse(line, in.compiler, expr::LogFormat::For::http);
    return options.cookie_format.has_value();
  }
  if (word == "keep-query") return options.keep_query = true;
  if (word == "drop-query") return options.drop_query = true;
  if (word == "append-slash") return options.append_slash = true;
  if (word == "ignore-empty") return options.ignore_empty = true;
  line.alert(word, fmt::format("'{}' expects 'code', 'prefix', 'location', 'scheme', 'set-cookie', 'set-cookie-fmt', 'clear-cookie', "
                               "'drop-query', 'keep-query', 'ignore-empty' or 'append-slash' (was '{}').", line.keyword(), word.text));
  return false;
}

std::unique_ptr<BoundAction> parse(ActionParse& in) {
  Options options;
  std::optional<expr::LogFormat> target;
  while (!arguments_end(in.line)) {
    const config::Word& word = *in.line.next();
    const bool location = word == "location", prefix = word == "prefix", scheme = word == "scheme";
    if (!location && !prefix && !scheme) {
      if (!take_option(in, word, options)) return nullptr;
      continue;
    }
    if (!location && in.set == RuleSet::http_response) {
      in.line.alert(word, fmt::format("'{}' : '{}' is not possible for responses, only 'location' is.", in.line.keyword(), word.text));
      return nullptr;
    }
    options.to = location ? To::location : prefix ? To::prefix : To::scheme;
    if (in.line.at_end()) {
      in.line.take("<to>");
      return nullptr;
    }
    target = expr::LogFormat::parse(in.line, in.compiler, expr::LogFormat::For::http);
    if (!target) return nullptr;
  }
  if (!target) {
    in.line.alert(fmt::format("'{}' expects 'location', 'prefix' or 'scheme' and where to.", in.line.keyword()));
    return nullptr;
  }
  return std::make_unique<Redirect>(std::move(options), std::move(*target));
}

const catalog::Add entry{Action{.name = "redirect",
    .args = "{ location | prefix | scheme } <to> [code <code>] [drop-query] [keep-query] [append-slash] [ignore-empty] "
            "[{ set-cookie | clear-cookie } <cookie>] [set-cookie-fmt <format>]",
    .in = rule_set::http_request | rule_set::http_response, .parse = parse,
    .doc = "Sends the client elsewhere: to a location, to the same path behind a prefix, or to the same place by another scheme."}};

}  // namespace
}  // namespace sluice::proxy
