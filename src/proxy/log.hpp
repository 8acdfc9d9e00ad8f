// Where exchanges and sessions go when they have ended: the log. The proxy only knows this interface; log/ implements
// it and registers itself as the LogFactory, which build() asks once per frontend.
#pragma once
#include <memory>
#include <string_view>

#include "base/result.hpp"
#include "catalog/add.hpp"
#include "config/config.hpp"

namespace sluice::expr {
struct Compiler;
}

namespace sluice::proxy {

class Exchange;
class Session;
class Frontend;
class Proxies;

// What option tcplog, httplog and httplog clf stand for (manual 8.2); configurations see them as HAPROXY_*_LOG_FMT.
inline constexpr std::string_view tcp_log_format =
    "%ci:%cp [%t] %ft %b/%s %Tw/%Tc/%Tt %B %ts %ac/%fc/%bc/%sc/%rc %sq/%bq";
inline constexpr std::string_view http_log_format =
    "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs %{+Q}r";
inline constexpr std::string_view http_clf_log_format =
    "%{+Q}o %{-Q}ci - - [%trg] %r %ST %B \"\" \"\" %cp %ms %ft %b %s %TR %Tw %Tc %Tr %Ta %tsc %ac %fc %bc %sc %rc %sq %bq "
    "%CC %CS %hrl %hsl";

// Immutable, any worker; what it needs to write is per worker inside.
class Log {
 public:
  virtual ~Log() = default;
  // option logasap: wants to be told when the response head has been passed on instead of at the end.
  virtual bool as_soon_as_possible() const = 0;
  // An HTTP exchange or a TCP session is over (or its response head is out, see above); everything is in its Facts.
  virtual void ended(Exchange& exchange) const = 0;
  // A connection ended before there was an exchange: handshake or PROXY header failed, or tcp-request rules refused it.
  virtual void refused(Session& session, Error why) const = 0;
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
