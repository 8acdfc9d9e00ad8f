// Numbers with units, addresses and ranges, as people type them: what was read is written in a form that reads as the same.
#include <array>
#include <cstdint>
#include <string>

#include "base/text.hpp"
#include "config/units.hpp"
#include "fuzz/require.hpp"
#include "net/address.hpp"

using namespace sluice;
using fuzz::require;

namespace {

void look_at_duration(std::string_view text) {
  using config::Unit;
  for (const Unit unit : {Unit::us, Unit::ms, Unit::s, Unit::m, Unit::h, Unit::d}) {
    const auto read = config::read_duration(text, unit);
    if (!read) {
      require(!read.error().why.empty() && read.error().offset <= text.size(), "a refused duration has a reason in its text", text);
      continue;
    }
    require(*read >= Duration{} && *read <= config::longest_timer, "durations are limited", text);
    const std::string written = config::written(*read);
    const auto again = config::read_duration(written, unit);
    require(again && (*again == *read), "a duration that was written reads as the same", written);
    require(config::written(*again) == written, "and is written as the same", written);
  }
}

void look_at_numbers(std::string_view text) {
  if (const auto size = config::read_size(text)) {
    const auto again = config::read_size(std::to_string(*size));
    require(again && *again == *size, "a size reads as the same in bytes", text);
  } else {
    require(!size.error().why.empty() && size.error().offset <= text.size(), "a refused size has a reason in its text", text);
  }
  if (const auto number = config::read_integer(text)) {
    const auto again = config::read_integer(std::to_string(*number));
    require(again && *again == *number, "an integer reads as the same again", text);
  } else {
    require(!number.error().why.empty() && number.error().offset <= text.size(), "a refused number has a reason in its text", text);
  }
  if (const auto number = parse_int(text)) require(parse_int(std::to_string(*number)) == number, "parse_int", text);
  if (const auto number = parse_uint(text)) require(parse_uint(std::to_string(*number)) == number, "parse_uint", text);
}

void look_at_address(std::string_view text) {
  const auto address = net::Address::parse_ip(text, 80);
  if (!address) return;
  const std::string host = address->host_text();
  const auto again = net::Address::parse_ip(host, 80);
  require(again && *again == *address && again->hash() == address->hash(), "an address reads as the same again", host);
  std::array<char, 46> room;
  require(address->write_host(room) == host, "both ways to write an address agree", host);
  const net::Address::Raw raw = address->raw();
  require(net::Address::from(raw.get(), raw.size) == *address, "the kernel's form is the same address", host);
  require(address->unmapped().unmapped() == address->unmapped(), "unmapped once is unmapped", host);
}

// What an endpoint's address is written as is an endpoint of the same address.
void look_at_endpoint(std::string_view text, const net::EndpointRules& rules) {
  const auto endpoint = net::parse_endpoint(text, rules);
  if (!endpoint) return require(!endpoint.error().empty(), "a refused endpoint has a reason", text);
  require(endpoint->port_first <= endpoint->port_last, "ranges of ports go up", text);
  require(rules.range_allowed || endpoint->count() == 1, "no range where none may be", text);
  require(rules.port_allowed || !endpoint->port_given, "no port where none may be", text);
  require(!rules.port_required || endpoint->port_given || !endpoint->address.is_ip(), "a port where one must be", text);
  if (endpoint->form != net::Endpoint::Form::address || !endpoint->address) return;
  const net::Address address = endpoint->address.is_ip() && !endpoint->port_offset ? endpoint->address.with_port(endpoint->port_first) : endpoint->address;
  std::string written = address.text();
  if (address.family() == net::Family::unix_path) written = "unix@" + written;
  net::EndpointRules all;
  all.resolve = false;
  const auto again = net::parse_endpoint(written, all);
  require(again.has_value(), "an address that was written is an endpoint", written);
  require(again->address.with_port(address.port()) == address, "of the same address", written);
  require(!address.is_ip() || again->port_first == address.port(), "and port", written);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size > 200) return 0;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  look_at_duration(text);
  look_at_numbers(text);
  look_at_address(text);
  for (unsigned bits = 0; bits < 16; ++bits) {
    net::EndpointRules rules;
    rules.resolve = (bits & 1) != 0;
    rules.port_allowed = (bits & 2) == 0;
    rules.range_allowed = (bits & 4) != 0;
    rules.offset_allowed = (bits & 8) != 0;
    look_at_endpoint(text, rules);
  }
  (void)net::parse_endpoints(text);
  return 0;
}
