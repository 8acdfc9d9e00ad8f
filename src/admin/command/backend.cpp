// Commands that change a backend.
#include "admin/command.hpp"

namespace sluice::admin {
namespace {
using catalog::Add;

template <bool published>
void run_publish(Call& call) {
  if (call.word(0).empty()) return call.fail("A backend name is expected.");
  const proxy::Destination* const destination = call.world.proxies->destination(call.word(0));
  if (!destination) return call.fail("No such backend.");
  destination->backend->state().unpublished = !published;
  call.say(Weight::notice, published ? "Backend published." : "Backend unpublished.");
}

const Add publish_entry{Command{.name = "publish backend", .args = "<backend>", .level = Level::operator_, .run = run_publish<true>,
                                .doc = "let use_backend and default_backend lead there again"}};
const Add unpublish_entry{Command{.name = "unpublish backend", .args = "<backend>", .level = Level::operator_, .run = run_publish<false>,
                                  .doc = "have use_backend and default_backend pass it over"}};

}  // namespace
}  // namespace sluice::admin
