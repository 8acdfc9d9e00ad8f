// Serving a request allocates nothing once the pools are warm: every operator new of the process is counted.
#include <atomic>
#include <cstdlib>
#include <new>

#include "unit/proxy/proxy_testing.hpp"

namespace {
[[maybe_unused]] thread_local bool counting = false;  // not with sanitizers, which have an operator new of their own
[[maybe_unused]] std::atomic<long> allocations{0};
}  // namespace

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
void* operator new(std::size_t size) {
  if (counting) allocations.fetch_add(1, std::memory_order_relaxed);
  void* const memory = std::malloc(size ? size : 1);
  if (!memory) std::abort();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace sluice::proxy {
namespace {

using testing::Origin;
using testing::Peer;
using testing::Proxy;
using testing::simple;

constexpr std::string_view get = "GET /x HTTP/1.1\r\nhost: a\r\nuser-agent: test\r\n\r\n";

void ask(Peer& client, int times) {
  for (int i = 0; i < times; ++i) {
    client.send(get);
    ASSERT_TRUE(client.message().ends_with("\r\n\r\nok"));
  }
}

// Of 200 requests on a connection that has made 20.
long allocations_with(std::string_view front) {
  Origin origin([](Peer& peer) {
    while (peer.until("\r\n\r\n").ends_with("\r\n\r\n"))
      if (!peer.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")) return;
  });
  Proxy proxy(simple({origin.port}, std::string(front)));
  EXPECT_TRUE(proxy.works) << proxy.messages;
  if (!proxy.works) return -1;
  Peer client(proxy.ports[0]);
  ask(client, 20);
  proxy.on_worker([] {
    allocations = 0;
    counting = true;
  });
  ask(client, 200);
  long seen = 0;
  proxy.on_worker([&] {
    counting = false;
    seen = allocations;
  });
  return seen;
}

TEST(f_allocation, a_request_in_the_steady_state_allocates_nothing) {
  EXPECT_LE(allocations_with(" option forwardfor\n http-request set-header x-test value\n acl is_x path /x\n use_backend b if is_x"), 0);
}

TEST(f_allocation, nor_does_its_log_line) {
  const int sink = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::bind(sink, reinterpret_cast<sockaddr*>(&address), sizeof(address));
  socklen_t size = sizeof(address);
  ::getsockname(sink, reinterpret_cast<sockaddr*>(&address), &size);
  const auto to = [&](std::string_view format) { return fmt::format(" log 127.0.0.1:{} {}\n", ntohs(address.sin_port), format); };
  EXPECT_LE(allocations_with(to("local0") + " option httplog\n capture request header User-Agent len 20"), 0);
  EXPECT_LE(allocations_with(to("format rfc5424 local0") + to("format raw len 4096 local0") + " option httplog json\n log-format-sd \"[a@1 b=%{+Q,+E}ci]\""), 0);
  EXPECT_LE(allocations_with(to("local0") + " option httplog clf\n log-steps all\n capture response header Content-Length len 5"), 0);
  ::close(sink);
}

}  // namespace
}  // namespace sluice::proxy
#endif
