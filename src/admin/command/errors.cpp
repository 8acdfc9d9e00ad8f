// show errors: the last request and response of each proxy that could not be parsed.
#include <ctime>

#include "admin/command.hpp"
#include "base/text.hpp"

namespace sluice::admin {
namespace {
using proxy::CapturedMessage;

std::string date_text(WallTime at) {
  const std::time_t seconds = static_cast<std::time_t>(at.us / 1'000'000);
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  char text[40];
  const std::size_t size = std::strftime(text, sizeof text, "%d/%b/%Y:%H:%M:%S", &parts);
  return fmt::format("[{}.{:03}]", std::string_view(text, size), at.us / 1000 % 1000);
}

void append_byte(std::string& out, char c) {
  if (c == '\r') out += "\\r";
  else if (c == '\n') out += "\\n";
  else if (c == '\t') out += "\\t";
  else if (c == '\\') out += "\\\\";
  else if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f)
    fmt::format_to(std::back_inserter(out), "\\x{:02X}", static_cast<unsigned char>(c));
  else out += c;
}

// A line of the message per line, long ones cut in pieces with a '+'; the offset stands in front.
void append_bytes(std::string& out, std::string_view bytes) {
  constexpr std::size_t widest = 70;
  bool continued = false;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t end_of_line = bytes.find('\n', at);
    std::size_t end = end_of_line == bytes.npos ? bytes.size() : end_of_line + 1;
    end = std::min(end, at + widest);
    fmt::format_to(std::back_inserter(out), "  {:05}{} ", at, continued ? '+' : ' ');
    for (const char c : bytes.substr(at, end - at)) append_byte(out, c);
    out += '\n';
    continued = bytes[end - 1] != '\n';
    at = end;
  }
}

void append_message(const CapturedMessage& message, std::string& out) {
  const bool request = message.side == CapturedMessage::Side::request;
  fmt::format_to(std::back_inserter(out), "\n{} {} {} : invalid {}\n", date_text(message.at), request ? "frontend" : "backend", message.proxy,
                 request ? "request" : "response");
  fmt::format_to(std::back_inserter(out), "  backend {}, server {}, event #{}, src {}\n", message.backend.empty() ? "<NONE>" : message.backend,
                 message.server.empty() ? "<NONE>" : message.server, message.event, message.source);
  fmt::format_to(std::back_inserter(out), "  frontend {}, session #{}: {}\n", message.frontend, message.session, message.reason);
  fmt::format_to(std::back_inserter(out), "  buffer length {} bytes, error at position {}:\n\n", message.bytes.size(), message.position);
  append_bytes(out, message.bytes);
}

// [<iid> | <proxy>] [request | response]
void run(Call& call) {
  std::string name(call.word(0));
  std::optional<CapturedMessage::Side> side;
  for (const std::string_view word : {call.word(0), call.word(1)}) {
    if (word == "request") side = CapturedMessage::Side::request;
    if (word == "response") side = CapturedMessage::Side::response;
  }
  if (name == "request" || name == "response") name.clear();
  if (const auto number = parse_int(name)) {
    name.clear();
    for (const auto& frontend : call.world.proxies->frontends)
      if (frontend->id == static_cast<unsigned>(*number)) name = frontend->name;
    for (const auto& destination : call.world.proxies->destinations)
      if (destination->id == static_cast<unsigned>(*number)) name = destination->backend->name();
    if (*number != -1 && name.empty()) return call.fail("No such proxy.");
  }
  if (!name.empty() && !call.world.proxies->frontend(name) && !call.world.proxies->destination(name)) return call.fail("No such proxy.");
  call.answer += fmt::format("Total events captured on {} : {}\n", date_text(call.worker.loop.wall()), call.world.states.captured.total());
  for (const CapturedMessage& message : call.world.states.captured.of(name))
    if (!side || *side == message.side) append_message(message, call.answer);
}

const catalog::Add entry{Command{.name = "show errors", .args = "[<iid>|<proxy>] [request|response]", .level = Level::operator_, .run = run,
                                 .doc = "the last request and response of each proxy that were refused"}};

}  // namespace
}  // namespace sluice::admin
