// How long the body is, and whether the connection lives on (RFC 9112 6.3 and 9.3).
#pragma once
#include "http/message.hpp"

namespace sluice::http::h1 {

Body body_of(const Request& request);
// `asked` is the method of the request this answers. A request that was a successful CONNECT, or a 101, is a tunnel.
Body body_of(const Response& response, Method asked);

// Whether the sender of this message is willing to keep the connection after it.
bool wants_keep_alive(const Request& request);
bool wants_keep_alive(const Response& response);

// Removes what may not be forwarded: Connection and every field it names (never the ones framing or routing need),
// Keep-Alive, Proxy-Connection, TE other than trailers, Upgrade unless `upgrade` says the upgrade goes on.
// Transfer-Encoding and Content-Length are left: see set_framing.
enum class Upgrade : std::uint8_t { drop, forward };
void remove_hop_by_hop(Fields& fields, Upgrade upgrade);

// Makes Content-Length and Transfer-Encoding say what `body` is. With no_body_yet a HEAD answer keeps its length.
void set_framing(Fields& fields, const Body& body);

}  // namespace sluice::http::h1
