// How long the body is, and whether the connection lives on (RFC 9112 6.3 and 9.3).
#pragma once
#include "http/message.hpp"

namespace sluice::http::h1 {

// CONNECT gives a tunnel: what follows its head is no body but belongs to the tunnel, if there will be one.
Body body_of(const Request& request);
// `asked` is the method of the request this answers. A 2xx to CONNECT and a 101 give a tunnel.
Body body_of(const Response& response, Method asked);

// Whether the sender of this message is willing to keep the connection after it. A body until close says no.
bool wants_keep_alive(const Request& request);
bool wants_keep_alive(const Response& response, const Body& body);

// Takes "close" and "keep-alive" out of Connection (and the field, if nothing is left): what they ask for is in Framing.
void drop_persistence(Fields& fields);
// The same, and Upgrade and its token unless
// `upgrade` says it goes on, and all of TE but "trailers". As in HAProxy what else Connection names stays, together
// with those fields: removing them would let a client take away what a hop before us has added.
enum class Upgrade : std::uint8_t { drop, forward };
void remove_hop_by_hop(Fields& fields, Upgrade upgrade);

// Makes Content-Length and Transfer-Encoding say what `body` is; does nothing where they do already. For none,
// until_close and tunnel both go away. Do not call it for answers to HEAD and for 304, whose length is of another body.
void set_framing(Fields& fields, const Body& body);
// The same of a response, whatever rules have made of its fields. What it says of the body of another answer stays
// (HEAD, 304), and a 204 says nothing.
void set_framing(Response& response, const Body& body, Method asked);

}  // namespace sluice::http::h1
