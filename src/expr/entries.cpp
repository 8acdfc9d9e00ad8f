#include "expr/entries.hpp"

#include <fmt/format.h>

namespace sluice::expr {

namespace {
constexpr std::uint32_t mask(std::string_view row) {
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < row.size(); ++i)
    if (row[i] == 'Y') bits |= 1u << i;
  return bits;
}
// One row an Origin, columns as Checkpoint.
constexpr std::array rows = {
    mask("YYYYYYYYYYYYYYYYYYYYYY"),  // anywhere
    mask("YYYYYYYYYYYYYYYYYYYY.Y"),  // process
    mask("YYYYYYYYYYYYYYYYYYYY.."),  // client_always
    mask("YYYYYYYYYYYYYYYYYYY..."),  // client
    mask(".YYYYYYYYYYYYYYYYYY..."),  // session
    mask("..YYYYYYYYYYYYYYYYY..."),  // exchange
    mask("..YYYYYYYYY..........."),  // request
    mask("..YYYYYYYYYYYYYYYY.Y.."),  // either
    mask("......YYYYYYYYYYYYYY.."),  // chosen_backend
    mask("..........YYYYYYYYYY.."),  // chosen_server
    mask(".........YYYYYYYYYY..."),  // bytes_out
    mask("...........YYYYYYYYY.."),  // server
    mask("...........YYYYYYY.Y.."),  // response
};
constexpr std::array<std::string_view, checkpoint_count> checkpoint_texts = {
    "frontend tcp-request connection rule", "frontend tcp-request session rule", "frontend tcp-request content rule",
    "frontend http-request header rule", "frontend http-request body rule", "frontend use-backend rule",
    "backend tcp-request content rule", "backend http-request header rule", "backend http-request body rule",
    "backend use-server, balance or stick-match rule", "server source selection", "backend tcp-response content rule",
    "backend http-response header rule", "backend http-response body rule", "backend stick-store rule",
    "frontend tcp-response content rule", "frontend http-response header rule", "frontend http-response body rule", "logs",
    "backend tcp-check rule", "configuration parser", "CLI parser"};

std::string call_text(std::string_view name, std::string (*signature)()) {
  const std::string arguments = signature ? signature() : std::string{};
  return arguments.empty() ? std::string(name) : fmt::format("{}({})", name, arguments);
}
}  // namespace

Checkpoints valid_at(Origin origin) { return rows[static_cast<std::size_t>(origin)]; }

std::string_view need_of(Origin origin) {
  constexpr std::array<std::string_view, rows.size()> texts = {
      "nothing", "a running process", "a connection", "a connection", "a session", "a request or a session", "the request",
      "a request or a response", "a backend that has been chosen", "a server that has been chosen", "what was sent",
      "the server's answer", "the response"};
  return texts[static_cast<std::size_t>(origin)];
}

std::string acl_keyword(const AclFamily& family, std::string_view match) {
  if (match == "str" || family.matches.size() == 1) return std::string(family.name);
  return fmt::format("{}_{}", family.name, match);
}

std::string dump_acls() {
  std::vector<std::string> lines;
  for (const AclFamily* family : catalog::entries<AclFamily>()) {
    if (!catalog::entries<Fetch>().find(family->fetch)) continue;
    for (const std::string_view match : family->matches)
      lines.push_back(fmt::format("{} = {} -m {}\n", acl_keyword(*family, match), family->fetch, match));
  }
  std::ranges::sort(lines, {}, [](const std::string& line) { return line.substr(0, line.find(' ')); });
  std::string out = "# List of registered ACL keywords:\n";
  for (const std::string& line : lines) out += line;
  return out;
}

std::string dump_fetches() {
  std::string out = "# List of registered sample fetch functions:\n";
  for (std::size_t i = 0; i < checkpoint_count; ++i) {
    out += '#';
    out.append(checkpoint_count - i + 1, ' ');
    for (std::size_t j = 0; j < i; ++j) out += "/ ";
    out += fmt::format("_.{} {}\n", std::string(checkpoint_count - i, '-'), checkpoint_texts[i]);
  }
  out += "# ";
  for (std::size_t i = 0; i < checkpoint_count; ++i) out += "/ ";
  out += " \n# ";
  for (std::size_t i = 0; i < checkpoint_count; ++i) out += "| ";
  out += "\n";
  for (const Fetch* fetch : catalog::entries<Fetch>()) {
    out += "[ ";
    for (std::size_t i = 0; i < checkpoint_count; ++i) out += (valid_at(fetch->where()) >> i & 1) != 0 ? "Y " : ". ";
    out += fmt::format("] {}: {}\n", call_text(fetch->name, fetch->run.signature), name_of(fetch->type()));
  }
  return out;
}

std::string dump_converters() {
  std::string out = "# List of registered sample converter functions:\n";
  for (const Converter* converter : catalog::entries<Converter>())
    out += fmt::format("{}: {} => {}\n", call_text(converter->name, converter->run.signature),
                       name_of(converter->gives()), name_of(converter->takes()));
  return out;
}

}  // namespace sluice::expr
