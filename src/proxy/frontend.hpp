// A frontend (or the frontend half of a listen section) and what is said about messages on either half (Policy).
// Built from configuration sections by build(), immutable afterwards, lives as long as its Proxies; any worker reads
// it. What changes is in FrontendState, which is found again by name after a reload.
#pragma once
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "backend/backend.hpp"
#include "backend/counters.hpp"
#include "expr/variables.hpp"
#include "config/keyword.hpp"
#include "proxy/admission.hpp"
#include "proxy/bind.hpp"
#include "proxy/captured.hpp"
#include "proxy/quirks.hpp"
#include "proxy/rules/rules.hpp"
#include "proxy/stick.hpp"

namespace sluice::config {
class Section;
struct Userlist;
}

namespace sluice::proxy {

class ReplyTemplate;
class Log;
class Forwarded;
class Service;

// What one worker has counted for one frontend; names follow the statistics' columns (management 9.1).
struct FrontendCounters {
  backend::Counter stot, conn_tot, req_tot;  // sessions, connections, HTTP requests
  backend::Counter bin, bout;
  backend::Counter dreq, dresp, ereq, dcon, dses;
  backend::Counter hrsp_1xx, hrsp_2xx, hrsp_3xx, hrsp_4xx, hrsp_5xx, hrsp_other;
  backend::Counter intercepted;
  backend::Counter wrew, eint;
  backend::Rate sessions, connections, requests;
  void count_status(unsigned status);
};

// Whether its doors are open: paused ones may be opened again, stopped ones not.
enum class FrontendRun : std::uint8_t { running, paused, stopped };

// Process-wide, one per frontend name.
struct FrontendState {
  FrontendState(std::string frontend_name, unsigned workers) : name(std::move(frontend_name)), counters(workers) {}
  const std::string name;
  std::atomic<std::uint32_t> sessions{0};  // scur, feconn; what `maxconn` limits
  std::atomic<std::uint32_t> maxconn{0};   // from the configuration or the administrator
  std::atomic<FrontendRun> run{FrontendRun::running};
  std::atomic<std::uint32_t> max_session_rate{0};  // rate-limit sessions, 0 = no limit
  SharedRate session_rate;
  backend::Peak sessions_peak;
  backend::PerWorker<FrontendCounters> counters;
};

// One listening socket's own counters (option socket-stats).
struct ListenerState {
  explicit ListenerState(unsigned workers) : counters(workers) {}
  backend::PerWorker<FrontendCounters> counters;
  backend::Peak sessions_peak;
};

// Process-wide, made once by main before the first configuration, outlives every worker.
class States {
 public:
  explicit States(unsigned workers) : servers(workers), rates(workers), workers_(workers) {}
  FrontendState& frontend(std::string_view name, unsigned namesake = 0);  // see backend::States
  unsigned workers() const { return workers_; }

  backend::States servers;
  table::Tables tables;
  std::atomic<std::uint32_t> connections{0};  // actconn: client connections of the process
  std::atomic<std::uint32_t> maxconn{0};      // global maxconn, 0 = no limit
  std::atomic<std::uint32_t> max_connection_rate{0}, max_session_rate{0};  // maxconnrate, maxsessrate, 0 = no limit
  SharedRate connection_rate, session_rate;
  std::atomic<std::uint64_t> sessions_total{0};  // numbers given to sessions (%rt and unique ids come from here)
  std::atomic<std::uint32_t> transactions{1};    // numbers for txn.id32
  std::atomic<bool> stopping{false};          // soft stop: keep-alive ends with the current answer
  backend::Peak connections_peak;
  CapturedMessages captured;                  // for show errors
  struct Rates {
    backend::Rate connections, sessions, bytes_out;
  };
  backend::PerWorker<Rates> rates;            // of all frontends
  expr::ProcessVariables variables;

