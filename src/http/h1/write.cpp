#include "http/h1/write.hpp"

#include <array>
#include <charconv>

namespace sluice::http::h1 {
namespace {

// Chunked does not exist in HTTP/1.0, so what is chunked is sent as 1.1 whatever it came as (RFC 9112 6.1).
std::string_view written_version(Version version, const Framing& framing) {
  return version < http_1_1 && !framing.chunked ? "HTTP/1.0" : "HTTP/1.1";
}

// One bound check for all fields, then plain copies: this is on the path of every request twice. Most texts are short:
// two overlapping moves and no call.
char* put(char* to, std::string_view text) {
  const char* const from = text.data();
  const std::size_t size = text.size();
  const auto ends = [&](auto unit) {
    std::memcpy(&unit, from, sizeof unit);
    std::memcpy(to, &unit, sizeof unit);
    std::memcpy(&unit, from + size - sizeof unit, sizeof unit);
    std::memcpy(to + size - sizeof unit, &unit, sizeof unit);
  };
  if (size > 32) {
    std::memcpy(to, from, size);
  } else if (size >= 16) {
    ends(std::array<std::uint64_t, 2>{});
  } else if (size >= 8) {
    ends(std::uint64_t{});
  } else if (size >= 4) {
    ends(std::uint32_t{});
  } else {
    for (std::size_t i = 0; i < size; ++i) to[i] = from[i];
  }
  return to + size;
}

// Whether the value stands behind the name as it is to be written.
bool is_line(const Field& field) {
  const char* const colon = field.name().data() + field.name().size();
  return field.value().data() == colon + 2 && colon[0] == ':' && colon[1] == ' ';
}
// Whether `next` begins the line behind the one of `field`.
bool follows(const Field& field, const Field& next) {
  const char* const end = field.value().data() + field.value().size();
  return next.name().data() == end + 2 && end[0] == '\r' && end[1] == '\n';
}

}  // namespace

Writer& Writer::number(std::uint64_t value) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
  return *this << std::string_view(digits, static_cast<std::size_t>(end - digits));
}

Writer& Writer::fields(const Fields& fields) {
  for (const Field* field = fields.begin(); field != fields.end(); ++field) {
    const std::string_view name = field->name();
    const std::string_view value = field->value();
    if (is_line(*field)) {  // most are as they came, and so are those behind them
      while (field + 1 != fields.end() && follows(*field, field[1]) && is_line(field[1])) ++field;
      const char* const last = field->value().data() + field->value().size();
      const std::string_view lines(name.data(), last);
      if (static_cast<std::size_t>(end_ - at_) < lines.size() + 2) [[unlikely]] return overflow();
      at_ = put(at_, lines);
      *at_++ = '\r';
      *at_++ = '\n';
      continue;
    }
    if (static_cast<std::size_t>(end_ - at_) < name.size() + value.size() + 4) [[unlikely]] return overflow();
    char* at = put(at_, name);
    *at++ = ':';
    *at++ = ' ';
    at = put(at, value);
    *at++ = '\r';
    *at++ = '\n';
    at_ = at;
  }
  return *this;
}

namespace {
// With the empty line. Lines nobody has touched go out as they came.
void write_fields(Writer& to, const Fields& fields) {
  if (const std::string_view same = fields.unchanged(); !same.empty()) {
    to << same;
    return;
  }
  to.fields(fields) << "\r\n";
}
}  // namespace

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
  write_fields(writer, request.fields);
  return writer.fits() ? writer.size() : 0;
}

std::size_t write_head(std::span<char> to, const Response& response) {
  Writer writer(to);
  write_status_line(writer, response);
  write_fields(writer, response.fields);
  return writer.fits() ? writer.size() : 0;
}

}  // namespace sluice::http::h1
