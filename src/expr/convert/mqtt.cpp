// mqtt_is_valid mqtt_field_value (manual 7.3.1): the first packet of each side, CONNECT and CONNACK, of MQTT 3.1, 3.1.1
// (OASIS, section 3) and 5.0 (OASIS, sections 2.2.2 and 3).
#include "base/text.hpp"
#include "expr/entries.hpp"

namespace sluice::expr {
namespace {
using catalog::typed;
using catalog::undefined;
using std::string_view;

enum class Kind : std::uint8_t { connect = 1, connack = 2 };
struct KindArg {
  Kind kind;
};
// A name, or the number of a property.
enum class Name : std::uint8_t { flags, protocol_name, protocol_version, client_identifier, will_topic, will_payload, username, password, keepalive, reason_code, property };
struct FieldArg {
  Name name = Name::property;
  unsigned property = 0;
};

// How the value of a property is written (MQTT 5.0, table 2-4).
enum class Form : std::uint8_t { none, byte, two, four, variable, text, pair };
constexpr Form form_of(unsigned property) {
  switch (property) {
    case 1: case 23: case 25: case 36: case 37: case 40: case 41: case 42: return Form::byte;
    case 19: case 33: case 34: case 35: return Form::two;
    case 2: case 17: case 24: case 39: return Form::four;
    case 11: return Form::variable;
    case 3: case 8: case 9: case 18: case 21: case 22: case 26: case 28: case 31: return Form::text;
    case 38: return Form::pair;
    default: return Form::none;
  }
}

// Takes values from the front; once something is missing everything is.
class Bytes {
 public:
  explicit Bytes(string_view bytes) : rest_(bytes) {}
  bool good() const { return good_; }
  bool empty() const { return rest_.empty(); }
  Int number(std::size_t size) {
    Int value = 0;
    for (const char c : take(size)) value = value << 8 | static_cast<unsigned char>(c);
    return value;
  }
  Int variable() {
    Int value = 0;
    for (int shift = 0; shift < 28; shift += 7) {
      const Int byte = number(1);
      value |= (byte & 0x7f) << shift;
      if (!(byte & 0x80)) return value;
    }
    good_ = false;
    return 0;
  }
  string_view take(std::size_t size) {
    if (size > rest_.size()) good_ = false;
    if (!good_) return {};
    const string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  string_view text() { return take(static_cast<std::size_t>(number(2))); }

 private:
  string_view rest_;
  bool good_ = true;
};

// A packet, read whole. What was asked for is in `value`.
class Packet {
 public:
  Packet(string_view in, FieldArg wanted) : wanted_(wanted) {
    Bytes head(in);
    const Int first = head.number(1);
    const Int size = head.variable();
    Bytes body(head.take(static_cast<std::size_t>(size)));
    if (!head.good() || (first & 15) != 0) return;
    kind_ = first >> 4;
    if (kind_ == 1) valid_ = connect(body);
    if (kind_ == 2) valid_ = connack(body, size);
  }
  bool valid() const { return valid_; }
  bool is(Kind kind) const { return valid_ && kind_ == static_cast<Int>(kind); }
  Sample value() const { return value_; }

 private:
  void keep(Name name, Sample sample) {
    if (wanted_.name == name) value_ = sample;
  }
  bool connect(Bytes& body) {
    const string_view protocol = body.text();
    const Int version = body.number(1);
    const Int flags = body.number(1);
    if (!body.good() || protocol != (version == 3 ? "MQIsdp" : "MQTT") || version < 3 || version > 5) return false;
    const bool will = flags & 4;
    // A reserved bit; bits of a will without one; a will quality of 3; before 5.0 a password without a user name.
    if ((flags & 1) || (!will && (flags & 0x38)) || (flags & 0x18) == 0x18 || (version < 5 && (flags & 0xc0) == 0x40)) return false;
    keep(Name::protocol_name, Sample::text(protocol));
    keep(Name::protocol_version, Sample::integer(version));
    keep(Name::flags, Sample::integer(flags));
    keep(Name::keepalive, Sample::integer(body.number(2)));
    if (version == 5 && !properties(body)) return false;
    keep(Name::client_identifier, Sample::text(body.text()));
    if (will) {
      if (version == 5 && !properties(body)) return false;
      keep(Name::will_topic, Sample::text(body.text()));
      keep(Name::will_payload, Sample::binary(body.text()));
    }
    if (flags & 0x80) keep(Name::username, Sample::text(body.text()));
    if (flags & 0x40) keep(Name::password, Sample::binary(body.text()));
    return body.good() && body.empty();
  }
  bool connack(Bytes& body, Int size) {
    const Int flags = body.number(1);
    const Int reason = body.number(1);
    if (!body.good() || (flags & ~Int{1}) != 0) return false;
    // Only 5.0 has something behind the reason, if only the size of the properties.
    const Int version = size == 2 ? 4 : 5;
    keep(Name::flags, Sample::integer(flags));
    keep(Name::protocol_version, Sample::integer(version));
    keep(Name::reason_code, Sample::integer(reason));
    return (version != 5 || properties(body)) && body.good() && body.empty();
  }
  bool properties(Bytes& body) {
    const Int size = body.variable();
    Bytes list(body.take(static_cast<std::size_t>(size)));
    while (body.good() && list.good() && !list.empty()) {
      const auto property = static_cast<unsigned>(list.number(1));
      Sample sample;
      switch (form_of(property)) {
        case Form::none: return false;
        case Form::byte: sample = Sample::integer(list.number(1)); break;
        case Form::two: sample = Sample::integer(list.number(2)); break;
        case Form::four: sample = Sample::integer(list.number(4)); break;
        case Form::variable: sample = Sample::integer(list.variable()); break;
        case Form::text: sample = Sample::text(list.text()); break;
        case Form::pair:
          list.text();
          list.text();
          break;
      }
      if (wanted_.name == Name::property && wanted_.property == property && list.good()) value_ = sample;
    }
    return body.good() && list.good();
  }

