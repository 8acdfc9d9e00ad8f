// eth.* ip.* tcp.* (manual 7.3.1): fields of a packet's headers, as a saved SYN has them (fc_saved_syn, bind ... tcp-ss).
// eth.* take a frame; ip.* take a frame's data; tcp.* take what ip.data gives, or the packet itself. Whatever is cut short
// gives no sample.
#include "expr/entries.hpp"

namespace sluice::expr {
namespace {
using catalog::typed;
using catalog::undefined;
using std::string_view;
using MaybeInt = std::optional<Int>;
using MaybeBinary = std::optional<Binary>;

Int byte_at(string_view in, std::size_t at) { return static_cast<unsigned char>(in[at]); }
MaybeInt number(string_view in, std::size_t at, std::size_t size) {
  if (at + size > in.size()) return std::nullopt;
  Int value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | byte_at(in, at + i);
  return value;
}
MaybeBinary part(string_view in, std::size_t at, std::size_t size) {
  if (at + size > in.size()) return std::nullopt;
  return Binary{in.substr(at, size)};
}

// ---- Ethernet: two addresses, VLAN tags of four bytes each (802.1Q, 802.1ad), the type.
constexpr Int vlan = 0x8100;
constexpr Int service_vlan = 0x88a8;
struct Frame {
  std::size_t header = 0;  // its size
  Int type = 0;
  MaybeInt vlan_id;
};
std::optional<Frame> frame_of(string_view in) {
  Frame frame{.header = 14, .type = 0, .vlan_id = {}};
  for (;;) {
    const MaybeInt type = number(in, frame.header - 2, 2);
    if (!type) return std::nullopt;
    frame.type = *type;
    if (frame.type != vlan && frame.type != service_vlan) return frame;
    const MaybeInt tag = number(in, frame.header, 2);
    if (!tag) return std::nullopt;
    frame.vlan_id = *tag & 0xfff;
    frame.header += 4;
  }
}
MaybeBinary eth_dst(Binary in) { return part(in.bytes, 0, 6); }
MaybeBinary eth_src(Binary in) { return part(in.bytes, 6, 6); }
MaybeBinary eth_hdr(Binary in) {
  const auto frame = frame_of(in.bytes);
  return frame ? part(in.bytes, 0, frame->header) : std::nullopt;
}
MaybeBinary eth_data(Binary in) {
  const auto frame = frame_of(in.bytes);
  if (!frame) return std::nullopt;
  return Binary{in.bytes.substr(frame->header)};
}
MaybeInt eth_proto(Binary in) {
  const auto frame = frame_of(in.bytes);
  if (!frame) return std::nullopt;
  return frame->type;
}
MaybeInt eth_vlan(Binary in) {
  const auto frame = frame_of(in.bytes);
  return frame ? frame->vlan_id : std::nullopt;
}

// ---- IP (RFC 791, RFC 8200)
constexpr Int tcp = 6;
struct Packet {
  int version = 0;
  std::size_t header = 0;
  std::size_t end = 0;  // of the packet; what follows is padding of the frame
  Int protocol = 0;
};
// Behind the extension headers that may stand before TCP.
bool skip_extensions(string_view in, Packet& packet) {
  for (int count = 0; count < 8; ++count) {
    if (packet.protocol != 0 && packet.protocol != 43 && packet.protocol != 60) return true;
    const MaybeInt next = number(in, packet.header, 1);
    const MaybeInt size = number(in, packet.header + 1, 1);
    if (!next || !size) return false;
    packet.protocol = *next;
    packet.header += 8 + static_cast<std::size_t>(*size) * 8;
  }
  return false;
}
std::optional<Packet> packet_of(string_view in) {
  if (in.empty()) return std::nullopt;
  Packet packet{.version = static_cast<int>(byte_at(in, 0) >> 4), .header = 0, .end = 0, .protocol = 0};
  if (packet.version == 4) {
    const MaybeInt size = number(in, 2, 2);
    packet.header = static_cast<std::size_t>(byte_at(in, 0) & 15) * 4;
    if (!size || packet.header < 20 || packet.header > in.size()) return std::nullopt;
    packet.end = std::min(in.size(), static_cast<std::size_t>(*size));
    packet.protocol = byte_at(in, 9);
  } else if (packet.version == 6) {
    const MaybeInt size = number(in, 4, 2);
    packet.header = 40;
    if (!size || in.size() < 40) return std::nullopt;
    packet.end = std::min(in.size(), 40 + static_cast<std::size_t>(*size));
    packet.protocol = byte_at(in, 6);
    if (!skip_extensions(in, packet)) return std::nullopt;
  } else {
    return std::nullopt;
  }
  return packet.header <= packet.end ? std::optional(packet) : std::nullopt;
}
Sample address(string_view in, std::size_t at4, std::size_t at6) {
  const auto packet = packet_of(in);
  if (!packet) return {};
  if (packet->version == 4) return Sample::address(Ipv4{static_cast<std::uint32_t>(*number(in, at4, 4))});
  Ipv6 v6;
  std::memcpy(v6.bytes.data(), in.data() + at6, 16);
  return Sample::address(v6);
}
Sample ip_src(Binary in) { return address(in.bytes, 12, 8); }
Sample ip_dst(Binary in) { return address(in.bytes, 16, 24); }
MaybeBinary ip_hdr(Binary in) {
  const auto packet = packet_of(in.bytes);
  return packet ? part(in.bytes, 0, packet->header) : std::nullopt;
}
MaybeBinary ip_data(Binary in) {
  const auto packet = packet_of(in.bytes);
  return packet ? part(in.bytes, packet->header, packet->end - packet->header) : std::nullopt;
}
// A field of the header; `of6` says what it is in version 6.
template <Int (*of4)(string_view), Int (*of6)(string_view)>
MaybeInt ip_field(Binary in) {
  const auto packet = packet_of(in.bytes);
  if (!packet) return std::nullopt;
  return packet->version == 4 ? of4(in.bytes) : of6(in.bytes);
}
Int version4(string_view) { return 4; }
Int version6(string_view) { return 6; }
Int do_not_fragment(string_view in) { return byte_at(in, 6) >> 6 & 1; }
Int never_fragmented(string_view) { return 1; }  // routers do not do that in version 6
Int service4(string_view in) { return byte_at(in, 1); }
Int service6(string_view in) { return (byte_at(in, 0) << 4 | byte_at(in, 1) >> 4) & 255; }
Int time4(string_view in) { return byte_at(in, 8); }
Int hops6(string_view in) { return byte_at(in, 7); }
MaybeInt ip_proto(Binary in) {
  const auto packet = packet_of(in.bytes);
  if (!packet) return std::nullopt;
  return packet->protocol;
}

// ---- TCP (RFC 9293)
// The segment: of the packet if it looks like one, else the input itself. A segment whose first byte could be that of a
// packet belongs to a source port from 16384 to 20479 or 24576 to 28671; its lengths will not fit those of a packet.
string_view segment_of(string_view in) {
  const auto packet = packet_of(in);
  if (packet && packet->protocol == tcp && packet->end == in.size()) return in.substr(packet->header, packet->end - packet->header);
  return in;
}
template <std::size_t at, std::size_t size>
MaybeInt tcp_number(Binary in) {
  const string_view segment = segment_of(in.bytes);
  if (segment.size() < 20) return std::nullopt;
  return number(segment, at, size);
}

struct Option {
  Int kind;
  string_view value;
};
// Calls visit(option) for each until it says true; false if none did, or they are cut short.
template <class Visit>
bool walk_options(string_view in, Visit visit) {
  const string_view segment = segment_of(in);
  if (segment.size() < 20) return false;
  const auto header = static_cast<std::size_t>(byte_at(segment, 12) >> 4) * 4;
  if (header < 20 || header > segment.size()) return false;
  string_view rest = segment.substr(20, header - 20);
  while (!rest.empty()) {
    const Int kind = byte_at(rest, 0);
    if (kind == 0) return false;  // end of the list
    std::size_t size = 1;
    if (kind != 1) {
      if (rest.size() < 2) return false;
      size = static_cast<std::size_t>(byte_at(rest, 1));
      if (size < 2 || size > rest.size()) return false;
    }
    if (visit(Option{kind, size > 2 ? rest.substr(2, size - 2) : string_view{}})) return true;
    rest.remove_prefix(size);
  }
  return false;
}
template <Int kind, std::size_t size>
MaybeInt option_value(Binary in) {
  MaybeInt value;
  walk_options(in.bytes, [&](const Option& option) {
    if (option.kind != kind || option.value.size() < size) return false;
    value = number(option.value, 0, size);
    return true;
  });
  return value;
}
// 0 if it is not there.
template <Int kind, std::size_t size>
Int option_or_zero(Binary in) {
  return option_value<kind, size>(in).value_or(0);
}
template <Int kind>
Int has_option(Binary in) {
  return walk_options(in.bytes, [](const Option& option) { return option.kind == kind; }) ? 1 : 0;
}
Binary options_list(Binary in, Arena& arena) {
  char* const kinds = arena.allocate(40);
  std::size_t count = 0;
  walk_options(in.bytes, [&](const Option& option) {
    kinds[count++] = static_cast<char>(option.kind);
    return false;
  });
  return {{kinds, count}};
}

// ---- what is the same in all SYNs of one host, as the manual lays it out (ip.fp)
constexpr Int with_ttl = 1, with_options = 2, with_source = 4;
MaybeBinary ip_fp(Binary in, Arena& arena, std::optional<Int> mode) {
  const auto packet = packet_of(in.bytes);
  if (!packet || packet->protocol != tcp) return std::nullopt;
  const bool v4 = packet->version == 4;
  const Binary segment{in.bytes.substr(packet->header, packet->end - packet->header)};
  const MaybeInt offset = number(segment.bytes, 12, 1), flags = number(segment.bytes, 13, 1), window = number(segment.bytes, 14, 2);
  if (segment.bytes.size() < 20 || !offset || !flags || !window) return std::nullopt;
  const Int ttl = v4 ? time4(in.bytes) : hops6(in.bytes);
  const Int words = *offset >> 4;
  const Int mss = option_or_zero<2, 2>(segment);
  const MaybeInt scale = option_value<3, 1>(segment);
  const Binary kinds = options_list(segment, arena);
  Int seen = 0;
  for (const char kind : kinds.bytes) {
    const Int k = static_cast<unsigned char>(kind);
    if (k >= 2) seen |= k <= 8 ? Int{1} << (k - 2) : 128;
  }
  const bool ip_options = packet->header > (v4 ? 20U : 40U);
  const bool data = segment.bytes.size() > static_cast<std::size_t>(words) * 4;
  const Int df = v4 ? do_not_fragment(in.bytes) : 1;
  const Int distance = ttl <= 32 ? 0 : ttl <= 64 ? 1 : ttl <= 128 ? 2 : 3;
  char* const out = arena.allocate(8 + 1 + 40 + 16);
  std::size_t size = 0;
  const auto put = [&](Int byte) { out[size++] = static_cast<char>(byte); };
  put(v4 ? service4(in.bytes) : service6(in.bytes));
  put((v4 ? 0 : 128) | df << 6 | distance << 4 | ip_options << 3 | data << 2 | (*flags >> 7 & 1) << 1 | (*flags >> 6 & 1));
  put(words << 4 | (scale ? std::min<Int>(*scale, 14) + 1 : 0));
  put(*window >> 8);
  put(*window);
  put(mss >> 8);
  put(mss);
  put(seen);
  const Int more = mode.value_or(0);
  if (more & with_ttl) put(ttl);
  const auto append = [&](string_view bytes) {
    std::ranges::copy(bytes, out + size);
    size += bytes.size();
  };
  if (more & with_options) append(kinds.bytes);
  if (more & with_source) append(in.bytes.substr(v4 ? 12 : 8, v4 ? 4 : 16));
  return Binary{{out, size}};
}

// A frame with VLAN 5 around a SYN from 192.0.2.7:40000 to 192.0.2.1:80 with MSS 1460, SACK, timestamp 10, window scale 7.
#define FRAME "bin(0200000000010200000000028100000508004500003c1c46400040060000c0000207c00002019c400050000000010000" \
              "0000a002fa5600000000020405b40402080a0000000a0000000001030307)"
#define PACKET FRAME ",eth.data"
#define SEGMENT PACKET ",ip.data"
// A segment whose options end early.
#define ENDED "bin(9c40005000000001000000008002200000000000" "020405b404020001" "03030700)"
#define PACKET6 "bin(6050000000140640" "20010db8000000000000000000000001" "20010db8000000000000000000000002" \
                "9c400050000000010000000050020400" "00000000)"

const catalog::Add a1{Converter{.name = "eth.data", .run = typed<eth_data>, .doc = "What is behind the header of an Ethernet frame.",
    .examples = {{PACKET ",bytes(0,2),hex", "4500"}, {"bin(00),eth.data", undefined}}}};
const catalog::Add a2{Converter{.name = "eth.dst", .run = typed<eth_dst>, .doc = "The destination of an Ethernet frame, six bytes.",
    .examples = {{FRAME ",eth.dst,hex", "020000000001"}}}};
const catalog::Add a3{Converter{.name = "eth.hdr", .run = typed<eth_hdr>, .doc = "The header of an Ethernet frame, VLAN tags included.",
    .examples = {{FRAME ",eth.hdr,bytes(14),hex", "00050800"}}}};
const catalog::Add a4{Converter{.name = "eth.proto", .run = typed<eth_proto>, .doc = "The protocol in an Ethernet frame: 2048 is IPv4, 34525 IPv6.",
    .examples = {{FRAME ",eth.proto", "2048"}}}};
const catalog::Add a5{Converter{.name = "eth.src", .run = typed<eth_src>, .doc = "The source of an Ethernet frame, six bytes.",
    .examples = {{FRAME ",eth.src,hex", "020000000002"}}}};
const catalog::Add a6{Converter{.name = "eth.vlan", .run = typed<eth_vlan>, .doc = "The number of the innermost VLAN an Ethernet frame is tagged with.",
    .examples = {{FRAME ",eth.vlan", "5"}, {"bin(0200000000010200000000020800),eth.vlan", undefined}}}};
const catalog::Add b1{Converter{.name = "ip.data", .run = typed<ip_data>, .doc = "What is behind the headers of an IP packet.",
    .examples = {{SEGMENT ",bytes(36),hex", "01030307"}, {"bin(45),ip.data", undefined}}}};
const catalog::Add b2{Converter{.name = "ip.df", .run = typed<ip_field<do_not_fragment, never_fragmented>>, .doc = "1 if an IP packet must not be fragmented, 0 if it may.",
    .examples = {{PACKET ",ip.df", "1"}, {PACKET6 ",ip.df", "1"}}}};
const catalog::Add b3{Converter{.name = "ip.dst", .run = typed<ip_dst>, .out = Type::address, .doc = "The destination address of an IP packet.",
    .examples = {{PACKET ",ip.dst", "192.0.2.1"}, {PACKET6 ",ip.dst", "2001:db8::2"}}}};
const catalog::Add b0{Converter{.name = "ip.fp", .args = {"mode"}, .run = typed<ip_fp>,
    .doc = "A fingerprint of what is the same in all SYN packets of a host: type of service, distance, window, options. The mode adds "
           "1 for the time to live, 2 for the kinds of the options, 4 for the source address.",
    .examples = {{PACKET ",ip.fp,hex", "0050A8FA5605B447"}, {PACKET ",ip.fp(5),hex", "0050A8FA5605B44740C0000207"},
                 {PACKET ",ip.fp(2),hex", "0050A8FA5605B4470204080103"}, {PACKET6 ",ip.fp(1),hex", "05D05004000000" "0040"}, {"bin(45),ip.fp", undefined}}}};
const catalog::Add b4{Converter{.name = "ip.hdr", .run = typed<ip_hdr>, .doc = "The header of an IP packet, options and extensions included.",
    .examples = {{PACKET ",ip.hdr,bytes(16),hex", "C0000201"}}}};
const catalog::Add b5{Converter{.name = "ip.proto", .run = typed<ip_proto>, .doc = "The protocol in an IP packet: 6 is TCP.",
    .examples = {{PACKET ",ip.proto", "6"}, {PACKET6 ",ip.proto", "6"}}}};
const catalog::Add b6{Converter{.name = "ip.src", .run = typed<ip_src>, .out = Type::address, .doc = "The source address of an IP packet.",
    .examples = {{PACKET ",ip.src", "192.0.2.7"}, {PACKET6 ",ip.src", "2001:db8::1"}}}};
const catalog::Add b7{Converter{.name = "ip.tos", .run = typed<ip_field<service4, service6>>, .doc = "The type of service or traffic class of an IP packet.",
    .examples = {{PACKET ",ip.tos", "0"}, {PACKET6 ",ip.tos", "5"}}}};
const catalog::Add b8{Converter{.name = "ip.ttl", .run = typed<ip_field<time4, hops6>>, .doc = "How many hops an IP packet had left.",
    .examples = {{PACKET ",ip.ttl", "64"}, {PACKET6 ",ip.ttl", "64"}}}};
const catalog::Add b9{Converter{.name = "ip.ver", .run = typed<ip_field<version4, version6>>, .doc = "The version of an IP packet: 4 or 6.",
    .examples = {{PACKET ",ip.ver", "4"}, {PACKET6 ",ip.ver", "6"}, {"bin(00),ip.ver", undefined}}}};
const catalog::Add c1{Converter{.name = "tcp.dst", .run = typed<tcp_number<2, 2>>, .doc = "The destination port of a TCP segment.",
    .examples = {{SEGMENT ",tcp.dst", "80"}, {PACKET ",tcp.dst", "80"}}}};
const catalog::Add c2{Converter{.name = "tcp.flags", .run = typed<tcp_number<13, 1>>, .doc = "The flags of a TCP segment: 1 FIN, 2 SYN, 4 RST, 8 PSH, 16 ACK, 32 URG, 64 ECE, 128 CWR.",
    .examples = {{SEGMENT ",tcp.flags", "2"}}}};
const catalog::Add c3{Converter{.name = "tcp.options.mss", .run = typed<option_or_zero<2, 2>>, .doc = "The largest segment the sender takes; 0 if it does not say.",
    .examples = {{SEGMENT ",tcp.options.mss", "1460"}, {PACKET6 ",tcp.options.mss", "0"}}}};
const catalog::Add c4{Converter{.name = "tcp.options.sack", .run = typed<has_option<4>>, .doc = "1 if the sender permits selective acknowledgements, else 0.",
    .examples = {{SEGMENT ",tcp.options.sack", "1"}, {PACKET6 ",tcp.options.sack", "0"}}}};
const catalog::Add c5{Converter{.name = "tcp.options.tsopt", .run = typed<has_option<8>>, .doc = "1 if there is a timestamp, else 0.",
    .examples = {{SEGMENT ",tcp.options.tsopt", "1"}}}};
const catalog::Add c6{Converter{.name = "tcp.options.tsval", .run = typed<option_value<8, 4>>, .doc = "The sender's timestamp.",
    .examples = {{SEGMENT ",tcp.options.tsval", "10"}, {PACKET6 ",tcp.options.tsval", undefined}}}};
const catalog::Add c7{Converter{.name = "tcp.options.wscale", .run = typed<option_or_zero<3, 1>>, .doc = "The sender's window scale; 0 if it does not say.",
    .examples = {{SEGMENT ",tcp.options.wscale", "7"}, {PACKET6 ",tcp.options.wscale", "0"}}}};
const catalog::Add c8{Converter{.name = "tcp.options.wsopt", .run = typed<has_option<3>>, .doc = "1 if there is a window scale, else 0.",
    .examples = {{SEGMENT ",tcp.options.wsopt", "1"}}}};
const catalog::Add c9{Converter{.name = "tcp.options_list", .run = typed<options_list>, .doc = "The kinds of all options of a TCP segment in their order, a byte each.",
    .examples = {{SEGMENT ",tcp.options_list,hex", "0204080103"}, {ENDED ",tcp.options_list,hex", "0204"}}}};
const catalog::Add d1{Converter{.name = "tcp.seq", .run = typed<tcp_number<4, 4>>, .doc = "The sequence number of a TCP segment.",
    .examples = {{SEGMENT ",tcp.seq", "1"}}}};
const catalog::Add d2{Converter{.name = "tcp.src", .run = typed<tcp_number<0, 2>>, .doc = "The source port of a TCP segment.",
    .examples = {{SEGMENT ",tcp.src", "40000"}, {"bin(00),tcp.src", undefined}}}};
const catalog::Add d3{Converter{.name = "tcp.win", .run = typed<tcp_number<14, 2>>, .doc = "The window of a TCP segment, not scaled.",
    .examples = {{SEGMENT ",tcp.win", "64086"}}}};

}  // namespace
}  // namespace sluice::expr
