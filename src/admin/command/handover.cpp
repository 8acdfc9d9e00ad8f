// _getsocks: what the next process asks for when it is started with -x (net/handover.hpp).
#include "admin/command.hpp"
#include "net/handover.hpp"

namespace sluice::admin {
namespace {

async::Task<> hand_over(Call& call) {
  if (!call.session.exposes_listeners) {
    call.fail("This socket does not hand over listeners: 'expose-fd listeners' is missing.");
    co_return;
  }
  call.session.closing = call.session.silent = true;
  std::vector<net::Offered> sockets = call.world.listeners();
  co_await net::send_listeners(call.stream, std::move(sockets), call.session.timeout);
}

const catalog::Add entry{Command{.name = "_getsocks", .later = hand_over,
    .doc = "descriptors of all listening sockets, for the process that comes next (-x)"}};

}  // namespace
}  // namespace sluice::admin
