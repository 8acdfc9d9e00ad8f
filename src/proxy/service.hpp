// Service: what answers requests in place of a server: the statistics page, exporters, scripts. A section's own keywords
// make one (kind SectionService); it is asked after the section's http-request rules and before its `redirect` lines.
// A service is a coroutine that answers one request, either with a page (Exchange::answer, then return) or itself:
//
//   http::Response& response = exchange.begin_response(200);
//   response.fields.add("content-type", "text/plain");
//   co_await exchange.send_head(Exchange::Content::streamed);
//   co_await exchange.write_body(part);                          // any number of times; buffered, never kept as a whole
//   co_await exchange.end_body();
//
// Immutable, owned by the Policy of its section, used by every worker.
#pragma once
#include <memory>
#include <string_view>

#include "async/task.hpp"
#include "catalog/add.hpp"
#include "config/config.hpp"
#include "proxy/action.hpp"

namespace sluice::expr {
struct Compiler;
}

namespace sluice::proxy {

class Exchange;
class Proxies;

class Service {
 public:
  virtual ~Service() = default;
  virtual std::string_view name() const = 0;  // what logs show as the server: "<STATS>"
  virtual bool wants(const Exchange& exchange) const = 0;
  virtual async::Task<> answer(Exchange& exchange) const = 0;
};

struct SectionService {
  std::string_view name{};
  // Null: nothing in this section asks for it. Complaints are in the lines' diagnostics.
  std::unique_ptr<const Service> (*make)(const config::Section& section, const Proxies& proxies, expr::Compiler& compiler,
                                         config::Diagnostics& diagnostics) = nullptr;
  std::string_view doc{};
};

// A service that rules name: http-request use-service <name>.
struct NamedService {
  std::string_view name{};
  // Reads what stands behind the name, up to the rule's condition; null: diagnosed.
  std::unique_ptr<const Service> (*make)(ActionParse& in) = nullptr;
  std::string_view doc{};
};

}  // namespace sluice::proxy
