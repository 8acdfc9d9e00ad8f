// show events [<sink>] [-0]: the rings of log lines (management 9.3). Waiting for new lines (-w, -n) would need a command
// that lasts; they are refused.
#include "admin/command.hpp"
#include "net/syslog_ring.hpp"
#include "proxy/setting/log_settings.hpp"

namespace sluice::admin {
namespace {

void list(Call& call, const std::vector<std::shared_ptr<net::LogRing>>& rings) {
  call.answer += "Supported events sinks are listed below. Add -0(zero).\n";
  for (const auto& ring : rings)
    call.answer += fmt::format("    {:<11}: type=buffer, {} dropped, {}\n", ring->name, ring->overtaken(),
                               ring->implicit ? "made for a log target" : ring->description);
}

void show(Call& call, net::LogRing& ring, char separator) {
  net::LogRing::Place place;
  std::vector<char> room(65536 + 64);
  net::LogRing::Tally tally;
  while (const std::size_t size = ring.read(place, room, net::LogRing::Framing::lines, tally)) {
    if (separator != '\n') std::replace(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(size), '\n', separator);
    call.answer.append(room.data(), size);
  }
}

void show_events(Call& call) {
  auto rings = proxy::setting::log_rings(*call.world.proxies);
  if (call.world.proxies->events) rings.push_back(call.world.proxies->events);
  if (call.words.empty()) return list(call, rings);
  char separator = '\n';
  for (const std::string& option : call.words.subspan(1)) {
    if (option == "-0") separator = '\0';
    else if (option == "-w" || option == "-n" || option == "-wn" || option == "-nw")
      return call.fail(fmt::format("'{}': waiting for new events is not implemented in this version.", option));
    else return call.fail(fmt::format("Unexpected argument '{}'.", option));
  }
  const auto found = std::ranges::find(rings, call.word(0), [](const auto& ring) { return std::string_view(ring->name); });
  if (found == rings.end()) return call.fail("No such event sink");
  show(call, **found, separator);
}

const catalog::Add entry{Command{.name = "show events", .args = "[<sink>] [-0]", .level = Level::user, .run = show_events,
    .doc = "rings of log lines, or the lines of one"}};

}  // namespace
}  // namespace sluice::admin
