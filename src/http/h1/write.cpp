#include "http/h1/write.hpp"

#include <charconv>

namespace sluice::http::h1 {
namespace {

// Chunked does not exist in HTTP/1.0, so what is chunked is sent as 1.1 whatever it came as (RFC 9112 6.1).
std::string_view written_version(Version version, const Framing& framing) {
  return version < http_1_1 && !framing.chunked ? "HTTP/1.0" : "HTTP/1.1";
}

// One bound check for all fields, then plain copies: this is on the path of every request twice.
char* put(char* to, std::string_view text) {
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

}  // namespace

Writer& Writer::number(std::uint64_t value) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
  return *this << std::string_view(digits, static_cast<std::size_t>(end - digits));
}

Writer& Writer::fields(const Fields& fields) {
  for (const Field& field : fields) {
    const std::string_view name = field.name();
    const std::string_view value = field.value();
    if (static_cast<std::size_t>(end_ - at_) < name.size() + value.size() + 4) [[unlikely]] return overflow();
    char* at = put(at_, name);
    *at++ = ':';
    *at++ = ' ';
    if (!value.empty()) at = put(at, value);
    *at++ = '\r';
    *at++ = '\n';
    at_ = at;
  }
  return *this;
}

void write_request_line(Writer& to, const Request& request) {
  to << request.method_text << ' ' << request.uri.text << ' ' << written_version(request.version, request.framing)
     << "\r\n";
}

void write_status_line(Writer& to, const Response& response) {
  to << written_version(response.version, response.framing) << ' ';
  to.number(response.status) << ' ' << response.reason << "\r\n";
}

std::size_t write_head(std::span<char> to, const Request& request) {
  Writer writer(to);
  write_request_line(writer, request);
  writer.fields(request.fields) << "\r\n";
  return writer.fits() ? writer.size() : 0;
}

std::size_t write_head(std::span<char> to, const Response& response) {
  Writer writer(to);
  write_status_line(writer, response);
  writer.fields(response.fields) << "\r\n";
  return writer.fits() ? writer.size() : 0;
}

}  // namespace sluice::http::h1
