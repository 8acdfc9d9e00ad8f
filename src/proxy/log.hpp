// Where exchanges and sessions go when they have ended: the log. The proxy only knows this interface; log/ implements
// it and registers itself as the LogFactory, which build() asks once per frontend.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/result.hpp"
#include "catalog/add.hpp"
#include "config/config.hpp"

namespace sluice::expr {
struct Compiler;
struct Scope;
}

namespace sluice::proxy {

class Exchange;
class Session;
class Frontend;
class Proxies;
class LogProfile;

// What option tcplog, httplog and so on stand for (manual 8.2); configurations see them as HAPROXY_*_LOG_FMT.
inline constexpr std::string_view tcp_log_format =
    "%ci:%cp [%t] %ft %b/%s %Tw/%Tc/%Tt %B %ts %ac/%fc/%bc/%sc/%rc %sq/%bq";
inline constexpr std::string_view tcp_clf_log_format =
    "%{+Q}o %{-Q}ci - - [%T] \"TCP \" 000 %B \"\" \"\" %cp %ms %ft %b %s %Th %Tw %Tc %Tt %U %ts-- %ac %fc %bc %sc %rc %sq "
    "%bq \"\" \"\" ";
inline constexpr std::string_view http_log_format =
    "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs %{+Q}r";
inline constexpr std::string_view https_log_format =
    "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs %{+Q}r "
    "%[fc_err]/%[ssl_fc_err,hex]/%[ssl_c_err]/%[ssl_c_ca_err]/%[ssl_fc_is_resumed] %[ssl_fc_sni]/%sslv/%sslc";
inline constexpr std::string_view http_clf_log_format =
    "%{+Q}o %{-Q}ci - - [%trg] %r %ST %B \"\" \"\" %cp %ms %ft %b %s %TR %Tw %Tc %Tr %Ta %tsc %ac %fc %bc %sc %rc %sq %bq "
    "%CC %CS %hrl %hsl";

// Moments at which a line may be written (manual: log-steps, `on` of log-profile, do-log), and what a profile may say
// for several of them.
enum class LogStep : std::uint8_t {
  accept, request, connect, response, close,                                        // log-steps
  tcp_connection, tcp_session, tcp_content, tcp_response, http_request, http_response, http_after_response,  // do-log
  error, any,                                                                       // profiles only
};
inline constexpr std::size_t log_step_count = 14;
std::string_view name_of(LogStep step);                    // as `on` has it
std::optional<LogStep> log_step_of(std::string_view name);

// A set of them.
struct LogSteps {
  std::uint32_t bits = 0;
  constexpr bool has(LogStep step) const { return (bits >> static_cast<unsigned>(step)) & 1U; }
  constexpr void add(LogStep step) { bits |= 1U << static_cast<unsigned>(step); }
};

// Where a line comes from, for %OG: a moment, or a session that did not get as far as an exchange.
struct LogOrigin {
  LogStep step = LogStep::any;
  bool of_failed_session = false;
};

// Immutable, any worker; what it needs to write is per worker (Local).
class Log {
 public:
  virtual ~Log() = default;
  // option logasap: wants to be told when the response head has been passed on instead of at the end.
  virtual bool as_soon_as_possible() const = 0;
  // An HTTP exchange or a TCP session is over (or its response head is out, see above); everything is in its Facts.
  virtual void ended(Exchange& exchange, LogStep step) const = 0;
  // log-steps: called for the steps in `steps` but `close`.
  virtual void reached(Exchange& exchange, LogStep step) const = 0;
  // do-log: a line now, whatever is logged besides. `exchange` is null before there is one; `profile`: instead of those
  // of the targets, null: theirs.
  virtual void say(Session& session, Exchange* exchange, const expr::Scope& scope, LogStep step, const LogProfile* profile) const = 0;
  // A connection ended before there was an exchange: handshake or PROXY header failed, or tcp-request rules refused it.
  virtual void refused(Session& session, Error why) const = 0;
  // Lines so far, counted if a format has %lc.
  virtual std::uint64_t lines() const = 0;

  LogSteps steps;                     // log-steps but `close`
  bool shows_server_source = false;   // a format has %bi or %bp: the address is kept until the line is written
};

// kind LogFactory: there is one entry.
struct LogFactory {
  std::string_view name{};
  // Null if nothing is to be logged. `compiler` is that of the frontend's section.
  std::unique_ptr<Log> (*make)(const Proxies& proxies, const Frontend& frontend, expr::Compiler& compiler,
                               config::Diagnostics& diagnostics) = nullptr;
  std::string_view doc{};
};

}  // namespace sluice::proxy
