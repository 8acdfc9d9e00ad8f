// Writing HTTP/1 heads into a span. What a Request or Response holds is valid, so it is written as it is.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "http/message.hpp"

namespace sluice::http::h1 {

// Appends to a span and remembers if it did not fit; nothing is written beyond the end.
class Writer {
 public:
  explicit Writer(std::span<char> to) : begin_(to.data()), at_(to.data()), end_(to.data() + to.size()) {}
  Writer& operator<<(std::string_view text) {
    if (static_cast<std::size_t>(end_ - at_) < text.size()) [[unlikely]] return overflow();
    if (!text.empty()) std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
    return *this;
  }
  Writer& operator<<(char c) {
    if (at_ == end_) [[unlikely]] return overflow();
    *at_++ = c;
    return *this;
  }
  Writer& number(std::uint64_t value);
  Writer& field(std::string_view name, std::string_view value) { return *this << name << ": " << value << "\r\n"; }
  Writer& fields(const Fields& fields);

  bool fits() const { return !overflow_; }
  std::size_t size() const { return static_cast<std::size_t>(at_ - begin_); }
  std::string_view view() const { return {begin_, size()}; }

 private:
  Writer& overflow() {
    overflow_ = true;
    end_ = at_;
    return *this;
  }
  char* begin_;
  char* at_;
  char* end_;
  bool overflow_ = false;
};

// "GET /x HTTP/1.1\r\n". A message that came as HTTP/1.0 stays 1.0 (as in HAProxy) unless it is chunked.
void write_request_line(Writer& to, const Request& request);
void write_status_line(Writer& to, const Response& response);

// The whole head with its empty line. Returns its size, or 0 if it does not fit.
std::size_t write_head(std::span<char> to, const Request& request);
std::size_t write_head(std::span<char> to, const Response& response);

}  // namespace sluice::http::h1
