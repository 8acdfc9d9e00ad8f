// One `bind` line: addresses and their options. Filled by the BindOption entries in bind/, owned by the Frontend,
// immutable afterwards. Also used by `stats socket` lines (admin/), which take a few options of their own.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "catalog/add.hpp"
#include "config/line.hpp"
#include "net/address.hpp"

namespace sluice::proxy {

enum class AddressFamilies : std::uint8_t { by_system, v4_and_v6, v6_only };

struct Bind {
  std::vector<net::Address> addresses;  // ranges and lists are already spread out
  std::string name;                     // `name`, else empty
  unsigned id = 0;
  config::Place place;
  bool accept_proxy = false;
  unsigned backlog = 0;                 // 0: the frontend's
  unsigned maxconn = 0;
  std::string interface;
  AddressFamilies families = AddressFamilies::by_system;
  bool tfo = false, defer_accept = false, transparent = false;
  int nice = 0;
  int mss = 0;
  Duration tcp_user_timeout{};
  std::uint64_t threads = 0;            // bit n: worker n accepts here; 0: all do
  unsigned shards = 1;
  std::optional<mode_t> mode;           // of a unix socket
  std::optional<uid_t> user;
  std::optional<gid_t> group;
  std::string level;                    // stats sockets: user, operator, admin
};

// kind BindOption: what may follow the address on a bind line.
struct BindOption {
  std::string_view name{};
  std::string_view args{};
  // The cursor stands behind the option's name. False: it has been diagnosed.
  bool (*parse)(config::Line& line, Bind& bind) = nullptr;
  std::string_view doc{};
};

// Reads "<address>[,...] [option...]" from the cursor to the end of the line; nothing if it has been diagnosed.
std::optional<Bind> parse_bind(config::Line& line);
// Only the addresses of one word: "10.0.0.1:80-82,:443", "unix@/x", "abns@x", "fd@3".
std::optional<std::vector<net::Address>> parse_bind_addresses(config::Line& line, const config::Word& word);

}  // namespace sluice::proxy
