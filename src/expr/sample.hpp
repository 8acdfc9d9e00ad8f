// Sample: one typed value taken from traffic or from the process (manual 7.3). A value type of 24 bytes; texts are
// views into the message buffer, the exchange's arena or the configuration, so a Sample lives no longer than the
// exchange it was taken from. No heap. Casts follow the manual's table of conversions.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/arena.hpp"
#include "http/method.hpp"

namespace sluice::expr {

// `address` (ipv4 or ipv6), `any` and `same` only describe entries; no Sample has them.
enum class Type : std::uint8_t { none, boolean, sint, ipv4, ipv6, str, bin, method, address, any, same };
std::string_view name_of(Type type);  // "sint", "addr", "meth": as dumps print them

struct Ipv4 {
  std::uint32_t value = 0;  // host order
  constexpr bool operator==(const Ipv4&) const = default;
};
struct Ipv6 {
  std::array<std::uint8_t, 16> bytes{};
  constexpr bool operator==(const Ipv6&) const = default;
};
// Text that may hold any byte.
struct Binary {
  std::string_view bytes;
  constexpr std::size_t size() const { return bytes.size(); }
};

class Sample {
 public:
  constexpr Sample() : number_(0) {}
  static constexpr Sample boolean(bool value) { return number(Type::boolean, value ? 1 : 0); }
  static constexpr Sample integer(std::int64_t value) { return number(Type::sint, value); }
  static constexpr Sample text(std::string_view value) { return view(Type::str, value); }
  static constexpr Sample binary(std::string_view value) { return view(Type::bin, value); }
  static constexpr Sample method(http::Method method, std::string_view text) {
    Sample sample = view(Type::method, text);
    sample.method_ = method;
    return sample;
  }
  static constexpr Sample address(Ipv4 value) {
    Sample sample = number(Type::ipv4, value.value);
    return sample;
  }
  static constexpr Sample address(const Ipv6& value) {
    Sample sample;
    sample.type_ = Type::ipv6;
    sample.ipv6_ = value;
    return sample;
  }

  constexpr Type type() const { return type_; }
  constexpr explicit operator bool() const { return type_ != Type::none; }  // is there one at all
  constexpr bool is_text() const { return type_ == Type::str || type_ == Type::bin || type_ == Type::method; }
  constexpr bool is_address() const { return type_ == Type::ipv4 || type_ == Type::ipv6; }

  // Each for its types only.
  constexpr std::int64_t integer() const { return number_; }                          // boolean, sint
  constexpr bool truth() const { return number_ != 0; }                               // boolean, sint
  constexpr std::string_view view() const { return {text_.start, text_.size}; }       // str, bin, method
  constexpr http::Method method() const { return method_; }                           // method
  constexpr Ipv4 ipv4() const { return {static_cast<std::uint32_t>(number_)}; }
  constexpr const Ipv6& ipv6() const { return ipv6_; }

  // The same bytes as another text type.
  constexpr Sample as(Type text_type) const {
    Sample sample = *this;
    sample.type_ = text_type;
    return sample;
  }

 private:
  static constexpr Sample number(Type type, std::int64_t value) {
    Sample sample;
    sample.type_ = type;
    sample.number_ = value;
    return sample;
  }
  static constexpr Sample view(Type type, std::string_view value) {
    Sample sample;
    sample.type_ = type;
    sample.text_ = {value.data(), value.size()};
    return sample;
  }
  struct Text {
    const char* start;
    std::size_t size;
  };
  union {
    std::int64_t number_;
    Text text_;
    Ipv6 ipv6_;
  };
  Type type_ = Type::none;
  http::Method method_ = http::Method::other;
};
static_assert(sizeof(Sample) == 24);

// Can a sample of type `from` become one of type `to`, as far as is known before there is a value.
bool castable(Type from, Type to);
// The cast itself; no sample if the value does not allow it ("abc" to an address).
Sample cast(const Sample& sample, Type to, Arena& arena);
// What every text context wants: cast to str.
std::optional<std::string_view> text_of(const Sample& sample, Arena& arena);

// The digits of a number, in the arena.
std::string_view decimal(std::int64_t value, Arena& arena);
// Up to 46 bytes; returns the size.
std::size_t write_address(const Sample& address, char* to);

std::optional<Ipv4> parse_ipv4(std::string_view text);  // four parts only
std::optional<Ipv6> parse_ipv6(std::string_view text);

}  // namespace sluice::expr
