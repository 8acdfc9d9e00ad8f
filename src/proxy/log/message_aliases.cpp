// Log aliases: the request line, captured headers and cookies (manual 8.2.3 and 8.8). What comes from outside is
// encoded: '"', '#' and every byte that is not visible ASCII is written as '#' and two hexadecimal digits.
#include "expr/entries.hpp"
#include "expr/log_format.hpp"
#include "proxy/exchange.hpp"
#include "proxy/local.hpp"
#include "proxy/setting/log_settings.hpp"

namespace sluice::proxy {
namespace {

using catalog::Add;
using catalog::typed;
using expr::LogAlias;
using expr::LogStyle;
using expr::Origin;
using expr::Scope;
using expr::Writer;

// Headers may hold blanks and are separated by "{|}", so these are encoded there.
enum class Field : std::uint8_t { request_line, header };

bool is_encoded(char c, Field field) {
  const auto byte = static_cast<unsigned char>(c);
  if (byte < 32 || byte >= 127 || c == '"' || c == '#') return true;
  return field == Field::header && (c == '{' || c == '|' || c == '}');
}

std::string_view encoded(Arena& arena, std::string_view text, Field field) {
  std::size_t more = 0;
  for (const char c : text) more += is_encoded(c, field) ? 2 : 0;
  if (more == 0) return text;
  char* const to = arena.allocate(text.size() + more);
  char* at = to;
  for (const char c : text) {
    if (!is_encoded(c, field)) {
      *at++ = c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    *at++ = '#';
    *at++ = "0123456789ABCDEF"[byte >> 4];
    *at++ = "0123456789ABCDEF"[byte & 15];
  }
  return {to, text.size() + more};
}

// What a part of the request line is without one.
constexpr std::string_view bad_request = "<BADREQ>";
bool has_line(const Facts& facts) { return !facts.bad_request && !facts.method.empty(); }

std::string_view version_of(const Facts& facts) { return facts.version.empty() ? std::string_view("HTTP/1.0") : facts.version; }

// The request line as far as logs show it: tune.http.logurilen bytes, one of which HAProxy keeps for itself.
struct ShownLine {
  explicit ShownLine(const Exchange& exchange) {
    const Facts& facts = exchange.facts;
    if (!has_line(facts)) return;
    readable = true;
    std::size_t room = exchange.session().local.proxies->config->global()[setting::log_uri_length] - 1;
    const auto take = [&](std::string_view text) {
      const std::string_view shown = text.substr(0, room);
      room -= shown.size();
      room -= room ? 1 : 0;  // the blank
      return shown;
    };
    method = take(facts.method);
    target = take(facts.target);
    version = take(version_of(facts));
  }
  bool readable = false;
  std::string_view method, target, version;
};

std::string_view r(Exchange& exchange, Arena& arena) {
  const ShownLine shown(exchange);
  if (!shown.readable) return bad_request;
  const std::string_view parts[] = {encoded(arena, shown.method, Field::request_line),
                                    encoded(arena, shown.target, Field::request_line), shown.version};
  std::size_t size = 2;
  for (const std::string_view part : parts) size += part.size();
  char* const to = arena.allocate(size);
  Writer line({to, size});
  for (const std::string_view part : parts) {
    if (line.size() && !part.empty()) line.put(' ');
    line.put(part);
  }
  return line.text();
}
std::string_view HM(const Facts& facts) { return has_line(facts) ? facts.method : bad_request; }
std::string_view HV(const Facts& facts) { return has_line(facts) ? version_of(facts) : bad_request; }
std::string_view HU(Exchange& exchange, Arena& arena) {
  const ShownLine shown(exchange);
  return shown.readable ? encoded(arena, shown.target, Field::request_line) : bad_request;
}
std::string_view HP(Exchange& exchange, Arena& arena) {
  const ShownLine shown(exchange);
  if (!shown.readable) return bad_request;
  return encoded(arena, shown.target.substr(0, shown.target.find('?')), Field::request_line);
}
std::string_view HPO(Exchange& exchange, Arena& arena) {
  const ShownLine shown(exchange);
  if (!shown.readable) return bad_request;
  const http::Target target = shown.method == "CONNECT" ? http::Target::of_connect : http::Target::of_others;
  return encoded(arena, http::split_uri(shown.target, target).path, Field::request_line);
}
// With its '?'; nothing at all if there is no query.
void HQ(const Scope& scope, Writer& to, const LogStyle& style) {
  std::string_view text = bad_request;
  if (scope.exchange) {
    const ShownLine shown(*scope.exchange);
    const std::size_t at = shown.target.find('?');
    if (shown.readable)
      text = at == std::string_view::npos ? std::string_view{} : encoded(*scope.arena, shown.target.substr(at), Field::request_line);
  }
  if (!text.empty() || style.quoted) expr::write_text(to, text, style);
}
// Connections that failed before there was a request: a request line was expected, but could not be read.
template <std::string_view (*text)(Exchange&, Arena&)>
std::optional<std::string_view> of_line(const Scope& scope) {
  if (scope.exchange) return text(*scope.exchange, *scope.arena);
  return scope.facts ? std::optional(bad_request) : std::nullopt;
}

const Add r_entry{LogAlias{.name = "r", .run = typed<of_line<r>>, .mode = LogAlias::Mode::http, .doc = "The request line as it came."}};
const Add HM_entry{LogAlias{.name = "HM", .run = typed<HM>, .mode = LogAlias::Mode::http, .doc = "The method."}};
const Add HV_entry{LogAlias{.name = "HV", .run = typed<HV>, .mode = LogAlias::Mode::http, .doc = "The version, \"HTTP/1.1\"."}};
const Add HU_entry{LogAlias{.name = "HU", .run = typed<of_line<HU>>, .mode = LogAlias::Mode::http, .doc = "The request target."}};
const Add HP_entry{LogAlias{.name = "HP", .run = typed<of_line<HP>>, .mode = LogAlias::Mode::http, .doc = "The request target without its query."}};
const Add HPO_entry{LogAlias{.name = "HPO", .run = typed<of_line<HPO>>, .mode = LogAlias::Mode::http,
    .doc = "The path only: neither scheme and host nor query."}};
const Add HQ_entry{LogAlias{.name = "HQ", .write = HQ, .mode = LogAlias::Mode::http, .origin = Origin::exchange,
    .doc = "The query with its '?'."}};

// ---- captures -----------------------------------------------------------------------------------------------------

// "{a|b}"; nothing if no capture was declared or no message came.
void write_captures(Writer& to, Arena& arena, std::span<const std::string_view> captures, const LogStyle& style) {
  if (captures.empty()) return;
  std::size_t size = captures.size() + 1;
  for (const std::string_view text : captures) size += text.size() * 3;
  char* const room = arena.allocate(size);
  Writer list({room, size});
  list.put('{');
  for (std::size_t i = 0; i < captures.size(); ++i) {
    if (i) list.put('|');
    list.put(encoded(arena, captures[i], Field::header));
  }
  list.put('}');
  expr::write_text(to, list.text(), style);
}
// One item each, as the CLF format wants them.
void write_capture_list(Writer& to, Arena& arena, std::span<const std::string_view> captures, const LogStyle& style) {
  const auto texts = arena.array<std::string_view>(captures.size());
  for (std::size_t i = 0; i < captures.size(); ++i) texts[i] = encoded(arena, captures[i], Field::header);
  expr::write_list(to, texts, style);
}
std::span<const std::string_view> request_captures(const Scope& scope) {
  if (!scope.exchange || !scope.facts || !has_line(*scope.facts)) return {};
  return scope.exchange->request_captures;
}
std::span<const std::string_view> response_captures(const Scope& scope) {
  if (!scope.exchange || !scope.facts || !has_line(*scope.facts)) return {};
  return scope.exchange->response_captures;
}
void hr(const Scope& scope, Writer& to, const LogStyle& style) { write_captures(to, *scope.arena, request_captures(scope), style); }
void hs(const Scope& scope, Writer& to, const LogStyle& style) { write_captures(to, *scope.arena, response_captures(scope), style); }
void hrl(const Scope& scope, Writer& to, const LogStyle& style) { write_capture_list(to, *scope.arena, request_captures(scope), style); }
void hsl(const Scope& scope, Writer& to, const LogStyle& style) { write_capture_list(to, *scope.arena, response_captures(scope), style); }

const Add hr_entry{LogAlias{.name = "hr", .write = hr, .origin = Origin::exchange, .doc = "Captured request headers, {a|b}."}};
const Add hs_entry{LogAlias{.name = "hs", .write = hs, .origin = Origin::exchange, .doc = "Captured response headers, {a|b}."}};
const Add hrl_entry{LogAlias{.name = "hrl", .write = hrl, .origin = Origin::exchange, .doc = "Captured request headers, one item each."}};
const Add hsl_entry{LogAlias{.name = "hsl", .write = hsl, .origin = Origin::exchange, .doc = "Captured response headers, one item each."}};

std::optional<std::string_view> CC(Exchange& exchange) {
  if (exchange.captured_request_cookie.empty()) return std::nullopt;
  return exchange.captured_request_cookie;
}
std::optional<std::string_view> CS(Exchange& exchange) {
  if (exchange.captured_response_cookie.empty()) return std::nullopt;
  return exchange.captured_response_cookie;
}
const Add CC_entry{LogAlias{.name = "CC", .run = typed<CC>, .mode = LogAlias::Mode::http, .doc = "The captured cookie of the request, name=value."}};
const Add CS_entry{LogAlias{.name = "CS", .run = typed<CS>, .mode = LogAlias::Mode::http, .doc = "The captured cookie of the response, name=value."}};

// %o only carries flags for what follows it.
void o(const Scope&, Writer&, const LogStyle&) {}
const Add o_entry{LogAlias{.name = "o", .write = o, .doc = "Writes nothing: its flags hold for all that follows."}};

}  // namespace
}  // namespace sluice::proxy
