// Server options about how it is spoken to.
#include "backend/server_option.hpp"
#include "catalog/add.hpp"

namespace sluice::backend {
namespace {

using catalog::Add;
using config::Line;

bool redir(Line& line, ServerSettings& server) {
  const config::Word* const word = line.take("<prefix>");
  if (word) server.redirect_prefix = word->text;
  return word;
}
bool cc(Line& line, ServerSettings& server) {
  const config::Word* const word = line.take("<algorithm>");
  if (word) server.congestion = word->text;
  return word;
}
// HTTP/1 is what is spoken in any case.
bool proto(Line& line, ServerSettings&) {
  const config::Word* const word = line.take("<name>");
  if (!word || *word == "h1" || *word == "none") return word;
  line.alert(*word, fmt::format("'proto' : '{}' is not implemented in this version, only 'h1' is.", word->text));
  return false;
}
bool ws(Line& line, ServerSettings&) {
  const config::Word* const word = line.take("{auto | h1 | h2}");
  if (!word || *word == "auto" || *word == "h1") return word;
  line.alert(*word, fmt::format("'ws' : '{}' is not implemented in this version, only 'auto' and 'h1' are.", word->text));
  return false;
}

const Add redir_entry{ServerOption{.name = "redir", .args = "<prefix>", .parse = redir,
    .doc = "GET and HEAD requests that balancing gives to this server are answered with a redirection: the prefix, followed by "
           "path and query. Others are passed on."}};
const Add cc_entry{ServerOption{.name = "cc", .args = "<algorithm>", .parse = cc,
    .doc = "The congestion control algorithm of connections to it, such as cubic or bbr, if the system has it."}};
const Add proto_entry{ServerOption{.name = "proto", .args = "<name>", .parse = proto,
    .doc = "The protocol it is spoken to in. Only h1 is implemented, anything else is an error."}};
const Add ws_entry{ServerOption{.name = "ws", .args = "{auto | h1 | h2}", .parse = ws,
    .doc = "The protocol WebSocket is relayed in. auto and h1 are the same here; h2 is an error, it is not implemented."}};

}  // namespace
}  // namespace sluice::backend
