// map_<match>[_<out>] (manual 7.3.1): the input is looked up in a file of keys and values. One converter for each way to
// compare and each type of value; all are made here from two lists.
#include <fmt/format.h>

#include "base/text.hpp"
#include "expr/entries.hpp"
#include "expr/pattern_store.hpp"

namespace sluice::expr {

enum class Out : std::uint8_t { str, integer, address, key, groups };
enum class By : std::uint8_t { str, beg, dir, dom, end, sub, reg, regm, integer, ip };

namespace {
constexpr std::string_view match_of(By by) {
  constexpr std::array<std::string_view, 10> names = {"str", "beg", "dir", "dom", "end", "sub", "reg", "regm", "int", "ip"};
  return names[static_cast<std::size_t>(by)];
}

// The sample a value stands for. Read anew at each look-up, as it may have been changed; wrong ones never get in.
std::optional<Sample> value_of(std::string_view text, Out out) {
  if (out == Out::integer) {
    const auto number = parse_int(text);
    if (!number) return std::nullopt;
    return Sample::integer(*number);
  }
  if (out == Out::address) {
    if (const auto v4 = parse_ipv4(text)) return Sample::address(*v4);
    if (const auto v6 = parse_ipv6(text)) return Sample::address(*v6);
    return std::nullopt;
  }
  return Sample::text(text);
}
}  // namespace

template <Out out>
std::optional<std::string> wrong_value(std::string_view text) {
  if (value_of(text, out)) return std::nullopt;
  return fmt::format("'{}' is not {}", text, out == Out::integer ? "an integer" : "an address");
}

template <By by, Out out>
struct Map {
  PatternUse keys;
};
// What is returned when no key matches, of the map's type of values.
template <Out out>
struct Fallback {
  std::string text;
  Sample sample() const { return *value_of(text, out); }
};

}  // namespace sluice::expr

namespace sluice::catalog {
template <expr::By by, expr::Out out>
struct Argument<expr::Map<by, out>> {
  static constexpr std::string_view name = "string";
  static std::expected<expr::Map<by, out>, std::string> read(std::string_view text, expr::Compiler& compiler) {
    const auto file = compiler.files->open(text, compiler.path(text), expr::PatternFiles::Columns::two);
    if (!file) return std::unexpected(file.error());
    const expr::Match* const match = entries<expr::Match>().find(expr::match_of(by));
    constexpr bool any_text = out != expr::Out::integer && out != expr::Out::address;
    auto keys = expr::PatternUse::make(*file, *match, {}, any_text ? nullptr : expr::wrong_value<out>);
    if (!keys) return std::unexpected(fmt::format("{} at line {} of file '{}'", keys.error().text, keys.error().line, text));
    const config::Place place = compiler.line ? compiler.line->place() : config::Place{};
    (*file)->note_map(place.file, place.line);
    return expr::Map<by, out>{std::move(*keys)};
  }
};
template <expr::Out out>
struct Argument<expr::Fallback<out>> {
  static constexpr std::string_view name = out == expr::Out::integer ? "integer" : "string";
  static std::expected<expr::Fallback<out>, std::string> read(std::string_view text) {
    if (!expr::value_of(text, out)) return std::unexpected(fmt::format("'{}' is not {}", text, out == expr::Out::integer ? "an integer" : "an address"));
    return expr::Fallback<out>{std::string(text)};
  }
};
}  // namespace sluice::catalog

