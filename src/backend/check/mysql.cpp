// option mysql-check: the server's greeting, and with a user a login without password and QUIT (MySQL client/server
// protocol: packets are a length of 3 bytes, little endian, a sequence number, and so many bytes).
#include "backend/check.hpp"
#include "backend/check_builder.hpp"
#include "base/text.hpp"
#include "catalog/add.hpp"

namespace sluice::backend {
namespace {

constexpr std::size_t head_size = 4;
constexpr unsigned char error_packet = 0xff;

std::size_t little_endian(std::string_view bytes, std::size_t at, std::size_t size) {
  std::size_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}
std::string as_little_endian(std::size_t value, std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(value >> 8 * i & 0xff);
  return bytes;
}
std::string packet(char sequence, std::string_view payload) {
  return as_little_endian(payload.size(), 3).append(1, sequence).append(payload);
}

// The payload of the packet at `at`; nothing if it is not whole.
std::optional<std::string_view> payload_at(std::string_view bytes, std::size_t at) {
  if (bytes.size() < at + head_size) return std::nullopt;
  const std::size_t size = little_endian(bytes, at, 3);
  if (size == 0 || bytes.size() - at - head_size < size) return std::nullopt;
  return bytes.substr(at + head_size, size);
}

// 0xff, a code of two bytes, and a text: since 4.1 with '#' and a state of five characters before it.
Finding error_of(std::string_view payload) {
  if (payload.size() < 3) return Finding::failed(CheckCode::L7RSP);
  return Finding::failed(CheckCode::L7STS, std::string(payload.substr(3)), static_cast<int>(little_endian(payload, 1, 2)));
}

// A protocol version, then the server's version as a text that ends with NUL.
std::optional<std::string> version_of(std::string_view payload) {
  const std::size_t end = payload.find('\0', 1);
  if (end == std::string_view::npos) return std::nullopt;
  return std::string(payload.substr(1, end - 1));
}

Finding look_at_greeting(CheckRun& run) {
  const auto payload = payload_at(run.input(), 0);
  if (!payload) return Finding::more();
  if (static_cast<unsigned char>(payload->front()) == error_packet) return error_of(*payload);
  auto version = version_of(*payload);
  return version ? Finding::passed(std::move(*version)) : Finding::failed(CheckCode::L7RSP);
}

Finding look_at_login(CheckRun& run) {
  const auto greeting = payload_at(run.input(), 0);
  const auto answer = greeting ? payload_at(run.input(), head_size + greeting->size()) : std::nullopt;
  if (!answer) return Finding::more();
  if (static_cast<unsigned char>(answer->front()) == error_packet) return error_of(*answer);
  return Finding::passed(version_of(*greeting).value_or(""));
}

constexpr std::uint32_t long_password = 0x1, protocol_41 = 0x200, secure_connection = 0x8000, plugin_auth = 0x80000;
constexpr std::uint32_t longest_packet = 0x01008000;
constexpr char utf8 = 33;

std::string login_41(std::string_view user, std::uint32_t capabilities, std::string_view plugin) {
  std::string payload = as_little_endian(capabilities, 4) + as_little_endian(longest_packet, 4) + utf8 + std::string(23, '\0');
  payload.append(user).append(2, '\0');  // the name's end, and a password of length 0
  if (!plugin.empty()) payload.append(plugin).append(1, '\0');
  return packet(1, payload);
}
std::string login_before_41(std::string_view user) {
  return packet(1, as_little_endian(secure_connection, 2) + as_little_endian(0x010000, 3) + std::string(user) + std::string(2, '\0'));
}

// option mysql-check [ user <username> [ { post-41 | pre-41 | post-80 } ] ]
bool build(CheckBuilder& in, config::Line& line) {
  in.plan.success = CheckCode::L7OK;
  in.first_number = 2;
  in.connect();
  if (!line.accept("user")) {
    in.expect(look_at_greeting);
    return line.finish();
  }
  const config::Word* const user = line.take("<username>");
  if (!user) return false;
  std::string login = login_41(user->text, protocol_41 | secure_connection, {});
  if (line.accept("pre-41")) {
    login = login_before_41(user->text);
  } else if (line.accept("post-80")) {
    login = login_41(user->text, long_password | protocol_41 | secure_connection | plugin_auth, "caching_sha2_password");
  } else {
    line.accept("post-41");
  }
  in.send(login + packet(0, "\x01"));
  in.expect(look_at_greeting);
  in.expect(look_at_login);
  return line.finish();
}

const catalog::Add entry{config::Keyword{.name = "option mysql-check", .args = "[ user <username> [ { post-41 | pre-41 | post-80 } ] ]",
    .sections = config::in::back_or_defaults, .parse = choose<build>,
    .doc = "Checks servers by the greeting of MySQL, and by a login without password if a user is given."}};

}  // namespace
}  // namespace sluice::backend
