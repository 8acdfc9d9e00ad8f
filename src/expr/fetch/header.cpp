// Header fields of either message (manual 7.3.6). req.hdr and res.hdr see the elements of comma-separated lists, the
// *.fhdr fetches whole values. Without an occurrence number, or with 0, the last one is taken, and ACLs look at all of them.
#include <algorithm>
#include <climits>

#include "expr/arguments.hpp"
#include "expr/entries.hpp"
#include "expr/fetch/value.hpp"
#include "http/message.hpp"

namespace sluice::expr {
namespace {
using catalog::typed;
using catalog::undefined;
using http::Fields;
using http::Request;
using http::Response;

using Name = std::optional<HeaderArg>;
using Occurrence = std::optional<Int>;

const Fields* fields_of(const Scope& scope) {
  if (scope.direction == Direction::response) return scope.response ? &scope.response->fields : nullptr;
  return scope.request ? &scope.request->fields : nullptr;
}

bool is_given(Occurrence which) { return which.value_or(0) != 0; }
int place_of(Occurrence which) { return is_given(which) ? static_cast<int>(std::clamp<Int>(*which, -INT_MAX, INT_MAX)) : -1; }

std::optional<std::string_view> element(const Fields& fields, const Name& name, Occurrence which) {
  if (!name) return std::nullopt;
  return fields.element(name->name(), place_of(which));
}
std::optional<std::string_view> whole(const Fields& fields, const Name& name, Occurrence which) {
  if (!name) return std::nullopt;
  return fields.value(name->name(), place_of(which));
}
bool each_element(Visit visit, const Fields& fields, const Name& name, Occurrence which) {
  if (!name) return false;
  if (is_given(which)) {
    const auto one = element(fields, name, which);
    return one && visit(Sample::text(*one));
  }
  http::Elements elements(fields, name->name());
  while (const auto one = elements.next())
    if (visit(Sample::text(*one))) return true;
  return false;
}
bool each_whole(Visit visit, const Fields& fields, const Name& name, Occurrence which) {
  if (!name) return false;
  if (is_given(which)) {
    const auto one = whole(fields, name, which);
    return one && visit(Sample::text(*one));
  }
  const http::HeaderName wanted = name->name();
  for (std::size_t i = 0; const http::Field* field = fields.find(wanted, i); i = static_cast<std::size_t>(field - fields.begin()) + 1)
    if (visit(Sample::text(field->value()))) return true;
  return false;
}
Int count_elements(const Fields& fields, const Name& name) {
  if (name) return static_cast<Int>(fields.count_elements(name->name()));
  std::size_t all = 0;
  for (const http::Field& field : fields) {
    http::ElementList list(field.value());
    while (list.next()) ++all;
  }
  return static_cast<Int>(all);
}
Int count_whole(const Fields& fields, const Name& name) {
  return static_cast<Int>(name ? fields.count(name->name()) : fields.size());
}

// "192.0.2.1", "192.0.2.1:80", "[2001:db8::1]", "[2001:db8::1]:80" (RFC 7239, section 6), "2001:db8::1"; nothing else.
Sample address_in(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == text.npos) return {};
    const std::string_view rest = text.substr(end + 1);
    if (!rest.empty() && (rest[0] != ':' || !http::parse_port(rest.substr(1)))) return {};
    const auto v6 = parse_ipv6(text.substr(1, end - 1));
    return v6 ? Sample::address(*v6) : Sample{};
  }
  if (const auto v6 = parse_ipv6(text)) return Sample::address(*v6);
  const std::size_t colon = text.find(':');
  if (colon != text.npos && !http::parse_port(text.substr(colon + 1))) return {};
  const auto v4 = parse_ipv4(text.substr(0, colon));
  return v4 ? Sample::address(*v4) : Sample{};
}
Sample ip(const Fields& fields, const Name& name, Occurrence which) {
  const auto text = element(fields, name, which);
  return text ? address_in(*text) : Sample{};
}
bool each_ip(Visit visit, const Fields& fields, const Name& name, Occurrence which) {
  return each_element({[](void* outer, const Sample& sample) {
                         const Sample found = address_in(sample.view());
                         return found && (*static_cast<const Visit*>(outer))(found);
                       },
                       &visit},
                      fields, name, which);
}
Sample number(const Fields& fields, const Name& name, Occurrence which, Arena& arena) {
  const auto text = element(fields, name, which);
  return text ? value_of(*text, arena) : Sample{};
}

