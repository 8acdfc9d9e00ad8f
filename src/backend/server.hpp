// One `server` line. ServerSettings is what the configuration says (filled by the ServerOption entries in setting/,
// first from default-server, then from the server's own line); Server binds it to its place in a Backend and to its
// run-time state. Immutable once the Backend is built, owned by it, lives as long as that configuration; any worker.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backend/hash_plan.hpp"
#include "backend/state.hpp"
#include "base/time.hpp"
#include "config/line.hpp"
#include "config/place.hpp"
#include "net/address.hpp"
#include "net/connect.hpp"

namespace sluice::async {
class Worker;
}

namespace sluice::backend {

class Backend;

enum class SendProxy : std::uint8_t { none, v1, v2 };
// proxy-v2-options.
inline constexpr std::uint32_t proxy_v2_crc32c = 1, proxy_v2_unique_id = 2, proxy_v2_ssl = 4,
                               proxy_v2_never_local = 8;

// Where connections to a server come from (manual "source", "usesrc").
struct Source {
  enum class Use : std::uint8_t { none, address, client, client_ip, header };
  bool set = false;
  net::Address address;               // port 0 = any
  std::uint16_t port_low = 0, port_high = 0;  // a range to draw from, 0 = none
  Use use = Use::none;                // usesrc: pretend to be this address (needs IP_TRANSPARENT)
  net::Address use_address;
  std::string use_header;             // hdr_ip(<name>[,<occurrence>])
  int use_occurrence = -1;
  std::string interface;              // SO_BINDTODEVICE
};

// set-proxy-v2-tlv-fmt: the line stands before the format, which is compiled once everything is known.
struct TlvLine {
  std::uint8_t type = 0;
  config::Line format;
};

struct AgentSettings {
  bool enabled = false;
  Duration inter = milliseconds(2000);
  std::uint16_t port = 0;
  std::optional<net::Address> address;  // else the server's
  std::string send;
};

// observe: what of the traffic tells about a server's health, and what becomes of too many errors in a row.
enum class Observe : std::uint8_t { nothing, layer4, layer7 };
enum class OnError : std::uint8_t { fastinter, fail_check, sudden_death, mark_down };
// What a checked server begins as.
enum class InitState : std::uint8_t { unsaid, fully_up, up, down, fully_down };

struct CheckSettings {
  bool enabled = false;
  Duration inter = milliseconds(2000);
  std::optional<Duration> fastinter, downinter;
  unsigned rise = 2, fall = 3;
  std::uint16_t port = 0;             // 0 = the server's
  std::optional<net::Address> address;
  bool send_proxy = false;            // check-send-proxy
  bool via_socks4 = false;            // check-via-socks4
  bool reuse_pool = false;            // check-reuse-pool
  std::string pool_name;              // check-pool-conn-name: of the connections to be taken, empty: those without a name
  std::string proto;                  // check-proto
  std::optional<Duration> timeout;    // of one check, instead of the backend's timeout check
  Observe observe = Observe::nothing;
  unsigned error_limit = 10;
  OnError on_error = OnError::fail_check;
  bool shutdown_when_down = false;          // on-marked-down shutdown-sessions
  bool shutdown_backups_when_up = false;    // on-marked-up shutdown-backup-sessions
  InitState init_state = InitState::unsaid;
  std::string track;                        // [<backend>/]<server>
  AgentSettings agent;
};

// The health a checked server begins with, also after maintenance.
void begin_health(ServerState& state, const CheckSettings& settings);

struct ServerSettings {
  std::string name;
  std::string host;                   // a name to be resolved at start, else empty
  net::Family wanted_family = net::Family::none;  // of the addresses of that name
  unsigned id = 0;                    // 0 = given out by the backend
  bool id_given = false;
  net::Address address;
  std::uint16_t port = 0;             // as written, kept for when a name is resolved
  bool datagrams = false;             // udp@ and the like, in mode log
  bool counts_lines = false;          // log-proto octet-count
  std::size_t log_bufsize = 0;        // of a log server over a stream; 0: as tune.bufsize
  std::string_view only_for_logs;     // the first of these that was said, or empty
  bool port_from_client = false;      // no port given, or :+n / :-n
  int port_offset = 0;
  bool unresolved = false;            // starts without an address, in maintenance
  unsigned weight = 1;
  unsigned maxconn = 0, minconn = 0, maxqueue = 0;
  bool backup = false, disabled = false;
  std::string protocol;               // proto: "h1", "none" (plain TCP) or nothing said
  std::string redirect_prefix;        // redir: GET and HEAD are sent there instead of to the server
  std::string md5_password;           // tcp-md5sig
  int network_namespace = -1;         // namespace
  bool multipath = false;             // mptcp@
  std::string congestion;             // cc: the algorithm, empty: the system's
  bool never_stuck_to = false;        // non-stick: stick rules do not store it
  CheckSettings check;
  SendProxy send_proxy = SendProxy::none;
  std::uint32_t proxy_v2_options = 0;  // proxy_v2_* bits
  Source source;
  std::optional<net::Address> socks4;  // connections are asked for there
  bool tfo = false;
  Duration tcp_user_timeout{};
  std::int64_t pool_max_conn = -1;
  Duration pool_purge_delay = seconds(5);
  std::int64_t max_reuse = -1;
  std::string init_addr = "last,libc";
  HashKey hash_key = HashKey::id;
  Duration slowstart{};               // 0: at once
  std::string guid;                   // empty: none
  std::shared_ptr<const config::Line> pool_name;           // pool-conn-name: before its expression; null: none
  std::shared_ptr<const std::vector<TlvLine>> tlvs;        // null: none
  std::string cookie;                 // by which the persistence cookie names it, empty: not at all
  config::Place place;                // of the name; its text lives as long as the Config
};

struct ServerFormats;

class Server {
 public:
  Server(Backend& backend, ServerSettings settings, ServerState& state, std::size_t position);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  const ServerSettings& settings() const { return settings_; }
  const std::string& name() const { return settings_.name; }
  unsigned id() const { return settings_.id; }
  Backend& backend() const { return backend_; }
  const std::string& cookie() const { return cookie_; }  // configured, or made from its address (dynamic)
  std::size_t position() const { return position_; }  // index in Backend::servers()
  ServerState& state() const { return state_; }
  Counters& counters(const async::Worker& worker) const;
  QuickAnswers& quick_answers(const async::Worker& worker) const;

