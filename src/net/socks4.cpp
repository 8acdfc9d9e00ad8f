#include "net/socks4.hpp"

#include <cerrno>
#include <string>

namespace sluice::net {
namespace {

// CONNECT with our name as user id, as HAProxy sends it.
std::string request(const Address& to) {
  const std::uint32_t ip = to.ipv4_value();
  const std::uint16_t port = to.port();
  const auto byte = [](std::uint32_t value) { return static_cast<char>(value & 0xff); };
  std::string text{'\x04', '\x01', byte(port >> 8), byte(port), byte(ip >> 24), byte(ip >> 16), byte(ip >> 8), byte(ip)};
  return text.append("HAProxy").append(1, '\0');
}

}  // namespace

async::Task<> ask_socks4(Stream& stream, Address to, Instant deadline) {
  if (to.unmapped().family() != Family::ipv4) co_await fail(Kind::refused, Side::server, Retry::never, EAFNOSUPPORT);
  const std::string asked = request(to.unmapped());
  const Duration patience = deadline == never ? async::forever : deadline - stream.loop().now();
  co_await stream.write_all(asked, patience);
  std::string answer(8, '\0');
  // Not a byte more: what follows belongs to the connection.
  for (std::size_t got = 0; got < answer.size();) {
    const std::size_t n = co_await stream.read(std::span(answer).subspan(got), deadline);
    if (n == 0) co_await fail(Kind::end, Side::server);
    got += n;
  }
  constexpr char granted = 0x5a;
  if (answer[1] != granted) co_await fail(Kind::refused, Side::server, Retry::never, EPERM);
}

}  // namespace sluice::net
