// protobuf ungrpc (manual 7.3.1): a field of a Protocol Buffers message by its number, "48.59.1" for one inside another.
// Encoding: protobuf.dev/programming-guides/encoding; gRPC's five bytes before a message: grpc.io, "Length-Prefixed-Message".
#include <cmath>

#include "base/text.hpp"
#include "expr/entries.hpp"

namespace sluice::expr {
namespace {
using catalog::typed;
using catalog::undefined;
using std::string_view;

struct FieldPath {
  std::vector<std::uint64_t> numbers;
};
enum class As : std::uint8_t { int_, uint32, int32, zigzag, fixed64, double_, fixed32, sfixed32, float_ };
enum class Wire : std::uint8_t { varint = 0, bits64 = 1, sized = 2, bits32 = 5 };
constexpr Wire wire_of(As as) {
  if (as == As::fixed64 || as == As::double_) return Wire::bits64;
  if (as == As::fixed32 || as == As::sfixed32 || as == As::float_) return Wire::bits32;
  return Wire::varint;
}

// At most ten bytes, seven bits each, the lowest first.
std::optional<std::uint64_t> take_varint(string_view& from) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < from.size() && i < 10; ++i) {
    const auto byte = static_cast<unsigned char>(from[i]);
    value |= std::uint64_t{byte & 0x7fU} << (7 * i);
    if (byte & 0x80) continue;
    from.remove_prefix(i + 1);
    return value;
  }
  return std::nullopt;
}
struct Field {
  std::uint64_t number;
  Wire wire;
  string_view value;  // without the length before it
};
std::optional<Field> take_field(string_view& from) {
  const auto key = take_varint(from);
  if (!key) return std::nullopt;
  Field field{*key >> 3, static_cast<Wire>(*key & 7), {}};
  std::size_t size = 0;
  switch (field.wire) {
    case Wire::varint: {
      string_view rest = from;
      if (!take_varint(rest)) return std::nullopt;
      size = from.size() - rest.size();
      break;
    }
    case Wire::bits64: size = 8; break;
    case Wire::bits32: size = 4; break;
    case Wire::sized: {
      const auto length = take_varint(from);
      if (!length || *length > from.size()) return std::nullopt;
      size = static_cast<std::size_t>(*length);
      break;
    }
    default: return std::nullopt;  // groups are gone
  }
  if (size > from.size()) return std::nullopt;
  field.value = from.substr(0, size);
  from.remove_prefix(size);
  return field;
}

Sample number_in(const Field& field, As as) {
  if (field.wire != wire_of(as)) return {};
  string_view rest = field.value;
  std::uint64_t bits = 0;
  if (field.wire == Wire::varint) {
    bits = take_varint(rest).value_or(0);
  } else {
    for (std::size_t i = rest.size(); i-- > 0;) bits = bits << 8 | static_cast<unsigned char>(rest[i]);  // little endian
  }
  const auto whole = [](double value) {
    // Fractions are cut off; what no integer can hold is no sample.
    if (!(std::fabs(value) < 9.2e18)) return Sample{};
    return Sample::integer(static_cast<Int>(value));
  };
  switch (as) {
    case As::int_:
    case As::fixed64: return Sample::integer(static_cast<Int>(bits));
    case As::uint32:
    case As::fixed32: return Sample::integer(static_cast<std::uint32_t>(bits));
    case As::int32:
    case As::sfixed32: return Sample::integer(static_cast<std::int32_t>(static_cast<std::uint32_t>(bits)));
    case As::zigzag: return Sample::integer(static_cast<Int>(bits >> 1 ^ (~(bits & 1) + 1)));
    case As::double_: return whole(std::bit_cast<double>(bits));
    case As::float_: return whole(static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits))));
  }
  return {};
}

