// PROXY and NetScaler headers: what is taken as a header is one byte by byte too, its prefixes ask for more, and the addresses
// it tells survive being written and read again.
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

#include "net/proxy_protocol.hpp"

using namespace sluice;

namespace {

constexpr std::uint32_t magic = 0x43495031;

void require(bool holds) {
  if (!holds) std::abort();
}

template <class Parse>
void check_header(std::span<const char> bytes, Parse parse) {
  const auto whole = parse(bytes);
  if (!whole || !*whole) return;
  const net::ProxyHeader& header = **whole;
  require(header.size != 0 && header.size <= bytes.size());
  const auto alone = parse(bytes.first(header.size));
  require(alone && *alone && (**alone).size == header.size);
  for (std::size_t n = 0; n < header.size; ++n) {
    const auto part = parse(bytes.first(n));
    require(part && !*part);
  }
  if (header.local || !header.stream || !header.source.is_ip() || header.source.family() != header.destination.family()) return;
  for (const std::string& written : {net::proxy_header_v1(header.source, header.destination),
                                     net::proxy_header_v2(header.source, header.destination)}) {
    const auto again = net::parse_proxy_header(written);
    require(again && *again && (**again).source == header.source && (**again).destination == header.destination);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(reinterpret_cast<const char*>(data), size);
  check_header(bytes, [](std::span<const char> some) { return net::parse_proxy_header(some); });
  check_header(bytes, [](std::span<const char> some) { return net::parse_cip_header(some, magic); });
  return 0;
}
