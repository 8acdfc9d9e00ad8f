#include "http/method.hpp"

#include <algorithm>
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
  static constexpr auto texts = [] {
    std::array<std::array<char, 3>, 100> all{};
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = {static_cast<char>('0' + i / 10), '.', static_cast<char>('0' + i % 10)};
    return all;
  }();
  const auto& text = texts[std::min<std::size_t>(version.major, 9) * 10 + std::min<std::size_t>(version.minor, 9)];
  return {text.data(), text.size()};
}

}  // namespace sluice::http
