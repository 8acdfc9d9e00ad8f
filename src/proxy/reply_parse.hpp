// Reads what `http-request return`, `deny`, `tarpit` and `http-error` say about the answer they give.
#pragma once
#include <memory>

#include "config/line.hpp"
#include "proxy/reply.hpp"

namespace sluice::expr {
struct Compiler;
}

namespace sluice::proxy {

class Proxies;

struct ParsedReply {
  std::uint16_t status = 0;
  // Null: the page configured for the status where the rule runs.
  std::shared_ptr<const ReplyTemplate> page;
};

enum class ReplyFor : std::uint8_t { answer, refusal };  // return; deny and tarpit, which have pages to fall back to

// [status <code>] [content-type <type>] [<content>] [hdr <name> <format>]*, up to "if", "unless" or the end.
// Nothing: it has been diagnosed.
std::optional<ParsedReply> parse_reply(config::Line& line, expr::Compiler& compiler, Proxies& proxies, ReplyFor purpose,
                                       int usual_status);

// Whether the rule's condition or the end of the line comes next.
bool arguments_end(const config::Line& line);

}  // namespace sluice::proxy
