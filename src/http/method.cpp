#include "http/method.hpp"

#include <array>

namespace sluice::http {
namespace {

constexpr std::array<std::string_view, 10> names = {"",       "GET",     "HEAD",    "POST",  "PUT",
                                                     "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};

}  // namespace

Method method_of(std::string_view text) {
  if (text == "GET") return Method::get;
  for (std::size_t i = 2; i < names.size(); ++i)
    if (text == names[i]) return static_cast<Method>(i);
  return Method::other;
}

std::string_view text_of(Method method) { return names[static_cast<std::size_t>(method)]; }

std::string_view text_of(Version version) {
  if (version == http_1_1) return "1.1";
  if (version == http_1_0) return "1.0";
  if (version == http_0_9) return "0.9";
  if (version.major == 2) return "2.0";
  if (version.major == 3) return "3.0";
  return version.major == 1 ? "1.1" : "1.0";
}

}  // namespace sluice::http
