// Options of how connections are taken over from a listening socket.
#include "proxy/bind.hpp"

#include "base/text.hpp"
#include "config/diagnostics.hpp"
#include "config/guid.hpp"

namespace sluice::proxy {
namespace {

bool accept_proxy(config::Line&, Bind& bind) {
  bind.accept_proxy = true;
  return true;
}
bool maxconn(config::Line& line, Bind& bind) {
  const auto n = line.take_integer("<maxconn>", 0, 0x7fffffff);
  if (n) bind.maxconn = static_cast<unsigned>(*n);
  if (n) bind.sessions = *n ? std::make_shared<std::atomic<std::uint32_t>>(0) : nullptr;
  return n.has_value();
}
bool name(config::Line& line, Bind& bind) {
  const config::Word* const word = line.take("<name>");
  if (word) bind.name = word->text;
  return word;
}
bool id(config::Line& line, Bind& bind) {
  const auto n = line.take_integer("<id>", 1, 0x7fffffff);
  if (!n) return false;
  if (bind.places.size() > 1) {
    line.alert(line.last(), fmt::format("'{}' : 'id' can only be used with a single socket.", line.keyword()));
    return false;
  }
  bind.id = static_cast<unsigned>(*n);
  return true;
}
// For options that are read and checked, and have nothing to act on here; said with -dD.
void changes_nothing(config::Line& line, const config::Word& option, std::string_view why) {
  line.diagnostics().diagnostic(option.place, fmt::format("'{}' : '{}' changes nothing here: {}", line.keyword(), option.text, why));
}
bool nice(config::Line& line, Bind&) {
  const config::Word option = line.last();
  const auto n = line.take_integer("<nice>", -1024, 1024);
  if (n) changes_nothing(line, option, "a worker serves all its connections alike");
  return n.has_value();
}
bool level(config::Line& line, Bind& bind) {
  const config::Word* const word = line.take("<level>");
  if (!word) return false;
  if (*word != "user" && *word != "operator" && *word != "admin") {
    line.alert(*word, fmt::format("'{}' : 'level' expects 'user', 'operator' or 'admin', not '{}'.", line.keyword(), word->text));
    return false;
  }
  bind.level = word->text;
  return true;
}

// "all", "odd", "even", "3", "1-4", "2-", with an optional thread group "1/" before; a bit per worker, from 0.
std::optional<std::uint64_t> thread_set(std::string_view text) {
  if (const auto slash = text.find('/'); slash != text.npos) {
    if (text.substr(0, slash) != "1") return std::nullopt;  // one group is what there is
    text.remove_prefix(slash + 1);
  }
  if (text == "all") return ~std::uint64_t{0};
  if (text == "odd") return 0x5555555555555555;
  if (text == "even") return 0xaaaaaaaaaaaaaaaa;
  const auto dash = text.find('-');
  const auto first = parse_uint(text.substr(0, dash));
  const std::string_view rest = dash == text.npos ? text : text.substr(dash + 1);
  const auto last = rest.empty() ? std::optional<std::uint64_t>(64) : parse_uint(rest);
  if (!first || !last || *first < 1 || *last > 64 || *last < *first) return std::nullopt;
  std::uint64_t set = 0;
  for (std::uint64_t n = *first; n <= *last; ++n) set |= std::uint64_t{1} << (n - 1);
  return set;
}

bool thread(config::Line& line, Bind& bind) {
  const config::Word* const word = line.take("<thread-set>");
  if (!word) return false;
  std::string_view rest = word->text;
  while (!rest.empty()) {
    const std::string_view part = take_until(rest, ',');
    const auto set = thread_set(part);
    if (!set) {
      line.alert(*word, fmt::format("'{}' : '{}' is not a set of threads 1 to 64.", line.keyword(), part));
      return false;
    }
    bind.threads |= *set;
  }
  return true;
}
bool shards(config::Line& line, Bind&) {
  const config::Word option = line.last();
  const config::Word* const word = line.take("{ <number> | by-thread | by-group }");
  if (!word) return false;
  const auto n = parse_uint(word->text);
  if (*word != "by-thread" && *word != "by-group" && (!n || *n < 1 || *n > 1024)) {
    line.alert(*word, fmt::format("'{}' : 'shards' expects a number, 'by-thread' or 'by-group'.", line.keyword()));
    return false;
  }
  if (*word != "by-thread") changes_nothing(line, option, "every worker has a listening socket of its own");
  return true;
}

bool accept_cip(config::Line& line, Bind& bind) {
  const auto magic = line.take_integer("<magic number>", 1, 0xffffffff);
  if (magic) bind.cip_magic = static_cast<std::uint32_t>(*magic);
  return magic.has_value();
}
bool guid_prefix(config::Line& line, Bind& bind) {
  const config::Word* const word = line.take("<string>");
  if (!word || !config::check_guid(line, *word)) return false;
  bind.guid_prefix = word->text;
  return true;
}

const catalog::Add accept_cip_entry{BindOption{.name = "accept-netscaler-cip", .args = "<magic number>", .parse = accept_cip,
    .doc = "Every connection begins with a NetScaler Client IP header, known by the number, that says who the client is."}};
const catalog::Add guid_prefix_entry{BindOption{.name = "guid-prefix", .args = "<string>", .parse = guid_prefix,
    .doc = "Each socket of the line has a GUID: this, a hyphen, and its place on the line, from 0."}};
const catalog::Add accept_proxy_entry{BindOption{.name = "accept-proxy", .parse = accept_proxy,
    .doc = "Every connection begins with a PROXY protocol header that says who the client is."}};
const catalog::Add maxconn_entry{BindOption{.name = "maxconn", .args = "<maxconn>", .parse = maxconn,
    .doc = "How many connections each address of the line may have at once; more wait in the kernel's queue. 0: as many as come."}};
const catalog::Add name_entry{BindOption{.name = "name", .args = "<name>", .parse = name,
    .doc = "A name for statistics and logs."}};
const catalog::Add id_entry{BindOption{.name = "id", .args = "<id>", .parse = id,
    .doc = "A number for statistics (so_id); by default they are counted from 1."}};
const catalog::Add nice_entry{BindOption{.name = "nice", .args = "<nice>", .parse = nice,
    .doc = "Priority of these connections over others. Changes nothing: a worker serves all its connections alike."}};
bool severity_output(config::Line& line, Bind& bind) {
  constexpr std::array forms{config::Choice<Bind::Severity>{"none", Bind::Severity::none}, config::Choice<Bind::Severity>{"number", Bind::Severity::number},
                             config::Choice<Bind::Severity>{"string", Bind::Severity::string}};
  const auto form = line.take_choice<Bind::Severity>(forms);
  if (form) bind.severity = *form;
  return form.has_value();
}
// It changes nothing, but has to fit the mode.
bool proto(config::Line& line, Bind& bind) {
  const config::Word* const word = line.take("<name>");
  if (!word) return false;
  if (*word == "h1" || *word == "none") {
    bind.protocol = word->text;
    return true;
  }
  line.alert(*word, fmt::format("'{}' : protocol '{}' is not implemented in this version, only 'h1' is.", line.keyword(), word->text));
  return false;
}

bool expose(config::Line& line, Bind& bind) {
  const config::Word option = line.last();
  if (!line.take_one_of({"listeners"})) return false;
  bind.exposes_listeners = true;
  if (line.keyword() != "stats socket") changes_nothing(line, option, "only sockets of the runtime API hand over listeners");
  return true;
}
bool idle_ping(config::Line& line, Bind&) { return line.take_duration("<delay>").has_value(); }

const catalog::Add expose_entry{BindOption{.name = "expose-fd", .args = "{ listeners }", .parse = expose,
    .doc = "Through this stats socket a process started with -x gets all listening sockets, so that no connection is lost between the two."}};
const catalog::Add idle_ping_entry{BindOption{.name = "idle-ping", .args = "<delay>", .parse = idle_ping,
    .inherent = "only HTTP/2 has something to ask an idle connection with, and it is not spoken here yet",
    .doc = "Clients of idle HTTP/2 connections are asked now and then whether they are still there. Other protocols have no such question."}};
const catalog::Add severity_entry{BindOption{.name = "severity-output", .args = "{none | number | string}", .parse = severity_output,
    .doc = "How answers of a stats socket that are messages begin: with nothing, the number or the name of their severity."}};
const catalog::Add proto_entry{BindOption{.name = "proto", .args = "<name>", .parse = proto,
    .doc = "The protocol clients speak: h1 in HTTP mode, none in TCP mode. Others are not implemented, which is an error."}};
const catalog::Add level_entry{BindOption{.name = "level", .args = "{ user | operator | admin }", .parse = level,
    .doc = "What a stats socket allows to those who connect to it."}};
const catalog::Add thread_entry{BindOption{.name = "thread", .args = "[<group>/]<thread-set>[,...]", .parse = thread,
    .doc = "Which threads accept here: numbers from 1, ranges, odd, even, all."}};
const catalog::Add process_entry{BindOption{.name = "process", .args = "<thread-set>", .parse = thread,
    .doc = "The old name of thread."}};
const catalog::Add shards_entry{BindOption{.name = "shards", .args = "{ <number> | by-thread | by-group }", .parse = shards,
    .doc = "How many sockets listen on each address. Changes nothing: every worker that accepts here has one of its own."}};

}  // namespace
}  // namespace sluice::proxy
