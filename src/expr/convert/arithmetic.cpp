// add sub mul div mod and or xor neg cpl odd even bool not
#include <limits>

#include "expr/convert/number.hpp"

namespace sluice::expr {
namespace {
using catalog::Add;
using catalog::typed;
using catalog::undefined;

constexpr Int largest = std::numeric_limits<Int>::max();
constexpr Int smallest = std::numeric_limits<Int>::min();

// Sums and products stop at the ends of the range instead of wrapping.
Int plus(Int a, Int b) {
  Int out;
  if (!__builtin_add_overflow(a, b, &out)) return out;
  return a < 0 ? smallest : largest;
}
Int minus(Int a, Int b) {
  Int out;
  if (!__builtin_sub_overflow(a, b, &out)) return out;
  return a < 0 ? smallest : largest;
}
Int times(Int a, Int b) {
  Int out;
  if (!__builtin_mul_overflow(a, b, &out)) return out;
  return (a < 0) == (b < 0) ? largest : smallest;
}
Int over(Int a, Int b) {
  if (b == 0) return largest;
  if (a == smallest && b == -1) return largest;
  return a / b;
}
Int modulo(Int a, Int b) { return b == 0 || b == -1 ? 0 : a % b; }
Int both_bits(Int a, Int b) { return a & b; }
Int either_bits(Int a, Int b) { return a | b; }
Int differing_bits(Int a, Int b) { return a ^ b; }

template <Int (*operation)(Int, Int)>
std::optional<Int> with(Int in, const NumberOrVariable& other, const Scope& scope, Arena& arena) {
  const std::optional<Int> value = other.value(scope.variables, arena);
  if (!value) return std::nullopt;
  return operation(in, *value);
}

Int negated(Int in) { return in == smallest ? largest : -in; }
Int complement(Int in) { return ~in; }
bool is_odd(Int in) { return (in & 1) != 0; }
bool is_even(Int in) { return (in & 1) == 0; }
bool is_true(Int in) { return in != 0; }
bool is_false(Int in) { return in == 0; }

const Add add_entry{Converter{.name = "add", .args = {"value"}, .run = typed<with<plus>>,
                              .doc = "The sum with a number or a variable; stops at the ends of the 64-bit range.",
                              .examples = {{"int(2),add(3)", "5"}, {"int(9223372036854775807),add(1)", "9223372036854775807"}}}};
const Add sub_entry{Converter{.name = "sub", .args = {"value"}, .run = typed<with<minus>>,
                              .doc = "The difference to a number or a variable.", .examples = {{"int(2),sub(3)", "-1"}}}};
const Add mul_entry{Converter{.name = "mul", .args = {"value"}, .run = typed<with<times>>,
                              .doc = "The product with a number or a variable; stops at the ends of the 64-bit range.",
                              .examples = {{"int(6),mul(7)", "42"}, {"int(9223372036854775807),mul(-2)", "-9223372036854775808"}}}};
const Add div_entry{Converter{.name = "div", .args = {"value"}, .run = typed<with<over>>,
                              .doc = "The quotient by a number or a variable; the largest number if that is 0.",
                              .examples = {{"int(7),div(2)", "3"}, {"int(5),div(0)", "9223372036854775807"}}}};
const Add mod_entry{Converter{.name = "mod", .args = {"value"}, .run = typed<with<modulo>>,
                              .doc = "The remainder by a number or a variable; 0 if that is 0.",
                              .examples = {{"int(7),mod(4)", "3"}, {"int(7),mod(0)", "0"}}}};
const Add and_entry{Converter{.name = "and", .args = {"value"}, .run = typed<with<both_bits>>,
                              .doc = "The bits set in both.", .examples = {{"int(6),and(3)", "2"}}}};
const Add or_entry{Converter{.name = "or", .args = {"value"}, .run = typed<with<either_bits>>,
                             .doc = "The bits set in either.", .examples = {{"int(6),or(3)", "7"}}}};
const Add xor_entry{Converter{.name = "xor", .args = {"value"}, .run = typed<with<differing_bits>>,
                              .doc = "The bits set in one only.", .examples = {{"int(6),xor(3)", "5"}}}};
const Add neg_entry{Converter{.name = "neg", .run = typed<negated>, .doc = "The opposite number.",
                              .examples = {{"int(5),neg", "-5"}}}};
const Add cpl_entry{Converter{.name = "cpl", .run = typed<complement>, .doc = "All bits flipped.",
                              .examples = {{"int(0),cpl", "-1"}}}};
const Add odd_entry{Converter{.name = "odd", .run = typed<is_odd>, .doc = "True for odd numbers.",
                              .examples = {{"int(3),odd", "1"}, {"int(4),odd", "0"}}}};
const Add even_entry{Converter{.name = "even", .run = typed<is_even>, .doc = "True for even numbers.",
                               .examples = {{"int(4),even", "1"}}}};
const Add bool_entry{Converter{.name = "bool", .run = typed<is_true>, .doc = "False for 0, true for all else.",
                               .examples = {{"int(2),bool", "1"}, {"int(0),bool", "0"}}}};
const Add not_entry{Converter{.name = "not", .run = typed<is_false>, .doc = "True for 0, false for all else.",
                              .examples = {{"int(2),not", "0"}, {"int(0),not", "1"}}}};

}  // namespace
}  // namespace sluice::expr
