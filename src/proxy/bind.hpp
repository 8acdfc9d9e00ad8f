// One `bind` line: addresses and their options. Filled by the BindOption entries in bind/, owned by the Frontend,
// immutable afterwards. Also used by `stats socket` lines (admin/), which take a few options of their own.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "catalog/add.hpp"
#include "config/line.hpp"
#include "net/listener.hpp"

namespace sluice::proxy {

struct ListenerState;

struct Bind {
  // Ranges and lists are already spread out; a frontend has a Bind for each. A descriptor (fd@<n>) stands for itself.
  struct Where {
    net::Address address;
    int descriptor = -1;
    bool pair = false;                         // sockpair@: it gives connections, it is none
    bool multipath = false;                    // mptcp@
    net::ListenerSet::Entry* entry = nullptr;  // set by open_listeners()
  };
  std::vector<Where> places;
  net::ListenOptions options;           // what the listening socket is opened with
  std::string name;                     // `name`, else empty
  unsigned id = 0;
  config::Place place;
  unsigned place_on_line = 0;           // of a frontend's sockets, which have one address each
  std::string guid_prefix;              // guid-prefix: each socket has the GUID <prefix>-<its place on the line>
  std::string protocol;                 // proto: "h1", "none" (plain TCP) or nothing said
  bool accept_proxy = false;
  std::optional<std::uint32_t> cip_magic;  // accept-netscaler-cip
  unsigned maxconn = 0;                 // 0: no limit
  std::shared_ptr<std::atomic<std::uint32_t>> sessions;  // of all workers, now; only if there is a limit
  std::uint64_t threads = 0;            // bit n: worker n accepts here; 0: all do
  enum class Severity : std::uint8_t { none, number, string } severity = Severity::none;  // stats sockets
  std::string level;                    // stats sockets: user, operator, admin
  bool exposes_listeners = false;       // stats sockets: expose-fd listeners
  std::shared_ptr<ListenerState> state; // option socket-stats: what is counted for this socket; else null
};

// unix-bind: what UNIX sockets of bind lines are where their line does not say it (manual section 3.1 "unix-bind").
struct UnixBind {
  std::string prefix;          // before every path
  net::ListenOptions options;  // mode, user, group
};
void apply(const UnixBind& common, Bind& bind);

// kind BindOption: what may follow the address on a bind line.
struct BindOption {
  std::string_view name{};
  std::string_view args{};
  // The cursor stands behind the option's name. False: it has been diagnosed.
  bool (*parse)(config::Line& line, Bind& bind) = nullptr;
  std::string_view inherent{};  // why what it asks for is so in any case (parse may be null then); reported with -dD
  std::string_view doc{};
};

// Reads "<address>[,...] [option...]" from the cursor to the end of the line; nothing if it has been diagnosed.
std::optional<Bind> parse_bind(config::Line& line);
// Only the addresses of one word: "10.0.0.1:80-82,:443", "unix@/x", "abns@x", "fd@3".
std::optional<std::vector<Bind::Where>> parse_bind_places(config::Line& line, const config::Word& word);

}  // namespace sluice::proxy
