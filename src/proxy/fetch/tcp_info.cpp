// fc_rtt and the like (manual 7.3.3): what the kernel knows of a TCP connection, by getsockopt(TCP_INFO).
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "expr/arguments.hpp"
#include "expr/entries.hpp"
#include "net/stream.hpp"
#include "proxy/exchange.hpp"

namespace sluice::proxy {
struct TimeUnitArg {
  std::uint32_t microseconds = 1000;
};
}  // namespace sluice::proxy
namespace sluice::catalog {
template <>
struct Argument<proxy::TimeUnitArg> {
  static constexpr std::string_view name = "string";
  static std::expected<proxy::TimeUnitArg, std::string> read(std::string_view text) {
    if (text == "ms") return proxy::TimeUnitArg{1000};
    if (text == "us") return proxy::TimeUnitArg{1};
    return std::unexpected("'" + std::string(text) + "' is neither 'ms' nor 'us'");
  }
};
}  // namespace sluice::catalog

namespace sluice::proxy {
namespace {

using catalog::Add;
using catalog::typed;
using expr::Fetch;
using expr::Int;
using expr::Origin;

std::optional<tcp_info> info_of(net::Stream* stream) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (!stream || ::getsockopt(stream->socket().fd(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
  return info;
}
template <auto field>
std::optional<Int> count(const std::optional<tcp_info>& info) {
  if (!info) return std::nullopt;
  return (*info).*field;
}
template <auto field>
std::optional<Int> time(const std::optional<tcp_info>& info, std::optional<TimeUnitArg> unit) {
  if (!info) return std::nullopt;
  return (*info).*field / unit.value_or(TimeUnitArg{}).microseconds;
}
template <auto field>
std::optional<Int> client_count(Session& session) { return count<field>(info_of(session.client.get())); }
template <auto field>
std::optional<Int> client_time(Session& session, std::optional<TimeUnitArg> unit) { return time<field>(info_of(session.client.get()), unit); }
template <auto field>
std::optional<Int> server_time(Exchange& exchange, std::optional<TimeUnitArg> unit) { return time<field>(info_of(exchange.server_stream()), unit); }

// bind ... tcp-ss: the kernel gives it away once.
std::optional<expr::Binary> saved_syn(Session& session, Arena& arena) {
  char packet[1024];
  socklen_t size = sizeof packet;
  if (::getsockopt(session.client->socket().fd(), IPPROTO_TCP, TCP_SAVED_SYN, packet, &size) != 0 || size == 0) return std::nullopt;
  return expr::Binary{arena.copy({packet, size})};
}

constexpr auto always = Origin::client_always;
const Add a{Fetch{.name = "fc_rtt", .args = {"unit"}, .run = typed<client_time<&tcp_info::tcpi_rtt>>, .origin = always,
                  .doc = "The round trip time of the client's connection in milliseconds, or {unit} us.",
    .examples = {{"fc_rtt(us),div(5000000)", "0"}}}};
const Add b{Fetch{.name = "fc_rttvar", .args = {"unit"}, .run = typed<client_time<&tcp_info::tcpi_rttvar>>, .origin = always,
                  .doc = "How much the round trip time of the client's connection varies.",
    .examples = {{"fc_rttvar(us),div(5000000)", "0"}}}};
const Add c{Fetch{.name = "fc_unacked", .run = typed<client_count<&tcp_info::tcpi_unacked>>, .origin = always, .doc = "Segments to the client that are not acknowledged.",
    .examples = {{"fc_unacked", "0"}}}};
const Add d{Fetch{.name = "fc_sacked", .run = typed<client_count<&tcp_info::tcpi_sacked>>, .origin = always, .doc = "Segments to the client that are acknowledged selectively.",
    .examples = {{"fc_sacked", "0"}}}};
const Add e{Fetch{.name = "fc_retrans", .run = typed<client_count<&tcp_info::tcpi_retrans>>, .origin = always, .doc = "Segments to the client that are sent again.",
    .examples = {{"fc_retrans", "0"}}}};
const Add f{Fetch{.name = "fc_fackets", .run = typed<client_count<&tcp_info::tcpi_fackets>>, .origin = always, .doc = "Segments to the client acknowledged ahead of others.",
    .examples = {{"fc_fackets", "0"}}}};
const Add g{Fetch{.name = "fc_lost", .run = typed<client_count<&tcp_info::tcpi_lost>>, .origin = always, .doc = "Segments to the client that were lost.",
    .examples = {{"fc_lost", "0"}}}};
const Add h{Fetch{.name = "fc_reordering", .run = typed<client_count<&tcp_info::tcpi_reordering>>, .origin = always, .doc = "How far segments of the client's connection get out of order.",
    .examples = {{"fc_reordering,bool", "1"}}}};
const Add i{Fetch{.name = "bc_rtt", .args = {"unit"}, .run = typed<server_time<&tcp_info::tcpi_rtt>>, .origin = always,
                  .doc = "The round trip time of the server's connection in milliseconds, or {unit} us.",
    .examples = {{"bc_rtt(us),div(5000000)", "0"}}}};
const Add j{Fetch{.name = "bc_rttvar", .args = {"unit"}, .run = typed<server_time<&tcp_info::tcpi_rttvar>>, .origin = always,
                  .doc = "How much the round trip time of the server's connection varies.",
    .examples = {{"bc_rttvar(us),div(5000000)", "0"}}}};

const Add k{Fetch{.name = "fc_saved_syn", .run = typed<saved_syn>, .origin = always,
                  .doc = "The packet the connection began with, where `bind ... tcp-ss` keeps it; it can be asked for once.",
    .examples = {{"fc_saved_syn", catalog::undefined}}}};

}  // namespace
}  // namespace sluice::proxy
