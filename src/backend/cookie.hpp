// Cookie persistence (manual "cookie"): a cookie tells which server a client belongs to. Here is all that looks at texts:
// finding that cookie among a request's, taking it out or stripping its prefix, changing what the server sets, and
// making the cookie that is inserted. These work on one message and its arena, on its worker; what they do to odd
// spellings is what Debian's haproxy does (tests/compat, group cookies).
#pragma once
#include <string_view>

#include "backend/cookie_plan.hpp"
#include "http/message.hpp"

namespace sluice::backend {

class Backend;

CookieDate decode_cookie_date(std::string_view text);  // five characters of base64; 0 if they are none
void encode_cookie_date(CookieDate date, char* to);    // rounded up: a client's date never goes back

// Looks for the cookie, and changes the request as the plan says: `indirect` takes it out, `prefix` strips it.
CookieFinding read_cookies(const Backend& backend, http::Request& request, Persistence how, WallTime now);
// Whom the cookie names, if anyone: for the log of requests that were refused. Changes nothing.
CookieFinding peek_cookies(const Backend& backend, const http::Request& request, WallTime now);

// Before an answer goes out: Set-Cookie of the server's own, and the cookie to insert. `direct`: `server` was not
// balanced to, but chosen by the cookie or by another way of persistence.
CookieOut write_cookies(const CookiePlan& plan, const Server& server, const CookieFinding& found, bool direct,
                        const http::Request& request, http::Response& response, WallTime now);

// Manual "persist rdp-cookie": the server that the value of an RDP client's routing token tells, "<address>.<port>.0000": two decimal
// numbers, made of the bytes of IPv4 address and port by a machine that reads them with the lowest first. Null: none, or no such server.
Server* server_of_rdp_cookie(const Backend& backend, std::string_view value);

}  // namespace sluice::backend
