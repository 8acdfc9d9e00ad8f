#include "expr/writer.hpp"

#include <charconv>

namespace sluice::expr {

void Writer::put_decimal(std::int64_t value) {
  char text[20];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  put(std::string_view(text, static_cast<std::size_t>(end - text)));
}

void Writer::put_hex(std::uint64_t value) {
  char text[16];
  std::size_t at = sizeof text;
  do {
    text[--at] = "0123456789ABCDEF"[value & 15];
    value >>= 4;
  } while (value);
  put(std::string_view(text + at, sizeof text - at));
}

}  // namespace sluice::expr
