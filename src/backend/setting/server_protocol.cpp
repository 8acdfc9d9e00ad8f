// Server options about how it is spoken to.
#include "backend/server_option.hpp"
#include "catalog/add.hpp"
#include "net/md5_signature.hpp"
#include "net/network_namespace.hpp"

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
bool md5(Line& line, ServerSettings& server) {
  const config::Word* const word = line.take("<password>");
  if (!word) return false;
  if (word->text.empty() || word->text.size() > net::longest_md5_password) {
    line.alert(*word, fmt::format("'tcp-md5sig' takes 1 to {} characters.", net::longest_md5_password));
    return false;
  }
  server.md5_password = word->text;
  return true;
}
bool network_namespace(Line& line, ServerSettings& server) {
  const config::Word* const name = line.take("<name>");
  if (!name) return false;
  if (*name == "*") {
    line.alert(*name, "'namespace *' needs the client's namespace, which is not implemented in this version.");
    return false;
  }
  const auto opened = net::open_network_namespace(name->text);
  if (opened) server.network_namespace = *opened;
  else line.alert(*name, fmt::format("'namespace' : {}.", opened.error()));
  return opened.has_value();
}
// It changes nothing, but has to fit the mode.
bool proto(Line& line, ServerSettings& server) {
  const config::Word* const word = line.take("<name>");
  if (!word) return false;
  if (*word == "h1" || *word == "none") {
    server.protocol = word->text;
    return true;
  }
  line.alert(*word, fmt::format("'proto' : '{}' is not implemented in this version, only 'h1' is.", word->text));
  return false;
}
bool ws(Line& line, ServerSettings&) {
  const config::Word* const word = line.take("{auto | h1 | h2}");
  if (!word || *word == "auto" || *word == "h1") return word;
  line.alert(*word, fmt::format("'ws' : '{}' is not implemented in this version, only 'auto' and 'h1' are.", word->text));
  return false;
}

bool idle_ping(Line& line, ServerSettings&) { return line.take_duration("<delay>").has_value(); }

const Add idle_ping_entry{ServerOption{.name = "idle-ping", .args = "<delay>", .parse = idle_ping,
    .inherent = "only HTTP/2 has something to ask an idle connection with, and it is not spoken here yet",
    .doc = "HTTP/2 connections to it that are idle are asked now and then whether it is still there. Other protocols have no such question."}};
const Add redir_entry{ServerOption{.name = "redir", .args = "<prefix>", .parse = redir,
    .doc = "GET and HEAD requests that balancing gives to this server are answered with a redirection: the prefix, followed by "
           "path and query. Others are passed on."}};
const Add cc_entry{ServerOption{.name = "cc", .args = "<algorithm>", .parse = cc,
    .doc = "The congestion control algorithm of connections to it, such as cubic or bbr, if the system has it."}};
const Add md5_entry{ServerOption{.name = "tcp-md5sig", .args = "<password>", .parse = md5,
    .doc = "Packets to it are signed with this password (RFC 2385)."}};
const Add namespace_entry{ServerOption{.name = "namespace", .args = "<name>", .parse = network_namespace,
    .doc = "It is connected to from this network namespace, one of those `ip netns` keeps."}};
const Add proto_entry{ServerOption{.name = "proto", .args = "<name>", .parse = proto,
    .doc = "The protocol it is spoken to in: h1 in HTTP mode, none in TCP mode. Others are not implemented, which is an error."}};
const Add ws_entry{ServerOption{.name = "ws", .args = "{auto | h1 | h2}", .parse = ws,
    .doc = "The protocol WebSocket is relayed in. auto and h1 are the same here; h2 is an error, it is not implemented."}};

}  // namespace
}  // namespace sluice::backend