  // How many slots there are at the moment (maxconn, between minconn and maxconn by the backend's load); 0 = no limit.
  std::uint32_t limit() const;
  // A slot is free and nobody waits for this very server.
  bool has_room() const {
    const std::uint32_t most = limit();
    return most == 0 || (state_.served.load() < most && state_.queued.load() == 0);
  }
  // Manual "slowstart": begins when it comes up again; each later look gives it what its time has earned. True: more.
  void begin_slowstart(Instant now) const;
  bool warm_up(Instant now) const;
  // Its weight in `scale`ths, as warm as it is; at least one unless it is 0.
  std::uint32_t scaled_weight(std::uint32_t scale) const;
  // Counts a slot as taken if there is one.
  bool reserve() const;
  // Tells one configuration's server from another's in what outlives both (idle connections). Never used twice.
  std::uint64_t number() const { return number_ << 20 | (state_.moves.load(std::memory_order_relaxed) & 0xfffff); }
  // As configured, or where the administrator has moved it.
  net::Address address() const;
  std::uint32_t maxconn() const;  // likewise
  // How connections to it are opened; usesrc apart.
  const net::ConnectOptions& connect_options() const { return connect_options_; }
  const Source& source() const { return source_; }  // its own or the backend's
  // The servers whose state follows this one's (track).
  const std::vector<Server*>& trackers() const { return trackers_; }
  // Null: nothing of it depends on traffic. Set before traffic.
  const ServerFormats* formats() const { return formats_.get(); }
  void set_formats(std::unique_ptr<const ServerFormats> formats);
  void add_tracker(Server& server) { trackers_.push_back(&server); }  // before traffic
  // Where to connect for a client that connected to `client_destination` (only its port matters, and only if the
  // server line leaves it open).
  net::Address address_for(const net::Address* client_destination) const;

 private:
  Backend& backend_;
  const ServerSettings settings_;
  ServerState& state_;
  const std::size_t position_;
  const std::uint64_t number_;
  const Source source_;
  const net::ConnectOptions connect_options_;
  const std::string cookie_;
  std::vector<Server*> trackers_;
  std::unique_ptr<const ServerFormats> formats_;
};

}  // namespace sluice::backend