std::string_view names(const Fields& fields, std::optional<std::string_view> delimiter, Arena& arena) {
  const std::string_view between = delimiter.value_or(",").substr(0, 1);
  std::size_t size = 0;
  for (const http::Field& field : fields) size += field.name().size() + between.size();
  char* const start = arena.allocate(size ? size : 1);
  char* at = start;
  for (const http::Field& field : fields) {
    if (at != start && !between.empty()) *at++ = between[0];
    for (const char c : field.name()) *at++ = to_lower(c);
  }
  return {start, static_cast<std::size_t>(at - start)};
}
Binary all_text(const Fields& fields, Arena& arena) {
  std::size_t size = 2;
  for (const http::Field& field : fields) size += field.name().size() + field.value().size() + 4;
  char* const start = arena.allocate(size);
  char* at = start;
  const auto put = [&](std::string_view text) {
    if (!text.empty()) std::memcpy(at, text.data(), text.size());
    at += text.size();
  };
  for (const http::Field& field : fields) {
    for (const char c : field.name()) *at++ = to_lower(c);
    put(": ");
    put(field.value());
    put("\r\n");
  }
  put("\r\n");
  return {{start, size}};
}
// Variable-length integers as SPOE has them: lengths before names and values, two zero lengths at the end.
Binary all_binary(const Fields& fields, Arena& arena) {
  std::size_t size = 2;
  for (const http::Field& field : fields) size += field.name().size() + field.value().size() + 20;
  char* const start = arena.allocate(size);
  char* at = start;
  const auto put_size = [&](std::uint64_t value) {
    if (value < 240) {
      *at++ = static_cast<char>(value);
      return;
    }
    *at++ = static_cast<char>(value | 240);
    value = (value - 240) >> 4;
    while (value >= 128) {
      *at++ = static_cast<char>(value | 128);
      value = (value - 128) >> 7;
    }
    *at++ = static_cast<char>(value);
  };
  for (const http::Field& field : fields) {
    put_size(field.name().size());
    for (const char c : field.name()) *at++ = to_lower(c);
    put_size(field.value().size());
    if (!field.value().empty()) std::memcpy(at, field.value().data(), field.value().size());
    at += field.value().size();
  }
  *at++ = 0;
  *at++ = 0;
  arena.shrink(start, size, static_cast<std::size_t>(at - start));
  return {{start, static_cast<std::size_t>(at - start)}};
}

// The same handlers for requests, for responses, and for whichever the rules look at.
template <class Message>
struct Of {
  static std::optional<std::string_view> hdr(const Message& m, const Name& n, Occurrence o) { return element(m.fields, n, o); }
  static bool hdr_all(Visit v, const Message& m, const Name& n, Occurrence o) { return each_element(v, m.fields, n, o); }
  static std::optional<std::string_view> fhdr(const Message& m, const Name& n, Occurrence o) { return whole(m.fields, n, o); }
  static bool fhdr_all(Visit v, const Message& m, const Name& n, Occurrence o) { return each_whole(v, m.fields, n, o); }
  static Int hdr_cnt(const Message& m, const Name& n) { return count_elements(m.fields, n); }
  static Int fhdr_cnt(const Message& m, const Name& n) { return count_whole(m.fields, n); }
  static Sample hdr_ip(const Message& m, const Name& n, Occurrence o) { return ip(m.fields, n, o); }
  static bool hdr_ip_all(Visit v, const Message& m, const Name& n, Occurrence o) { return each_ip(v, m.fields, n, o); }
  static Sample hdr_val(const Message& m, const Name& n, Occurrence o, Arena& a) { return number(m.fields, n, o, a); }
  static std::string_view hdr_names(const Message& m, std::optional<std::string_view> d, Arena& a) { return names(m.fields, d, a); }
  static Binary hdrs(const Message& m, Arena& a) { return all_text(m.fields, a); }
  static Binary hdrs_bin(const Message& m, Arena& a) { return all_binary(m.fields, a); }
};
using Req = Of<Request>;
using Res = Of<Response>;
std::optional<std::string_view> hdr(const Scope& scope, const Name& name, Occurrence which) {
  const Fields* const fields = fields_of(scope);
  return fields ? element(*fields, name, which) : std::nullopt;
}
bool hdr_all(Visit visit, const Scope& scope, const Name& name, Occurrence which) {
  const Fields* const fields = fields_of(scope);
  return fields && each_element(visit, *fields, name, which);
}

