// Log aliases: timers (manual 8.4) and dates.
#include <time.h>

#include <algorithm>

#include "proxy/frontend.hpp"
#include "proxy/log/alias.hpp"
#include "proxy/setting/log_settings.hpp"

namespace sluice::proxy {
namespace {

using catalog::Add;
using catalog::Int;
using catalog::typed;
using expr::LogAlias;

template <Duration Timers::*timer>
Int stage(const Facts& facts) {
  return shown_ms(facts.timers.*timer);
}
template <Duration (Timers::*timer)() const>
Int sum(const Facts& facts) {
  return shown_ms((facts.timers.*timer)());
}

const Add handshake{LogAlias{.name = "Th", .run = typed<stage<&Timers::handshake>>,
    .doc = "Milliseconds for accepting the connection and its handshakes; 0 from its second request on."}};
const Add idle{LogAlias{.name = "Ti", .run = typed<stage<&Timers::idle>>, .mode = LogAlias::Mode::http,
    .doc = "Milliseconds before the first byte of the request."}};
const Add request{LogAlias{.name = "TR", .run = typed<stage<&Timers::request>>, .mode = LogAlias::Mode::http,
    .doc = "Milliseconds from the first byte to the end of the request's head."}};
const Add query{LogAlias{.name = "Tq", .run = typed<sum<&Timers::query>>, .mode = LogAlias::Mode::http,
    .doc = "Milliseconds until the request was there: Th + Ti + TR."}};
const Add queue{LogAlias{.name = "Tw", .run = typed<stage<&Timers::queue>>, .doc = "Milliseconds in queues."}};
const Add connect{LogAlias{.name = "Tc", .run = typed<stage<&Timers::connect>>,
    .doc = "Milliseconds until the server's connection was there, retries included."}};
const Add response{LogAlias{.name = "Tr", .run = typed<stage<&Timers::response>>, .mode = LogAlias::Mode::http,
    .doc = "Milliseconds until the server's response head was there."}};
// A line that is written early (option logasap) has seen none of it.
Int data_time(const Facts& facts) {
  const Int ms = shown_ms(facts.timers.data);
  return facts.logged_early ? std::max<Int>(ms, 0) : ms;
}
const Add data{LogAlias{.name = "Td", .run = typed<data_time>, .doc = "Milliseconds the body took."}};

// With option logasap the end is yet to come: a '+' says so.
void write_growing(const expr::Scope& scope, expr::Writer& to, const expr::LogStyle& style, std::int64_t value) {
  if (style.encoding != expr::LogStyle::Encoding::text) {
    expr::write_sample(to, expr::Sample::integer(value), style, *scope.arena);
    return;
  }
  if (scope.frontend && (*scope.frontend->section)[setting::log_asap]) to.put('+');
  to.put_decimal(value);
}
void active(const expr::Scope& scope, expr::Writer& to, const expr::LogStyle& style) {
  write_growing(scope, to, style, scope.facts ? shown_ms(scope.facts->timers.active) : 0);
}
void total(const expr::Scope& scope, expr::Writer& to, const expr::LogStyle& style) {
  write_growing(scope, to, style, scope.facts ? shown_ms(scope.facts->timers.total()) : 0);
}
void bytes_to_client(const expr::Scope& scope, expr::Writer& to, const expr::LogStyle& style) {
  write_growing(scope, to, style, scope.facts ? static_cast<std::int64_t>(scope.facts->bytes_to_client) : 0);
}
void user(const expr::Scope& scope, expr::Writer& to, const expr::LogStyle& style) {
  write_growing(scope, to, style, scope.facts ? shown_ms(scope.facts->timers.user()) : 0);
}
const Add active_entry{LogAlias{.name = "Ta", .write = active, .mode = LogAlias::Mode::http, .origin = expr::Origin::exchange,
    .doc = "Milliseconds from the first byte of the request to the last of the response."}};
const Add total_entry{LogAlias{.name = "Tt", .write = total, .origin = expr::Origin::exchange,
    .doc = "Milliseconds from accept to the end."}};
const Add user_entry{LogAlias{.name = "Tu", .write = user, .origin = expr::Origin::exchange,
    .doc = "Milliseconds a user waited: Tt without Ti."}};
const Add bytes_entry{LogAlias{.name = "B", .write = bytes_to_client, .origin = expr::Origin::exchange,
    .doc = "Bytes sent to the client."}};

// ---- dates --------------------------------------------------------------------------------------------------------

enum class Zone : std::uint8_t { local, utc };

// "21/Nov/2026:06:35:09" and " +0000" of the second that was printed last on this thread.
struct PrintedSecond {
  std::int64_t second = -1;
  char date[20];
  char zone[6];
  std::string_view date_text() const { return {date, sizeof(date)}; }
  std::string_view zone_text() const { return {zone, sizeof(zone)}; }
};
const PrintedSecond& printed(std::int64_t second, Zone zone) {
  thread_local PrintedSecond last[2];
  PrintedSecond& text = last[static_cast<std::size_t>(zone)];
  if (text.second == second) return text;
  text.second = second;
  const time_t clock = second;
  tm parts{};
  zone == Zone::local ? ::localtime_r(&clock, &parts) : ::gmtime_r(&clock, &parts);
  char whole[64];
  ::strftime(whole, sizeof(whole), "%d/%b/%Y:%H:%M:%S %z", &parts);
  std::memcpy(text.date, whole, sizeof(text.date));
  std::memcpy(text.zone, whole + sizeof(text.date), sizeof(text.zone));
  return text;
}

std::int64_t second_of(WallTime when) { return when.us / 1'000'000; }
std::int64_t millisecond_of(WallTime when) { return when.us / 1000 % 1000; }

std::string_view with_milliseconds(WallTime when, Arena& arena) {
  const PrintedSecond& text = printed(second_of(when), Zone::local);
  const std::int64_t ms = millisecond_of(when);
  const char fraction[] = {'.', static_cast<char>('0' + ms / 100), static_cast<char>('0' + ms / 10 % 10),
                           static_cast<char>('0' + ms % 10)};
  return arena.join(text.date_text(), {fraction, sizeof(fraction)});
}
std::string_view with_zone(WallTime when, Zone zone, Arena& arena) {
  const PrintedSecond& text = printed(second_of(when), zone);
  return arena.join(text.date_text(), text.zone_text());
}

// Of the connection; known also where there is no exchange.
WallTime accepted(const expr::Scope& scope) {
  if (scope.facts) return scope.facts->accepted_at;
  return scope.client ? scope.client->accepted_at : scope.ambient->wall();
}
std::string_view t(const expr::Scope& scope) { return with_milliseconds(accepted(scope), *scope.arena); }
std::string_view T(const expr::Scope& scope) { return with_zone(accepted(scope), Zone::utc, *scope.arena); }
std::string_view Tl(const expr::Scope& scope) { return with_zone(accepted(scope), Zone::local, *scope.arena); }
Int Ts(const expr::Scope& scope) { return second_of(accepted(scope)); }
void ms(const expr::Scope& scope, expr::Writer& to, const expr::LogStyle& style) {
  if (style.encoding != expr::LogStyle::Encoding::text)
    return expr::write_sample(to, expr::Sample::integer(millisecond_of(accepted(scope))), style, *scope.arena);
  write_unquoted(scope, to, style, t(scope).substr(sizeof(PrintedSecond::date) + 1));
}
// Nothing of a request came: when it could have.
WallTime requested(const Facts& facts) { return facts.request_at.us ? facts.request_at : facts.accepted_at; }
std::string_view tr(const Facts& facts, Arena& arena) { return with_milliseconds(requested(facts), arena); }
std::string_view trg(const Facts& facts, Arena& arena) { return with_zone(requested(facts), Zone::utc, arena); }
std::string_view trl(const Facts& facts, Arena& arena) { return with_zone(requested(facts), Zone::local, arena); }

const Add t_entry{LogAlias{.name = "t", .write = of_scope<t>, .doc = "When the connection was accepted, local time with milliseconds."}};
const Add T_entry{LogAlias{.name = "T", .write = of_scope<T>, .doc = "When the connection was accepted, UTC."}};
const Add Tl_entry{LogAlias{.name = "Tl", .write = of_scope<Tl>, .doc = "When the connection was accepted, local time with its zone."}};
const Add Ts_entry{LogAlias{.name = "Ts", .run = typed<Ts>, .doc = "When the connection was accepted, seconds since 1970."}};
const Add ms_entry{LogAlias{.name = "ms", .write = ms, .doc = "The milliseconds of the accept time, three digits."}};
const Add tr_entry{LogAlias{.name = "tr", .write = of_facts<tr>, .mode = LogAlias::Mode::http, .origin = expr::Origin::exchange,
    .doc = "When the request's first byte came, local time with milliseconds."}};
const Add trg_entry{LogAlias{.name = "trg", .write = of_facts<trg>, .mode = LogAlias::Mode::http, .origin = expr::Origin::exchange,
    .doc = "When the request's first byte came, UTC."}};
const Add trl_entry{LogAlias{.name = "trl", .write = of_facts<trl>, .mode = LogAlias::Mode::http, .origin = expr::Origin::exchange,
    .doc = "When the request's first byte came, local time with its zone."}};

}  // namespace
}  // namespace sluice::proxy
