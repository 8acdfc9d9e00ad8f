#include "admin/column.hpp"
#include "admin/command.hpp"
#include "admin/stats_json_schema.hpp"
#include "base/text.hpp"

namespace sluice::admin {
namespace {

enum class Form : std::uint8_t { csv, typed, json };

void dump(Call& call, const StatFilter& filter, Form form, Described described) {
  Rows rows(*call.world.proxies, filter);
  const Instant now = call.worker.loop.now();
  if (form == Form::csv) append_csv_header(call.answer);
  if (form == Form::json) call.answer += '[';
  bool first = true;
  while (const auto row = rows.next(now)) {
    if (form == Form::csv) append_csv_row(*row, call.answer);
    if (form == Form::typed) append_typed_row(*row, described, call.answer);
    if (form != Form::json) continue;
    if (!first) call.answer += ',';
    first = false;
    append_json_row(*row, call.answer);
  }
  if (form == Form::json) call.answer += "]\n";
}

// As HAProxy reads these numbers: what follows their digits does not matter, and without digits it is 0.
std::int64_t leading_number(std::string_view text) { return std::strtol(std::string(text).c_str(), nullptr, 10); }

// "<iid|name> <types> <sid>" in front of the other words; -1 means all. False: said what is wrong.
bool take_selection(Call& call, std::size_t& at, StatFilter& filter) {
  if (call.words.size() < at + 3) return true;
  const std::string_view which = call.word(at);
  const std::int64_t number = leading_number(which);
  if (number != -1) filter.proxy = static_cast<unsigned>(number);
  if (!parse_int(which)) {
    if (const auto* frontend = call.world.proxies->frontend(which)) filter.proxy = frontend->id;
    if (const auto* destination = call.world.proxies->destination(which)) filter.proxy = destination->id;
  }
  if (filter.proxy == 0 && number != -1) {
    call.fail("No such proxy.");
    return false;
  }
  filter.types = static_cast<unsigned>(leading_number(call.word(at + 1)));
  const std::int64_t server = leading_number(call.word(at + 2));
  constexpr unsigned nobody = ~0U;  // 0 is no server's number
  if (server >= 0) filter.server = server == 0 ? nobody : static_cast<unsigned>(server);
  at += 3;
  return true;
}

void run_show_stat(Call& call) {
  std::size_t at = 0;
  if (call.word(0) == "domain") {
    if (call.word(1) != "proxy") return call.fail("Invalid statistics domain.");
    at = 2;
  }
  StatFilter filter{.legends = call.session.level >= Level::operator_};
  if (!take_selection(call, at, filter)) return;
  Form form = Form::csv;
  Described described = Described::no;
  for (; at < call.words.size(); ++at) {
    const std::string_view word = call.word(at);
    if (word == "typed") form = Form::typed;
    else if (word == "json") form = Form::json;
    else if (word == "desc") described = Described::yes;
    else if (word == "up") filter.hide_down = true;
    else if (word == "no-maint") filter.hide_maintenance = true;
    // What else stands there is passed over, as HAProxy does.
  }
  dump(call, filter, form, described);
}

void run_show_schema(Call& call) { call.answer += stats_json_schema(); }

const catalog::Add entry{Command{.name = "show stat", .args = "[domain proxy] [<proxy> <type> <server>] [typed|json] [desc] [up|no-maint]",
                                 .run = run_show_stat, .doc = "counters of frontends, backends and servers"}};
const catalog::Add schema_entry{Command{.name = "show schema json", .run = run_show_schema, .doc = "JSON schema of the statistics"}};

}  // namespace
}  // namespace sluice::admin
