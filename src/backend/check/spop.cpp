// option spop-check: the hello of an SPOE agent (SPOE specification 2.0, section 3.2). Lengths are in big endian, numbers
// in the protocol's own variable form.
#include "backend/check.hpp"
#include "backend/check_builder.hpp"
#include "base/text.hpp"
#include "catalog/add.hpp"

namespace sluice::backend {
namespace {

constexpr std::uint32_t longest_frame = 16380, shortest_limit = 256;
enum Type : unsigned { type_null = 0, type_true_or_false = 1, type_int32 = 2, type_uint32 = 3, type_int64 = 4, type_uint64 = 5, type_ipv4 = 6,
                       type_ipv6 = 7, type_string = 8, type_binary = 9 };
constexpr unsigned agent_hello = 101, agent_disconnect = 102;

std::string number(std::uint64_t value) {
  if (value < 240) return {static_cast<char>(value)};
  std::string out{static_cast<char>(value | 240)};
  value = (value - 240) >> 4;
  while (value >= 128) {
    out += static_cast<char>(value | 128);
    value = (value - 128) >> 7;
  }
  return out + static_cast<char>(value);
}
std::string text(std::string_view value) { return number(value.size()).append(value); }

std::string hello() {
  std::string frame("\x01\0\0\0\x01\0\0", 7);  // HAPROXY-HELLO, flags FIN, stream 0, frame 0
  frame += text("supported-versions") + std::string(1, type_string) + text("2.0");
  frame += text("max-frame-size") + std::string(1, type_uint32) + number(longest_frame);
  frame += text("capabilities") + std::string(1, type_string) + text("");
  frame += text("healthcheck") + std::string(1, 0x10 | type_true_or_false);
  std::string size;
  for (int shift = 24; shift >= 0; shift -= 8) size += static_cast<char>(frame.size() >> shift & 0xff);
  return size + frame;
}

// Reads a frame's values one after the other; `broken` once something did not fit.
struct Reader {
  std::string_view rest;
  bool broken = false;

  unsigned byte() {
    if (rest.empty()) {
      broken = true;
      return 0;
    }
    const unsigned value = static_cast<unsigned char>(rest.front());
    rest.remove_prefix(1);
    return value;
  }
  std::uint64_t varint() {
    std::uint64_t value = byte();
    if (value < 240) return value;
    for (int shift = 4; shift < 64 && !broken; shift += 7) {
      const std::uint64_t more = byte();
      value += more << shift;
      if (more < 128) return value;
    }
    broken = true;
    return 0;
  }
  std::string_view take(std::uint64_t size) {
    if (size > rest.size()) broken = true;
    if (broken) return {};
    const std::string_view value = rest.substr(0, size);
    rest.remove_prefix(size);
    return value;
  }
  std::string_view string() { return take(varint()); }
};

struct Value {
  unsigned type = type_null;
  std::uint64_t integer = 0;
  std::string_view text;
};
Value read_value(Reader& in) {
  Value value;
  value.type = in.byte() & 0x0f;
  switch (value.type) {
    case type_null:
    case type_true_or_false: break;
    case type_int32:
    case type_uint32:
    case type_int64:
    case type_uint64: value.integer = in.varint(); break;
    case type_ipv4: in.take(4); break;
    case type_ipv6: in.take(16); break;
    case type_string:
    case type_binary: value.text = in.string(); break;
    default: in.broken = true;
  }
  return value;
}

Finding refused(std::string_view why) { return Finding::failed(CheckCode::L7RSP, std::string(why)); }

Finding look_at_hello(Reader in) {
  bool has_version = false, has_size = false, has_capabilities = false;
  while (!in.rest.empty() && !in.broken) {
    const std::string_view name = in.string();
    const Value value = read_value(in);
    if (in.broken) break;
    if (name == "version") {
      if (value.type != type_string) return refused("invalid version value");
      if (!trim(value.text).starts_with("2.") && !trim(value.text).starts_with("1.")) return refused("unsupported version");
      has_version = true;
    } else if (name == "max-frame-size") {
      if (value.type < type_int32 || value.type > type_uint64) return refused("max-frame-size value not found");
      if (value.integer < shortest_limit || value.integer > longest_frame) return refused("max-frame-size too big or too small");
      has_size = true;
    } else if (name == "capabilities") {
      has_capabilities = value.type == type_string;
    }
  }
  if (in.broken) return refused("invalid frame received");
  if (!has_version) return refused("version value not found");
  if (!has_size) return refused("max-frame-size value not found");
  if (!has_capabilities) return refused("capabilities value not found");
  return Finding::passed("SPOA server is ok");
}

Finding look_at_disconnect(Reader in) {
  std::string_view message;
  int status = 0;
  while (!in.rest.empty() && !in.broken) {
    const std::string_view name = in.string();
    const Value value = read_value(in);
    if (name == "message") message = value.text;
    if (name == "status-code") status = static_cast<int>(value.integer);
  }
  if (in.broken) return refused("invalid frame received");
  return Finding::failed(CheckCode::L7RSP, message.empty() ? fmt::format("status {}", status) : std::string(message));
}

Finding look(CheckRun& run) {
  const std::string_view bytes = run.input();
  if (bytes.size() < 4) return Finding::more();
  std::size_t size = 0;
  for (std::size_t i = 0; i < 4; ++i) size = size << 8 | static_cast<unsigned char>(bytes[i]);
  if (size > longest_frame || size < 7) return refused("invalid frame received");
  if (bytes.size() - 4 < size) return Finding::more();
  Reader in{bytes.substr(4, size)};
  const unsigned type = in.byte();
  in.take(4);  // flags
  if (in.varint() != 0 || in.varint() != 0 || in.broken) return refused("invalid frame received");  // stream and frame of a hello
  if (type == agent_hello) return look_at_hello(in);
  if (type == agent_disconnect) return look_at_disconnect(in);
  return refused("invalid frame received");
}

bool build(CheckBuilder& in, config::Line& line) {
  in.plan.success = CheckCode::L7OK;
  in.connect();
  in.send(hello());
  in.expect(look);
  return line.finish();
}

const catalog::Add entry{config::Keyword{.name = "option spop-check", .sections = config::in::back_or_defaults, .parse = choose<build>,
    .doc = "Checks servers by the hello of the SPOE protocol, as agents speak it."}};

}  // namespace
}  // namespace sluice::backend
