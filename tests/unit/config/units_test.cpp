#include <gtest/gtest.h>

#include "config/units.hpp"

namespace sluice::config {
namespace {

std::string duration(std::string_view text, Unit unit = Unit::ms) {
  const auto read = read_duration(text, unit);
  return read ? written(*read) : fmt::format("{} at {}", read.error().why, read.error().offset);
}
std::string size(std::string_view text) {
  const auto read = read_size(text);
  return read ? std::to_string(*read) : fmt::format("{} at {}", read.error().why, read.error().offset);
}
std::string integer(std::string_view text) {
  const auto read = read_integer(text);
  return read ? std::to_string(*read) : fmt::format("{} at {}", read.error().why, read.error().offset);
}

TEST(Units, times) {
  EXPECT_EQ(duration("5000"), "5s");
  EXPECT_EQ(duration("5000", Unit::s), "5000s");
  EXPECT_EQ(duration("5s"), "5s");
  EXPECT_EQ(duration("1500us"), "1500us");
  EXPECT_EQ(duration("90m"), "90m");
  EXPECT_EQ(duration("24d"), "24d");
  EXPECT_EQ(duration("0"), "0");
  EXPECT_EQ(duration("2147483647"), "2147483647ms");
  EXPECT_EQ(duration("2147483648"), "timer overflow (maximum value is 2147483647 ms or ~24.8 days) at 0");
  EXPECT_EQ(duration("99999999999999999999999d"), "timer overflow (maximum value is 2147483647 ms or ~24.8 days) at 0");
  EXPECT_EQ(duration("25d"), "timer overflow (maximum value is 2147483647 ms or ~24.8 days) at 0");
  EXPECT_EQ(duration("999us"), "timer underflow (minimum non-null value is 1 ms) at 0");
  EXPECT_EQ(duration("5z"), "unexpected character 'z' at 1");
  EXPECT_EQ(duration("5mz"), "unexpected character 'z' at 2");
  EXPECT_EQ(duration("5S"), "unexpected character 'S' at 1");
  EXPECT_EQ(duration("1.5s"), "unexpected character '.' at 1");
  EXPECT_EQ(duration("-1"), "unexpected character '-' at 0");
  EXPECT_EQ(duration(""), "nothing there at 0");
}

TEST(Units, sizes) {
  EXPECT_EQ(size("16384"), "16384");
  EXPECT_EQ(size("16k"), "16384");
  EXPECT_EQ(size("2M"), "2097152");
  EXPECT_EQ(size("1g"), "1073741824");
  EXPECT_EQ(size("1t"), "unexpected character 't' at 1");
  EXPECT_EQ(size("1kb"), "unexpected character 'b' at 2");
  EXPECT_EQ(size("9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(size("99999999999999999999"), "size too large at 0");
  EXPECT_EQ(size("9999999999g"), "size too large at 0");
}

TEST(Units, integers) {
  EXPECT_EQ(integer("-7"), "-7");
  EXPECT_EQ(integer("+7"), "7");
  EXPECT_EQ(integer("5k"), "unexpected character 'k' at 1");
  EXPECT_EQ(integer("-"), "unexpected character '-' at 0");
  EXPECT_EQ(integer("-x"), "unexpected character 'x' at 1");
  EXPECT_EQ(integer("9223372036854775808"), "number too large at 0");
}

TEST(Units, switches) {
  EXPECT_TRUE(*read_switch("on"));
  EXPECT_FALSE(*read_switch("OFF"));
  EXPECT_FALSE(read_switch("maybe"));
}

}  // namespace
}  // namespace sluice::config
