// Writer: appends text to a fixed buffer and stops at its end. A value on the stack of whoever formats something.
#pragma once
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace sluice::expr {

class Writer {
 public:
  explicit Writer(std::span<char> room) : start_(room.data()), at_(room.data()), end_(room.data() + room.size()) {}

  void put(char c) {
    if (at_ < end_) *at_++ = c;
    else cut_ = true;
  }
  void put(std::string_view text) {
    std::size_t size = text.size();
    if (size > room()) {
      size = room();
      cut_ = true;
    }
    if (size) std::memcpy(at_, text.data(), size);
    at_ += size;
  }
  void put_decimal(std::int64_t value);
  void put_hex(std::uint64_t value);  // capitals, no leading zeros
  std::size_t room() const { return static_cast<std::size_t>(end_ - at_); }
  std::size_t size() const { return static_cast<std::size_t>(at_ - start_); }
  std::string_view text() const { return {start_, size()}; }
  bool was_cut() const { return cut_; }
  // Back to an earlier size().
  void rewind(std::size_t size) { at_ = start_ + size; }

 private:
  char* start_;
  char* at_;
  char* end_;
  bool cut_ = false;
};

}  // namespace sluice::expr
