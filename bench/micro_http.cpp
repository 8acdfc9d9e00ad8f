// HTTP/1 heads: what parsing and writing cost without any I/O. One request of a browser, one of a small client.
#include <benchmark/benchmark.h>

#include <cstring>

#include "base/arena.hpp"
#include "http/h1/chunk.hpp"
#include "http/h1/framing.hpp"
#include "http/h1/parse.hpp"
#include "http/h1/write.hpp"

namespace sluice::http {
namespace {

constexpr std::string_view small_request =
    "GET /b/64 HTTP/1.1\r\nHost: bench.example\r\nUser-Agent: load/1\r\nAccept: */*\r\n\r\n";
constexpr std::string_view browser_request =
    "GET /shop/items?category=books&page=2 HTTP/1.1\r\nHost: www.example.com\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
    "Accept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\nReferer: https://www.example.com/shop\r\n"
    "Connection: keep-alive\r\nCookie: session=0123456789abcdef0123456789abcdef; theme=dark; cart=17\r\n"
    "Upgrade-Insecure-Requests: 1\r\nSec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\n"
    "Sec-Fetch-Site: same-origin\r\nSec-Fetch-User: ?1\r\nCache-Control: max-age=0\r\n\r\n";
constexpr std::string_view answer =
    "HTTP/1.1 200 OK\r\nServer: origin\r\nContent-Type: text/plain\r\nContent-Length: 64\r\n\r\n";

template <class Message>
bool parse(Message& message, std::span<char> bytes) {
  h1::Cursor cursor;
  h1::Options options;
  h1::Outcome outcome;
  if constexpr (std::is_same_v<Message, Request>) {
    outcome = h1::parse_request_head(cursor, bytes, message, options);
  } else {
    outcome = h1::parse_response_head(cursor, bytes, message, options);
  }
  return outcome.state == h1::Outcome::State::done;
}

// The parser writes into its input (names become lower case), so each turn copies the text first: a few ns.
template <class Message>
void parse_head(benchmark::State& state, std::string_view text) {
  Arena arena;
  Message message(arena);
  std::vector<char> buffer(text.size());
  for (auto _ : state) {
    std::memcpy(buffer.data(), text.data(), text.size());
    message.clear();
    if (!parse(message, buffer)) state.SkipWithError("refused");
    benchmark::DoNotOptimize(message);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
void parse_request(benchmark::State& state, std::string_view text) { parse_head<Request>(state, text); }
void parse_answer(benchmark::State& state, std::string_view text) { parse_head<Response>(state, text); }
BENCHMARK_CAPTURE(parse_request, small, small_request);
BENCHMARK_CAPTURE(parse_request, browser, browser_request);
BENCHMARK_CAPTURE(parse_answer, small, answer);

// Everything the proxy does to a head on its way: parse, drop hop-by-hop fields, write.
template <class Message>
void pass_head(benchmark::State& state, std::string_view text) {
  Arena arena;
  Message message(arena);
  std::vector<char> buffer(text.size()), out(16384);
  for (auto _ : state) {
    std::memcpy(buffer.data(), text.data(), text.size());
    message.clear();
    if (!parse(message, buffer)) state.SkipWithError("refused");
    h1::remove_hop_by_hop(message.fields, h1::Upgrade::drop);
    if (h1::write_head(out, message) == 0) state.SkipWithError("does not fit");
    benchmark::DoNotOptimize(out.data());
  }
}
void pass_request(benchmark::State& state, std::string_view text) { pass_head<Request>(state, text); }
void pass_answer(benchmark::State& state, std::string_view text) { pass_head<Response>(state, text); }
BENCHMARK_CAPTURE(pass_request, small, small_request);
BENCHMARK_CAPTURE(pass_request, browser, browser_request);
BENCHMARK_CAPTURE(pass_answer, small, answer);

void find_field(benchmark::State& state) {
  Arena arena;
  Request request(arena);
  std::vector<char> buffer(browser_request.begin(), browser_request.end());
  if (!parse(request, buffer)) state.SkipWithError("refused");
  for (auto _ : state) benchmark::DoNotOptimize(request.fields.value("cache-control"));
}
BENCHMARK(find_field);

// 64 KB of payload in chunks of so many bytes.
void decode_chunks(benchmark::State& state) {
  std::string text;
  const auto size = static_cast<std::size_t>(state.range(0));
  for (std::size_t total = 0; total < 65536; total += size) {
    text += h1::ChunkHead(size).view();
    text.append(size, 'x');
    text += h1::chunk_end;
  }
  text += h1::last_chunk;
  for (auto _ : state) {
    h1::ChunkDecoder decoder;
    std::span<const char> rest{text};
    std::size_t payload = 0;
    for (;;) {
      h1::ChunkDecoder::Step step = decoder.next(rest);
      if (step.state == h1::ChunkDecoder::State::error) state.SkipWithError("refused");
      if (step.state != h1::ChunkDecoder::State::payload) break;
      payload += step.size;
      rest = rest.subspan(step.skip + step.size);
    }
    benchmark::DoNotOptimize(payload);
  }
  state.SetBytesProcessed(state.iterations() * 65536);
}
BENCHMARK(decode_chunks)->Arg(16)->Arg(1024)->Arg(16384);

}  // namespace
}  // namespace sluice::http
