#include "admin/column.hpp"
#include "admin/command.hpp"
#include "base/text.hpp"

namespace sluice::admin {
namespace {

// show stat [<proxy id|name> <types> <server id>] [typed|json|up|no-maint|desc]; -1 means all.
void run_show_stat(Call& call) {
  StatFilter filter;
  std::size_t at = 0;
  if (call.words.size() >= 3 && (parse_int(call.word(1)) && parse_int(call.word(2)))) {
    const std::optional<std::int64_t> proxy = parse_int(call.word(0));
    if (!proxy) {
      for (const auto& frontend : call.world.proxies->frontends)
        if (frontend->name == call.word(0)) filter.proxy = frontend->id;
      if (const auto* destination = call.world.proxies->destination(call.word(0))) filter.proxy = destination->id;
      if (filter.proxy == 0) return call.fail("No such proxy.");
    } else if (*proxy > 0) {
      filter.proxy = static_cast<unsigned>(*proxy);
    }
    const std::int64_t types = *parse_int(call.word(1));
    if (types > 0) filter.types = static_cast<unsigned>(types);
    const std::int64_t server = *parse_int(call.word(2));
    if (server > 0) filter.server = static_cast<unsigned>(server);
    at = 3;
  }
  const Instant now = call.worker.loop.now();
  const std::string_view form = call.word(at);
  if (form.empty()) return write_csv(call.world, now, filter, call.answer);
  if (form == "typed") return write_typed(call.world, now, filter, call.answer);
  if (form == "json") return write_json(call.world, now, filter, call.answer);
  call.fail("'show stat' expects [<iid|proxy> <type> <sid>] [typed|json].");
}

const catalog::Add entry{Command{.name = "show stat", .args = "[<proxy> <type> <server>] [typed|json]",
                                 .run = run_show_stat, .doc = "counters of frontends, backends and servers"}};

}  // namespace
}  // namespace sluice::admin
