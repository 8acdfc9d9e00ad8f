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

TEST(f_allocation, a_request_in_the_steady_state_allocates_nothing) {
  Origin origin([](Peer& peer) {
    while (peer.until("\r\n\r\n").ends_with("\r\n\r\n"))
      if (!peer.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")) return;
  });
  Proxy proxy(simple({origin.port}, " option forwardfor\n http-request set-header x-test value\n acl is_x path /x\n use_backend b if is_x"));
  ASSERT_TRUE(proxy.works) << proxy.messages;
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
  EXPECT_LE(seen, 0);
}

}  // namespace
}  // namespace sluice::proxy
#endif