 private:
  const unsigned workers_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<FrontendState>, std::less<>> frontends_;
};

// How bytes are passed on. What either the frontend or the backend asks for holds, unless a side is named.
struct Transfer {
  bool splice_requests = false, splice_responses = false;  // option splice-request, splice-response
  bool independent = false;   // option independent-streams: of the client's side in a frontend, of the server's in a backend
  bool counts_on_the_way = false;  // option contstats: of a frontend
};

enum class ConnectionMode : std::uint8_t { keep_alive, server_close, close };

// option forwardfor / originalto.
struct AddressHeader {
  std::string name;  // empty: off
  std::vector<std::pair<net::Address, unsigned>> except;  // networks as address and prefix length
  bool excepts(const net::Address& address) const;
  bool if_none = false;
};

struct HeaderCapture {
  std::string name;
  std::size_t longest = 0;
};

// What a frontend, listen or backend section says about the messages that pass through it.
struct Policy {
  const config::Section* section = nullptr;
  bool http = false;
  RuleList rules[rule_set_count];
  const RuleList& operator[](RuleSet set) const { return rules[static_cast<std::size_t>(set)]; }
  RuleList redirects;                 // `redirect` lines, after all http-request rules
  // Whether any of the lists says something, so that messages nobody judges are passed on without a look at each.
  bool judges_requests = false;       // tcp-request content, http-request, services, redirects
  bool judges_responses = false;      // tcp-response content, http-response
  bool judges_answers = false;        // http-after-response
  std::vector<const config::Userlist*> slow_userlists;  // with hashes that expressions of this section ask about
  std::vector<std::shared_ptr<const Service>> services;  // answer some of the requests themselves
  Duration inspect_delay{};           // tcp-request inspect-delay
  Duration response_inspect_delay{};  // tcp-response inspect-delay
  std::optional<Duration> timeout_client, timeout_client_fin, timeout_server, timeout_server_fin, timeout_tunnel,
      timeout_connect, timeout_queue, timeout_tarpit, timeout_http_request, timeout_keep_alive, timeout_client_hs;
  // Pages for statuses other than the built-in ones (errorfile, errorloc, http-error, errorfiles), null: built in.
  std::vector<std::pair<std::uint16_t, std::shared_ptr<const ReplyTemplate>>> pages;
  const ReplyTemplate* page(int status) const;
  AddressHeader forwarded_for, original_to;
  std::shared_ptr<const Forwarded> forwarded;  // option forwarded (RFC 7239), null: not wanted
  ConnectionMode connection_mode = ConnectionMode::keep_alive;
  bool abort_on_close = false, pretend_keep_alive = false, buffer_request = false;
  bool relaxed_requests = false, relaxed_responses = false;
  Transfer transfer;
  std::shared_ptr<const Quirks> quirks;  // null: none, as nearly everywhere
};

// A backend as the exchange sees it: the servers, and what its section says about messages.
struct Destination {
  unsigned id = 0;                      // the proxy's number, shared with the frontend half of a listen section
  std::unique_ptr<backend::Backend> backend;
  Policy policy;
  const Policy* rules = nullptr;        // whose rules its messages meet: its own; of a listen section, its frontend's
  UseServerRules use_server;
  StickRules stick;
  PersistRules persist;
  bool searches_forms = false;          // balance url_param check_post: bodies of POST are waited for
  bool for_lines = false;               // mode log: what it gets are log lines
  std::shared_ptr<const expr::Expression> rdp_cookie;  // persist rdp-cookie; null: not wanted
  bool has_affinity = false;            // something may choose the server instead of balancing
  bool disabled = false;                // the section is
};

class Frontend {
 public:
  explicit Frontend(FrontendState& frontend_state);
  FrontendState& state;

  const config::Section* section = nullptr;
  std::string name;
  std::string defaults_name;            // of the defaults section it comes from, else empty
  unsigned id = 0;
  bool http = false;
  std::string_view health;              // mode health: what every connection gets, else empty
  Policy policy;
  std::vector<Bind> binds;
  Routes routes;                        // use_backend
  Destination* own_half = nullptr;      // of a listen section: its backend half
  Destination* fallback = nullptr;      // default_backend (a listen section: its own), null: none
  std::vector<std::unique_ptr<expr::Condition>> forced_routes;  // force-be-switch: any of them
  // Whether use_backend and default_backend lead there now: neither be-unpublished nor `disabled`, or force-be-switch says so.
  bool leads_to(const Destination& destination, expr::Scope& scope) const;
  unsigned most_private_connections = 5;  // max-session-srv-conns
  std::uint32_t maxconn = 0;            // 0 = no limit of its own
  unsigned backlog = 0;
  std::string monitor_uri;
  std::vector<std::unique_ptr<expr::Condition>> monitor_fail;  // any of them
  bool ignore_probes = false;           // option http-ignore-probes
  bool idle_close_on_response = false;
  bool use_proxy_header = false;        // option http-use-proxy-header
  bool client_tcp_keep_alive = false;   // option clitcpka
  std::unique_ptr<expr::LogFormat> unique_id_format;
  std::string unique_id_header;
  std::vector<HeaderCapture> request_captures, response_captures;
  std::string captured_cookie;          // capture cookie <name>
  std::size_t captured_cookie_longest = 0;
  std::unique_ptr<Log> log;                  // null: nothing is logged

  Frontend(const Frontend&) = delete;
  ~Frontend();
};

}  // namespace sluice::proxy