namespace sluice::expr {
namespace {

// What is found is copied: it may be changed as soon as nobody reads it.
template <By by, Out out>
Sample look(Sample in, const Scope& scope, const Map<by, out>& map, const std::optional<Fallback<out>>& fallback) {
  const ReadSection section;
  const PatternUse::Hit found = map.keys.find(in, scope);
  if (!found) return fallback ? fallback->sample() : Sample{};
  const std::string_view value = found.entry->value();
  if constexpr (out == Out::groups) {
    const auto groups = found.regex()->find(in.view());
    if (groups) return Sample::text(Regex::expand(value, in.view(), *groups, *scope.arena));
  }
  if constexpr (out == Out::integer || out == Out::address) return value_of(value, out).value_or(Sample{});
  else return Sample::text(scope.arena->copy(value));
}
template <By by>
Sample look_key(Sample in, const Scope& scope, const Map<by, Out::key>& map) {
  const ReadSection section;
  const PatternUse::Hit found = map.keys.find(in, scope);
  return found ? Sample::text(scope.arena->copy(found.entry->text())) : Sample{};
}

constexpr Type input_of(By by) { return by == By::integer ? Type::sint : by == By::ip ? Type::address : Type::str; }

template <By by, Out out>
constexpr Converter entry(std::string_view name, std::string_view doc, const catalog::Examples& examples) {
  return Converter{.name = name, .args = {"map_name", "default_value"}, .run = catalog::typed<look<by, out>>, .in = input_of(by),
                   .out = out == Out::integer ? Type::sint : out == Out::address ? Type::address : Type::str, .doc = doc,
                   .examples = examples};
}
template <By by>
constexpr Converter key_entry(std::string_view name, const catalog::Examples& examples) {
  return Converter{.name = name, .args = {"map_name"}, .run = catalog::typed<look_key<by>>, .in = input_of(by), .out = Type::str,
                   .doc = "The key of the map that matches.", .examples = examples};
}
constexpr std::string_view text_doc = "The value of the key that matches, or {default_value}.";
constexpr std::string_view integer_doc = "The value of the key that matches, an integer, or {default_value}.";
constexpr std::string_view address_doc = "The value of the key that matches, an address, or {default_value}.";

const catalog::Add map{entry<By::str, Out::str>("map", text_doc,
    {{"str(www),map(examples/maps/words.map)", "first"}, {"str(other),map(examples/maps/words.map)", catalog::undefined}, {"str(other),map(examples/maps/words.map,none)", "none"}})};
const catalog::Add map_str{entry<By::str, Out::str>("map_str", text_doc,
    {{"str(www),map_str(examples/maps/words.map)", "first"}, {"str(other),map_str(examples/maps/words.map)", catalog::undefined}, {"str(other),map_str(examples/maps/words.map,none)", "none"}})};
const catalog::Add map_str_int{entry<By::str, Out::integer>("map_str_int", integer_doc,
    {{"str(www),map_str_int(examples/maps/numbers.map)", "1"}, {"str(other),map_str_int(examples/maps/numbers.map,-1)", "-1"}})};
const catalog::Add map_str_ip{entry<By::str, Out::address>("map_str_ip", address_doc,
    {{"str(www),map_str_ip(examples/maps/addresses.map)", "192.0.2.1"}, {"str(other),map_str_ip(examples/maps/addresses.map,192.0.2.99)", "192.0.2.99"}})};
const catalog::Add map_str_key{key_entry<By::str>("map_str_key",
    {{"str(www),map_str_key(examples/maps/words.map)", "www"}, {"str(other),map_str_key(examples/maps/words.map)", catalog::undefined}})};
const catalog::Add map_beg{entry<By::beg, Out::str>("map_beg", text_doc,
    {{"str(www.example.com),map_beg(examples/maps/words.map)", "first"}, {"str(other),map_beg(examples/maps/words.map)", catalog::undefined}, {"str(other),map_beg(examples/maps/words.map,none)", "none"}})};
const catalog::Add map_beg_int{entry<By::beg, Out::integer>("map_beg_int", integer_doc,
    {{"str(www.example.com),map_beg_int(examples/maps/numbers.map)", "1"}, {"str(other),map_beg_int(examples/maps/numbers.map,-1)", "-1"}})};
const catalog::Add map_beg_ip{entry<By::beg, Out::address>("map_beg_ip", address_doc,
    {{"str(www.example.com),map_beg_ip(examples/maps/addresses.map)", "192.0.2.1"}, {"str(other),map_beg_ip(examples/maps/addresses.map,192.0.2.99)", "192.0.2.99"}})};
const catalog::Add map_beg_key{key_entry<By::beg>("map_beg_key",
    {{"str(www.example.com),map_beg_key(examples/maps/words.map)", "www"}, {"str(other),map_beg_key(examples/maps/words.map)", catalog::undefined}})};
const catalog::Add map_dir{entry<By::dir, Out::str>("map_dir", text_doc,
    {{"str(/a/www/b),map_dir(examples/maps/words.map)", "first"}, {"str(other),map_dir(examples/maps/words.map)", catalog::undefined}, {"str(other),map_dir(examples/maps/words.map,none)", "none"}})};
const catalog::Add map_dir_int{entry<By::dir, Out::integer>("map_dir_int", integer_doc,
    {{"str(/a/www/b),map_dir_int(examples/maps/numbers.map)", "1"}, {"str(other),map_dir_int(examples/maps/numbers.map,-1)", "-1"}})};
const catalog::Add map_dir_ip{entry<By::dir, Out::address>("map_dir_ip", address_doc,
    {{"str(/a/www/b),map_dir_ip(examples/maps/addresses.map)", "192.0.2.1"}, {"str(other),map_dir_ip(examples/maps/addresses.map,192.0.2.99)", "192.0.2.99"}})};
const catalog::Add map_dir_key{key_entry<By::dir>("map_dir_key",
    {{"str(/a/www/b),map_dir_key(examples/maps/words.map)", "www"}, {"str(other),map_dir_key(examples/maps/words.map)", catalog::undefined}})};
const catalog::Add map_dom{entry<By::dom, Out::str>("map_dom", text_doc,
    {{"str(www.example.com),map_dom(examples/maps/words.map)", "first"}, {"str(other),map_dom(examples/maps/words.map)", catalog::undefined}, {"str(other),map_dom(examples/maps/words.map,none)", "none"}})};
const catalog::Add map_dom_int{entry<By::dom, Out::integer>("map_dom_int", integer_doc,
    {{"str(www.example.com),map_dom_int(examples/maps/numbers.map)", "1"}, {"str(other),map_dom_int(examples/maps/numbers.map,-1)", "-1"}})};
const catalog::Add map_dom_ip{entry<By::dom, Out::address>("map_dom_ip", address_doc,
    {{"str(www.example.com),map_dom_ip(examples/maps/addresses.map)", "192.0.2.1"}, {"str(other),map_dom_ip(examples/maps/addresses.map,192.0.2.99)", "192.0.2.99"}})};
const catalog::Add map_dom_key{key_entry<By::dom>("map_dom_key",
    {{"str(www.example.com),map_dom_key(examples/maps/words.map)", "www"}, {"str(other),map_dom_key(examples/maps/words.map)", catalog::undefined}})};
const catalog::Add map_end{entry<By::end, Out::str>("map_end", text_doc,
    {{"str(my-www),map_end(examples/maps/words.map)", "first"}, {"str(other),map_end(examples/maps/words.map)", catalog::undefined}, {"str(other),map_end(examples/maps/words.map,none)", "none"}})};
const catalog::Add map_end_int{entry<By::end, Out::integer>("map_end_int", integer_doc,
    {{"str(my-www),map_end_int(examples/maps/numbers.map)", "1"}, {"str(other),map_end_int(examples/maps/numbers.map,-1)", "-1"}})};
const catalog::Add map_end_ip{entry<By::end, Out::address>("map_end_ip", address_doc,
    {{"str(my-www),map_end_ip(examples/maps/addresses.map)", "192.0.2.1"}, {"str(other),map_end_ip(examples/maps/addresses.map,192.0.2.99)", "192.0.2.99"}})};
const catalog::Add map_end_key{key_entry<By::end>("map_end_key",
    {{"str(my-www),map_end_key(examples/maps/words.map)", "www"}, {"str(other),map_end_key(examples/maps/words.map)", catalog::undefined}})};
const catalog::Add map_sub{entry<By::sub, Out::str>("map_sub", text_doc,
    {{"str(a-www-b),map_sub(examples/maps/words.map)", "first"}, {"str(other),map_sub(examples/maps/words.map)", catalog::undefined}, {"str(other),map_sub(examples/maps/words.map,none)", "none"}})};
const catalog::Add map_sub_int{entry<By::sub, Out::integer>("map_sub_int", integer_doc,
    {{"str(a-www-b),map_sub_int(examples/maps/numbers.map)", "1"}, {"str(other),map_sub_int(examples/maps/numbers.map,-1)", "-1"}})};
const catalog::Add map_sub_ip{entry<By::sub, Out::address>("map_sub_ip", address_doc,
    {{"str(a-www-b),map_sub_ip(examples/maps/addresses.map)", "192.0.2.1"}, {"str(other),map_sub_ip(examples/maps/addresses.map,192.0.2.99)", "192.0.2.99"}})};
const catalog::Add map_sub_key{key_entry<By::sub>("map_sub_key",
    {{"str(a-www-b),map_sub_key(examples/maps/words.map)", "www"}, {"str(other),map_sub_key(examples/maps/words.map)", catalog::undefined}})};
const catalog::Add map_reg{entry<By::reg, Out::str>("map_reg", text_doc,
    {{"str(www),map_reg(examples/maps/words.map)", "first"}, {"str(other),map_reg(examples/maps/words.map)", catalog::undefined}, {"str(other),map_reg(examples/maps/words.map,none)", "none"}})};
const catalog::Add map_reg_int{entry<By::reg, Out::integer>("map_reg_int", integer_doc,
    {{"str(www),map_reg_int(examples/maps/numbers.map)", "1"}, {"str(other),map_reg_int(examples/maps/numbers.map,-1)", "-1"}})};
const catalog::Add map_reg_ip{entry<By::reg, Out::address>("map_reg_ip", address_doc,
    {{"str(www),map_reg_ip(examples/maps/addresses.map)", "192.0.2.1"}, {"str(other),map_reg_ip(examples/maps/addresses.map,192.0.2.99)", "192.0.2.99"}})};
const catalog::Add map_reg_key{key_entry<By::reg>("map_reg_key",
    {{"str(www),map_reg_key(examples/maps/words.map)", "www"}, {"str(other),map_reg_key(examples/maps/words.map)", catalog::undefined}})};
const catalog::Add map_regm{entry<By::regm, Out::groups>("map_regm", "As map_reg; \\1 to \\9 in the value are groups of the match.",
    {{"str(wxw),map_regm(examples/maps/words.map)", "<x>"}, {"str(other),map_regm(examples/maps/words.map)", catalog::undefined}})};
const catalog::Add map_int{entry<By::integer, Out::str>("map_int", text_doc,
    {{"int(80),map_int(examples/maps/ports.map)", "plain"}, {"int(81),map_int(examples/maps/ports.map)", catalog::undefined}, {"int(81),map_int(examples/maps/ports.map,none)", "none"}})};
const catalog::Add map_int_int{entry<By::integer, Out::integer>("map_int_int", integer_doc,
    {{"int(80),map_int_int(examples/maps/port-numbers.map)", "8080"}, {"int(81),map_int_int(examples/maps/port-numbers.map,-1)", "-1"}})};
const catalog::Add map_int_ip{entry<By::integer, Out::address>("map_int_ip", address_doc,
    {{"int(80),map_int_ip(examples/maps/port-addresses.map)", "192.0.2.80"}, {"int(81),map_int_ip(examples/maps/port-addresses.map,192.0.2.99)", "192.0.2.99"}})};
const catalog::Add map_int_key{key_entry<By::integer>("map_int_key",
    {{"int(80),map_int_key(examples/maps/ports.map)", "80"}, {"int(81),map_int_key(examples/maps/ports.map)", catalog::undefined}})};
const catalog::Add map_ip{entry<By::ip, Out::str>("map_ip", text_doc,
    {{"str(192.0.2.7),map_ip(examples/maps/networks.map)", "near"}, {"str(10.9.9.9),map_ip(examples/maps/networks.map)", catalog::undefined}, {"str(10.9.9.9),map_ip(examples/maps/networks.map,none)", "none"}})};
const catalog::Add map_ip_int{entry<By::ip, Out::integer>("map_ip_int", integer_doc,
    {{"str(192.0.2.7),map_ip_int(examples/maps/network-numbers.map)", "7"}, {"str(10.9.9.9),map_ip_int(examples/maps/network-numbers.map,-1)", "-1"}})};
const catalog::Add map_ip_ip{entry<By::ip, Out::address>("map_ip_ip", address_doc,
    {{"str(192.0.2.7),map_ip_ip(examples/maps/network-addresses.map)", "10.0.0.1"}, {"str(10.9.9.9),map_ip_ip(examples/maps/network-addresses.map,192.0.2.99)", "192.0.2.99"}})};
const catalog::Add map_ip_key{key_entry<By::ip>("map_ip_key",
    {{"str(192.0.2.7),map_ip_key(examples/maps/networks.map)", "192.0.2.0/24"}, {"str(10.9.9.9),map_ip_key(examples/maps/networks.map)", catalog::undefined}})};

}  // namespace
}  // namespace sluice::expr