const catalog::Add a{Fetch{.name = "req.hdr", .args = {"name", "occ"}, .run = all_of<Req::hdr, Req::hdr_all>,
    .doc = "An element of request header {name}: the last, or the {occ}th; negative numbers count from the end.",
    .examples = {{"req.hdr(x-list)", "three"}, {"req.hdr(x-list,1)", "one"}, {"req.hdr(x-list,-2)", "two"}, {"req.hdr(x-none)", undefined}}}};
const catalog::Add b{Fetch{.name = "hdr", .args = {"name", "occ"}, .run = all_of<hdr, hdr_all>, .origin = Origin::either,
    .doc = "req.hdr in rules for requests, res.hdr in rules for responses.", .examples = {{"hdr(x-list,2)", "two"}}}};
const catalog::Add c{Fetch{.name = "req.fhdr", .args = {"name", "occ"}, .run = all_of<Req::fhdr, Req::fhdr_all>,
    .doc = "A whole value of request header {name}, commas included.", .examples = {{"req.fhdr(x-list,1)", "one, two"}}}};
const catalog::Add d{Fetch{.name = "req.hdr_cnt", .args = {"name"}, .run = typed<Req::hdr_cnt>,
    .doc = "How many elements request header {name} has.", .examples = {{"req.hdr_cnt(x-list)", "3"}}}};
const catalog::Add e{Fetch{.name = "hdr_cnt", .args = {"name"}, .run = typed<Req::hdr_cnt>, .doc = "Old name of req.hdr_cnt.",
    .examples = {{"hdr_cnt(host)", "1"}}}};
const catalog::Add f{Fetch{.name = "req.fhdr_cnt", .args = {"name"}, .run = typed<Req::fhdr_cnt>,
    .doc = "How often request header {name} stands there.", .examples = {{"req.fhdr_cnt(x-list)", "2"}}}};
const catalog::Add g{Fetch{.name = "req.hdr_ip", .args = {"name", "occ"}, .run = all_of<Req::hdr_ip, Req::hdr_ip_all>, .out = Type::address,
    .doc = "An element of request header {name} as an address.", .examples = {{"req.hdr_ip(x-forwarded-for)", "203.0.113.9"}}}};
const catalog::Add h{Fetch{.name = "hdr_ip", .args = {"name", "occ"}, .run = all_of<Req::hdr_ip, Req::hdr_ip_all>, .out = Type::address,
    .doc = "Old name of req.hdr_ip.", .examples = {{"hdr_ip(host)", undefined}}}};
const catalog::Add i{Fetch{.name = "req.hdr_val", .args = {"name", "occ"}, .run = typed<Req::hdr_val>, .out = Type::sint,
    .doc = "An element of request header {name} as an integer.", .examples = {{"req.hdr_val(x-n)", "42"}}}};
const catalog::Add j{Fetch{.name = "hdr_val", .args = {"name", "occ"}, .run = typed<Req::hdr_val>, .out = Type::sint,
    .doc = "Old name of req.hdr_val.", .examples = {{"hdr_val(x-n)", "42"}}}};
const catalog::Add k{Fetch{.name = "req.hdr_names", .args = {"delim"}, .run = typed<Req::hdr_names>,
    .doc = "The names of all request headers with {delim} (a comma) between.", .examples = {{"req.hdr_names(:),field(1,:)", "host"}}}};
