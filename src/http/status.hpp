// Reason phrases (RFC 9110 15 and the IANA registry), as HAProxy writes them.
#pragma once
#include <string_view>

namespace sluice::http {

// Never empty: a status nobody registered gets the phrase of its class ("Other" beyond 5xx).
std::string_view reason_of(unsigned status);

// RFC 9110 15.2: another response follows. 101 is final for HTTP/1: what follows is the new protocol.
constexpr bool is_interim(unsigned status) { return status >= 100 && status < 200 && status != 101; }

}  // namespace sluice::http