Sample look_up(string_view message, const FieldPath& path, std::optional<As> as) {
  for (std::size_t depth = 0; depth < path.numbers.size(); ++depth) {
    const bool last = depth + 1 == path.numbers.size();
    for (;;) {
      if (message.empty()) return {};
      const auto field = take_field(message);
      if (!field) return {};
      if (field->number != path.numbers[depth]) continue;
      if (!last && field->wire != Wire::sized) return {};
      message = field->value;
      if (!last) break;
      return as ? number_in(*field, *as) : Sample::binary(field->value);
    }
  }
  return {};
}
Sample protobuf(Binary in, const FieldPath& path, std::optional<As> as) { return look_up(in.bytes, path, as); }
Sample ungrpc(Binary in, const FieldPath& path, std::optional<As> as) {
  if (in.size() < 5 || in.bytes[0] != 0) return {};  // compressed ones cannot be read
  std::size_t size = 0;
  for (std::size_t i = 1; i < 5; ++i) size = size << 8 | static_cast<unsigned char>(in.bytes[i]);
  return look_up(in.bytes.substr(5, size), path, as);
}

}  // namespace
}  // namespace sluice::expr

template <>
struct sluice::catalog::Argument<sluice::expr::FieldPath> {
  static constexpr std::string_view name = "Protocol buffers field number";
  static std::expected<sluice::expr::FieldPath, std::string> read(std::string_view text) {
    sluice::expr::FieldPath path;
    std::string_view rest = text;
    while (!rest.empty()) {
      const auto number = sluice::parse_uint(sluice::take_until(rest, '.'));
      if (!number || *number == 0) return std::unexpected(fmt::format("'{}' is not a list of field numbers with dots between", text));
      path.numbers.push_back(*number);
    }
    if (path.numbers.empty()) return std::unexpected("a field number is missing");
    return path;
  }
};
template <>
struct sluice::catalog::Argument<sluice::expr::As> {
  static constexpr std::string_view name = "string";
  static std::expected<sluice::expr::As, std::string> read(std::string_view text) {
    using sluice::expr::As;
    constexpr std::pair<std::string_view, As> names[] = {
        {"int32", As::int32}, {"int64", As::int_}, {"uint32", As::uint32}, {"uint64", As::int_}, {"sint32", As::zigzag}, {"sint64", As::zigzag},
        {"bool", As::int_}, {"enum", As::int32}, {"fixed64", As::fixed64}, {"sfixed64", As::fixed64}, {"double", As::double_},
        {"fixed32", As::fixed32}, {"sfixed32", As::sfixed32}, {"float", As::float_}};
    for (const auto& [word, as] : names)
      if (text == word) return as;
    return std::unexpected(fmt::format("'{}' is not a type of Protocol Buffers that is a number", text));
  }
};

namespace sluice::expr {
namespace {

const catalog::Add a{Converter{.name = "protobuf", .args = {"field_number", "field_type"}, .run = typed<protobuf>, .out = Type::any,
    .doc = "The bytes of a field of a Protocol Buffers message, or its number if {field_type} is given.",
    .examples = {{"bin(089601),protobuf(1,int32)", "150"}, {"bin(120774657374696e67),protobuf(2)", "testing"}, {"bin(1a03089601),protobuf(3.1,uint64)", "150"},
                 {"bin(0803),protobuf(1,sint32)", "-2"}, {"bin(0d0000c03f),protobuf(1,float)", "1"}, {"bin(089601),protobuf(2)", undefined},
                 {"bin(0896),protobuf(1,int32)", undefined}, {"bin(08ffffffffffffffffff01),protobuf(1,int64)", "-1"}}}};
const catalog::Add b{Converter{.name = "ungrpc", .args = {"field_number", "field_type"}, .run = typed<ungrpc>, .out = Type::any,
    .doc = "As protobuf, for a message as gRPC sends it, with its length before it.",
    .examples = {{"bin(0000000003089601),ungrpc(1,int32)", "150"}, {"bin(0100000003089601),ungrpc(1,int32)", undefined}}}};

}  // namespace
}  // namespace sluice::expr
