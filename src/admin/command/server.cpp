// Commands that change a server: administrative state and weight.
#include "admin/command.hpp"
#include "backend/control.hpp"

namespace sluice::admin {
namespace {
using catalog::Add;

backend::Scene scene_of(Call& call) {
  return {.here = &call.worker, .now = call.worker.loop.now(), .sink = call.world.notice};
}

void set_state(Call& call, backend::Server& server, backend::Admin wanted) {
  backend::set_admin(scene_of(call), server, wanted);
}

template <backend::Admin wanted>
void set_admin_state(Call& call) {
  if (backend::Server* server = find_server(call, call.word(0))) set_state(call, *server, wanted);
}

void change_weight(Call& call, backend::Server& server, std::string_view text) {
  if (text.empty()) return call.fail("Require <weight> or <weight%>.");
  const auto done = backend::set_weight(scene_of(call), server, text);
  if (!done) call.fail(done.error());
}

void run_set_server(Call& call) {
  backend::Server* const server = find_server(call, call.word(0));
  if (!server) return;
  const std::string_view what = call.word(1);
  if (what == "weight") return change_weight(call, *server, call.word(2));
  if (what == "state") {
    const std::string_view state = call.word(2);
    if (state == "ready") return set_state(call, *server, backend::Admin::ready);
    if (state == "drain") return set_state(call, *server, backend::Admin::drain);
    if (state == "maint") return set_state(call, *server, backend::Admin::maint);
    return call.fail("'set server <srv> state' expects 'ready', 'drain' and 'maint'.");
  }
  call.fail("usage: set server <backend>/<server> state | weight");
}

void run_set_weight(Call& call) {
  if (backend::Server* server = find_server(call, call.word(0))) change_weight(call, *server, call.word(1));
}

void run_get_weight(Call& call) {
  if (backend::Server* server = find_server(call, call.word(0)))
    call.answer += fmt::format("{} (initial {})\n", server->state().user_weight.load(),
                               server->state().initial_weight.load());
}

const Add disable{Command{.name = "disable server", .args = "<backend>/<server>", .level = Level::admin,
                          .run = set_admin_state<backend::Admin::maint>, .doc = "put a server in maintenance"}};
const Add enable{Command{.name = "enable server", .args = "<backend>/<server>", .level = Level::admin,
                         .run = set_admin_state<backend::Admin::ready>, .doc = "end a server's maintenance"}};
const Add set{Command{.name = "set server", .args = "<backend>/<server> state|weight <value>", .level = Level::admin,
                      .run = run_set_server, .doc = "change a server's state or weight"}};
const Add set_weight{Command{.name = "set weight", .args = "<backend>/<server> <weight>[%]", .level = Level::admin,
                             .run = run_set_weight, .doc = "change a server's weight"}};
const Add get_weight{Command{.name = "get weight", .args = "<backend>/<server>", .run = run_get_weight,
                             .doc = "a server's weight now and as configured"}};

}  // namespace
}  // namespace sluice::admin
