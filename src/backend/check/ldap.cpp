// option ldap-check: an anonymous simple bind of LDAPv3, which must succeed (RFC 4511 section 4.2).
#include "backend/check.hpp"
#include "backend/check_builder.hpp"
#include "catalog/add.hpp"

namespace sluice::backend {
namespace {

constexpr std::string_view bind_request{"\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00", 14};

unsigned byte(std::string_view bytes, std::size_t at) { return static_cast<unsigned char>(bytes[at]); }

// The size of what follows a BER length at `at`, which moves behind it; nothing: not one of at most four bytes.
std::optional<std::size_t> read_length(std::string_view bytes, std::size_t& at) {
  if (at >= bytes.size()) return std::nullopt;
  const unsigned first = byte(bytes, at++);
  if (first < 0x80) return first;
  const std::size_t count = first & 0x7f;
  if (count == 0 || count > 4 || bytes.size() - at < count) return std::nullopt;
  std::size_t size = 0;
  for (std::size_t i = 0; i < count; ++i) size = size << 8 | byte(bytes, at++);
  return size;
}

// SEQUENCE { messageID INTEGER, [APPLICATION 1] { resultCode ENUMERATED, ... } }
Finding look(CheckRun& run) {
  const std::string_view bytes = run.input();
  constexpr std::size_t shortest = 14;
  const auto wrong = [] { return Finding::failed(CheckCode::L7RSP, "Not LDAPv3 protocol"); };
  if (byte(bytes, 0) != 0x30) return wrong();
  if (bytes.size() < shortest) return Finding::more();
  std::size_t at = 1;
  const auto size = read_length(bytes, at);
  if (!size) return wrong();
  if (bytes.size() - at < *size) return Finding::more();
  constexpr std::string_view id{"\x02\x01\x01", 3};
  if (bytes.substr(at, id.size()) != id) return wrong();
  at += id.size();
  if (at >= bytes.size() || byte(bytes, at++) != 0x61 || !read_length(bytes, at)) return wrong();
  constexpr std::string_view enumerated{"\x0a\x01", 2};
  if (bytes.substr(at, 2) != enumerated || at + 2 >= bytes.size()) return wrong();
  const unsigned code = byte(bytes, at + 2);
  if (code == 0) return Finding::passed("Success");
  return Finding::failed(CheckCode::L7STS, "See RFC: http://tools.ietf.org/html/rfc4511#section-4.1.9", static_cast<int>(code));
}

bool build(CheckBuilder& in, config::Line& line) {
  in.plan.success = CheckCode::L7OK;
  in.connect();
  in.send(std::string(bind_request));
  in.expect(look);
  return line.finish();
}

const catalog::Add entry{config::Keyword{.name = "option ldap-check", .sections = config::in::back_or_defaults, .parse = choose<build>,
    .doc = "Checks servers with an anonymous bind of LDAPv3."}};

}  // namespace
}  // namespace sluice::backend
