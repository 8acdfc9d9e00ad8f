// Who a client says it is (RFC 7617), and whether a userlist believes it: what http_auth, http_auth_group and the rules
// and services that ask for a password share. Plain functions for any worker; what was found out about a crypt(3) hash
// is remembered for the process, since such hashes are slow on purpose.
#pragma once
#include <functional>
#include <optional>
#include <string_view>

#include "base/arena.hpp"
#include "config/userlist.hpp"
#include "http/message.hpp"

namespace sluice::expr {

struct Credentials {
  std::string_view user;
  std::string_view password;
};

// Where the client says it: one that talks to a proxy says it in Proxy-Authorization (Exchange::authorization_field).
enum class AuthorizationField : std::uint8_t { to_server, to_proxy };

// Those of the request, decoded in the arena; nothing without a well-formed `Basic` field.
std::optional<Credentials> basic_credentials(const http::Request& request, AuthorizationField field, Arena& arena);
// The scheme ("Basic") and the rest of the field; nothing if it is not there.
struct Authorization {
  std::string_view method;
  std::string_view value;
};
std::optional<Authorization> authorization(const http::Request& request, AuthorizationField field);

// Takes the same time for every wrong password of a user without a crypt(3) hash. A hash is computed once for a password
// and then remembered (as a keyed digest, never the password), for good or ill.
bool authenticates(const config::Userlist& users, const Credentials& credentials);

// Whether authenticates() would have to compute a hash, which takes milliseconds.
bool takes_long(const config::Userlist& users, const Credentials& credentials);
// Has it computed by a thread of its own; `done` is told there what authenticates() will say from then on. Nothing of the
// arguments is referred to afterwards. Only if takes_long().
void find_out(const config::Userlist& users, const Credentials& credentials, std::function<void(bool)> done);
// The latest verdict of find_out() is known to this thread even if there was no room to remember it.
void take_note(const config::Userlist& users, const Credentials& credentials, bool good);

}  // namespace sluice::expr
