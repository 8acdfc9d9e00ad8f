// Byte 0: bit 0 relaxed parsing. Byte 1: size of the pieces. The rest is a request head.
#include "h1_heads.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  return sluice::fuzz::fuzz_head<sluice::http::Request>(input, size, sluice::http::h1::parse_request_head);
}
