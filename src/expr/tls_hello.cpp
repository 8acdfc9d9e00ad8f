#include "expr/tls_hello.hpp"

#include <cstring>

namespace sluice::expr {
namespace {

// Takes numbers and vectors from the front; once something is missing everything is.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : rest_(bytes) {}
  bool good() const { return good_; }
  bool empty() const { return rest_.empty(); }
  std::uint32_t number(std::size_t size) {
    std::uint32_t value = 0;
    for (const char c : take(size)) value = value << 8 | static_cast<unsigned char>(c);
    return value;
  }
  std::string_view take(std::size_t size) {
    if (size > rest_.size()) good_ = false;
    if (!good_) return {};
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  // With its size in so many bytes before it.
  std::string_view vector(std::size_t size_bytes) { return take(number(size_bytes)); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

constexpr unsigned char handshake = 22;
constexpr std::size_t record_head = 5;

void read_extension(std::uint32_t type, std::string_view body, TlsHello& hello) {
  Bytes bytes(body);
  switch (type) {
    case 0: {  // server_name: a list, of which names of type 0 are host names
      Bytes list(bytes.vector(2));
      while (list.good() && !list.empty()) {
        const std::uint32_t name_type = list.number(1);
        const std::string_view name = list.vector(2);
        if (list.good() && name_type == 0 && !hello.server_name) hello.server_name = name;
      }
      return;
    }
    case 10:
      hello.has_groups = true;
      hello.supported_groups = bytes.vector(2);
      return;
    case 13: hello.signature_algorithms = bytes.vector(2); return;
    case 16: hello.protocols = bytes.vector(2); return;
    case 35: hello.session_ticket = body; return;
    case 51: hello.key_shares = bytes.vector(2); return;
    default: return;
  }
}

bool read_client_hello(std::string_view body, TlsHello& hello) {
  Bytes bytes(body);
  hello.version = static_cast<std::uint16_t>(bytes.number(2));
  bytes.take(32);       // random
  bytes.vector(1);      // session id
  hello.ciphers = bytes.vector(2);
  bytes.vector(1);      // compression methods
  if (!bytes.good()) return false;
  if (bytes.empty()) return true;
  Bytes extensions(bytes.vector(2));
  while (bytes.good() && extensions.good() && !extensions.empty()) {
    const std::uint32_t type = extensions.number(2);
    const std::string_view extension = extensions.vector(2);
    if (extensions.good()) read_extension(type, extension, hello);
  }
  return bytes.good() && extensions.good();
}

unsigned char at(std::string_view bytes, std::size_t i) { return static_cast<unsigned char>(bytes[i]); }

}  // namespace

HelloState read_tls_hello(std::string_view bytes, HelloKind kind, TlsHello& hello) {
  if (bytes.empty()) return HelloState::incomplete;
  if (at(bytes, 0) != handshake) return HelloState::wrong;
  if (bytes.size() < record_head) return HelloState::incomplete;
  if (at(bytes, 1) != 3) return HelloState::wrong;
  const std::size_t size = static_cast<std::size_t>(at(bytes, 3)) << 8 | at(bytes, 4);
  if (size < 4) return HelloState::wrong;
  if (bytes.size() < record_head + 4) return HelloState::incomplete;
  if (at(bytes, record_head) != static_cast<unsigned char>(kind)) return HelloState::wrong;
  const std::size_t wanted = static_cast<std::size_t>(at(bytes, 6)) << 16 | static_cast<std::size_t>(at(bytes, 7)) << 8 | at(bytes, 8);
  // Only what fits the first record is looked at, which is what clients send.
  if (wanted + 4 > size) return HelloState::wrong;
  if (bytes.size() < record_head + 4 + wanted) return HelloState::incomplete;
  if (kind == HelloKind::server) return HelloState::complete;
  return read_client_hello(bytes.substr(record_head + 4, wanted), hello) ? HelloState::complete : HelloState::wrong;
}

std::optional<std::uint16_t> tls_version(std::string_view bytes) {
  if (bytes.size() < 11) return std::nullopt;
  if (at(bytes, 0) == handshake) {
    if (at(bytes, 1) < 3) return std::nullopt;
    // Of the client hello if it is one, else of the record.
    const std::size_t from = at(bytes, record_head) == 1 ? 9 : 1;
    return static_cast<std::uint16_t>(at(bytes, from) << 8 | at(bytes, from + 1));
  }
  // SSLv2: two bytes of length with the highest bit set, type 1, version.
  if ((at(bytes, 0) & 0x80) && at(bytes, 2) == 1) return static_cast<std::uint16_t>(at(bytes, 3) << 8 | at(bytes, 4));
  return std::nullopt;
}

}  // namespace sluice::expr