  FieldArg wanted_;
  Sample value_;
  Int kind_ = 0;
  bool valid_ = false;
};

bool is_valid(Binary in) { return Packet(in.bytes, {}).valid(); }
Sample field_value(Binary in, KindArg kind, FieldArg field) {
  const Packet packet(in.bytes, field);
  return packet.is(kind.kind) ? packet.value() : Sample{};
}

}  // namespace
}  // namespace sluice::expr

template <>
struct sluice::catalog::Argument<sluice::expr::KindArg> {
  static constexpr std::string_view name = "string";
  static std::expected<sluice::expr::KindArg, std::string> read(std::string_view text) {
    using sluice::expr::Kind;
    if (text == "1" || sluice::equal_nocase(text, "connect")) return sluice::expr::KindArg{Kind::connect};
    if (text == "2" || sluice::equal_nocase(text, "connack")) return sluice::expr::KindArg{Kind::connack};
    return std::unexpected(fmt::format("'{}' is neither CONNECT (1) nor CONNACK (2), and no other packet can be looked at", text));
  }
};
template <>
struct sluice::catalog::Argument<sluice::expr::FieldArg> {
  static constexpr std::string_view name = "string";
  static std::expected<sluice::expr::FieldArg, std::string> read(std::string_view text) {
    constexpr std::string_view names[] = {"flags", "protocol_name", "protocol_version", "client_identifier", "will_topic", "will_payload",
                                          "username", "password", "keepalive", "reason_code"};
    for (std::size_t i = 0; i < std::size(names); ++i)
      if (sluice::equal_nocase(text, names[i])) return sluice::expr::FieldArg{static_cast<sluice::expr::Name>(i), 0};
    const auto number = sluice::parse_uint(text);
    if (number && *number < 256 && sluice::expr::form_of(static_cast<unsigned>(*number)) != sluice::expr::Form::none && *number != 38)
      return sluice::expr::FieldArg{sluice::expr::Name::property, static_cast<unsigned>(*number)};
    return std::unexpected(fmt::format("'{}' is neither a field nor the number of a property that can be given", text));
  }
};

namespace sluice::expr {
namespace {

// A client "ab" with user "u" and password "p", keepalive 60; one in version 5.0 with a session expiry of 10 s.
const catalog::Add a{Converter{.name = "mqtt_is_valid", .run = typed<is_valid>, .doc = "True for a valid CONNECT or CONNACK packet of MQTT 3.1, 3.1.1 or 5.0.",
    .examples = {{"bin(101400044d51545404c2003c00026162000175000170),mqtt_is_valid", "1"}, {"bin(20020000),mqtt_is_valid", "1"},
                 {"bin(1014),mqtt_is_valid", "0"}, {"str(GET / HTTP/1.1),mqtt_is_valid", "0"}}}};
const catalog::Add b{Converter{.name = "mqtt_field_value", .args = {"packet_type", "field"}, .run = typed<field_value>, .out = Type::any,
    .doc = "A field of a CONNECT or CONNACK packet, by its name or by the number of an MQTT 5.0 property.",
    .examples = {{"bin(101400044d51545404c2003c00026162000175000170),mqtt_field_value(connect,client_identifier)", "ab"},
                 {"bin(101400044d51545404c2003c00026162000175000170),mqtt_field_value(1,username)", "u"},
                 {"bin(101400044d51545404c2003c00026162000175000170),mqtt_field_value(connect,keepalive)", "60"},
                 {"bin(101400044d51545404c2003c00026162000175000170),mqtt_field_value(connect,will_topic)", undefined},
                 {"bin(101400044d5154540502003c05110000000a00026162),mqtt_field_value(connect,17)", "10"},
                 {"bin(20020005),mqtt_field_value(CONNACK,reason_code)", "5"}, {"bin(20020005),mqtt_field_value(connect,flags)", undefined}}}};

}  // namespace
}  // namespace sluice::expr
