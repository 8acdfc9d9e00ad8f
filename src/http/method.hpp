// Request methods and protocol versions.
#pragma once
#include <compare>
#include <cstdint>
#include <string_view>

namespace sluice::http {

// `other` is any method not listed; its text is in Request::method_text. Names are case sensitive (RFC 9110 9.1).
enum class Method : std::uint8_t { other, get, head, post, put, delete_, connect, options, trace, patch };

Method method_of(std::string_view text);
std::string_view text_of(Method method);  // empty for `other`

// RFC 9110 9.2.2: may be sent twice without changing the result, so it may be retried on a dead idle connection.
constexpr bool is_idempotent(Method m) {
  return m == Method::get || m == Method::head || m == Method::put || m == Method::delete_ || m == Method::options ||
         m == Method::trace;
}
// RFC 9110 9.2.1.
constexpr bool is_safe(Method m) {
  return m == Method::get || m == Method::head || m == Method::options || m == Method::trace;
}

struct Version {
  std::uint8_t major = 1;
  std::uint8_t minor = 1;
  constexpr auto operator<=>(const Version&) const = default;
};
inline constexpr Version http_0_9{0, 9};
inline constexpr Version http_1_0{1, 0};
inline constexpr Version http_1_1{1, 1};
inline constexpr Version http_2{2, 0};

// "1.1" -> 1.1, as %[req.ver] prints it.
std::string_view text_of(Version version);

}  // namespace sluice::http