const catalog::Add l{Fetch{.name = "req.hdrs", .run = typed<Req::hdrs>, .doc = "All request headers as in HTTP/1, the empty line included.",
    .examples = {{"req.hdrs,word(1,\":\")", "host"}}}};
const catalog::Add m{Fetch{.name = "req.hdrs_bin", .run = typed<Req::hdrs_bin>,
    .doc = "All request headers as length-prefixed names and values.", .examples = {{"req.hdrs_bin,bytes(1,4)", "host"}}}};
const catalog::Add n{Fetch{.name = "res.hdr", .args = {"name", "occ"}, .run = all_of<Res::hdr, Res::hdr_all>,
    .doc = "An element of response header {name}.", .examples = {{"res.hdr(server)", "test"}}}};
const catalog::Add o{Fetch{.name = "res.fhdr", .args = {"name", "occ"}, .run = all_of<Res::fhdr, Res::fhdr_all>,
    .doc = "A whole value of response header {name}.", .examples = {{"res.fhdr(server)", "test"}}}};
const catalog::Add p{Fetch{.name = "shdr", .args = {"name", "occ"}, .run = all_of<Res::hdr, Res::hdr_all>, .doc = "Old name of res.hdr.",
    .examples = {{"shdr(server)", "test"}}}};
const catalog::Add q{Fetch{.name = "res.hdr_cnt", .args = {"name"}, .run = typed<Res::hdr_cnt>,
    .doc = "How many elements response header {name} has.", .examples = {{"res.hdr_cnt(server)", "1"}}}};
const catalog::Add r{Fetch{.name = "shdr_cnt", .args = {"name"}, .run = typed<Res::hdr_cnt>, .doc = "Old name of res.hdr_cnt.",
    .examples = {{"shdr_cnt(server)", "1"}}}};
const catalog::Add s{Fetch{.name = "res.fhdr_cnt", .args = {"name"}, .run = typed<Res::fhdr_cnt>,
    .doc = "How often response header {name} stands there.", .examples = {{"res.fhdr_cnt(server)", "1"}}}};
const catalog::Add t{Fetch{.name = "res.hdr_ip", .args = {"name", "occ"}, .run = all_of<Res::hdr_ip, Res::hdr_ip_all>, .out = Type::address,
    .doc = "An element of response header {name} as an address.", .examples = {{"res.hdr_ip(server)", undefined}}}};
const catalog::Add u{Fetch{.name = "shdr_ip", .args = {"name", "occ"}, .run = all_of<Res::hdr_ip, Res::hdr_ip_all>, .out = Type::address,
    .doc = "Old name of res.hdr_ip.", .examples = {{"shdr_ip(server)", undefined}}}};
const catalog::Add v{Fetch{.name = "res.hdr_val", .args = {"name", "occ"}, .run = typed<Res::hdr_val>, .out = Type::sint,
    .doc = "An element of response header {name} as an integer.", .examples = {{"res.hdr_val(content-length)", "5"}}}};
const catalog::Add w{Fetch{.name = "shdr_val", .args = {"name", "occ"}, .run = typed<Res::hdr_val>, .out = Type::sint,
    .doc = "Old name of res.hdr_val.", .examples = {{"shdr_val(content-length)", "5"}}}};
const catalog::Add x{Fetch{.name = "res.hdr_names", .args = {"delim"}, .run = typed<Res::hdr_names>,
    .doc = "The names of all response headers with {delim} (a comma) between.", .examples = {{"res.hdr_names,field(1,\",\")", "server"}}}};
const catalog::Add y{Fetch{.name = "res.hdrs", .run = typed<Res::hdrs>, .doc = "All response headers as in HTTP/1, the empty line included.",
    .examples = {{"res.hdrs,word(1,\":\")", "server"}}}};
const catalog::Add z{Fetch{.name = "res.hdrs_bin", .run = typed<Res::hdrs_bin>,
    .doc = "All response headers as length-prefixed names and values.", .examples = {{"res.hdrs_bin,bytes(1,6)", "server"}}}};
}  // namespace
}  // namespace sluice::expr
