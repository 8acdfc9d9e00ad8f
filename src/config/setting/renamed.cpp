// Keywords HAProxy once had and that have a modern form: the line is read as that form, with a warning that shows it.
#include "base/text.hpp"
#include "config/keyword.hpp"
#include "config/setting/proxy.hpp"

namespace sluice::config {
namespace {

using catalog::Add;

// The words of `text`, at the place of the line's keyword.
std::vector<Word> words_of(const Line& line, std::string_view text) {
  std::vector<Word> words;
  while (!text.empty()) {
    Word word;
    word.text = std::string(take_until(text, ' '));
    word.place = line.words().front().place;
    words.push_back(std::move(word));
  }
  return words;
}

// Reads `start`, the words in `middle` and `end` as one line.
void read_as(Line& line, Section& section, std::string_view start, std::vector<Word> middle, std::string_view end = {}) {
  std::vector<Word> words = words_of(line, line.prefix() == Prefix::no ? fmt::format("no {}", start) : std::string(start));
  for (Word& word : middle) words.push_back(std::move(word));
  for (Word& word : words_of(line, end)) words.push_back(std::move(word));
  Line modern = line.with_words(std::move(words));
  dispatch(modern, section);
}

// The modern keyword takes the same arguments.
template <std::size_t size>
struct Text {
  char bytes[size]{};
  consteval Text(const char (&text)[size]) { std::ranges::copy(text, bytes); }  // NOLINT: meant to convert
};
template <Text modern>
void renamed(Line& line, Section& section) {
  read_as(line, section, modern.bytes, line.take_rest());
}

void nothing(Line& line, Section&) { line.take_rest(); }

// monitor-net <network>: an answer without a log line in mode http, the end of the connection else.
void monitor_net(Line& line, Section& section) {
  const Word* const network = line.take("<network>");
  if (!network || !line.finish()) return;
  const bool http = section[mode] == Mode::http;
  if (http) read_as(line, section, "http-request set-log-level silent if { src", {*network}, "}");
  read_as(line, section, http ? "http-request return status 200 if { src" : "tcp-request connection reject if { src", {*network}, "}");
}

// appsession <cookie> len <length> timeout <time> [request-learn]: what servers set is remembered, what clients send is
// looked up.
void appsession(Line& line, Section& section) {
  const Word* const cookie = line.take("<cookie> len <length> timeout <time>");
  if (!cookie) return;
  std::string length = "32", time = "1h", store = "stick match req.cook(";
  while (const Word* const word = line.next()) {
    if (*word == "request-learn") {
      store = "stick on req.cook(";
      continue;
    }
    if (*word != "len" && *word != "timeout")
      return line.alert(*word, fmt::format("'appsession' : '{}' has no modern form.", word->text), "write stick rules instead");
    const Word* const value = line.take("a value");
    if (!value) return;
    (*word == "len" ? length : time) = value->text;
  }
  read_as(line, section, fmt::format("stick-table type string len {} size 1m expire {}", length, time), {});
  read_as(line, section, fmt::format("stick store-response res.cook({})", cookie->text), {});
  read_as(line, section, fmt::format("{}{})", store, cookie->text), {});
}

constexpr Sections proxies = in::proxies;

const Add clitimeout{Keyword{.name = "clitimeout", .args = "<time>", .sections = in::front_or_defaults, .parse = renamed<"timeout client">,
    .deprecated = "timeout client <time>", .doc = "Old name of timeout client."}};
const Add srvtimeout{Keyword{.name = "srvtimeout", .args = "<time>", .sections = in::back_or_defaults, .parse = renamed<"timeout server">,
    .deprecated = "timeout server <time>", .doc = "Old name of timeout server."}};
const Add contimeout{Keyword{.name = "contimeout", .args = "<time>", .sections = in::back_or_defaults, .parse = renamed<"timeout connect">,
    .deprecated = "timeout connect <time>", .doc = "Old name of timeout connect."}};
const Add timeout_clitimeout{Keyword{.name = "timeout clitimeout", .args = "<time>", .sections = in::front_or_defaults,
    .parse = renamed<"timeout client">, .deprecated = "timeout client <time>", .doc = "Old name of timeout client."}};
const Add timeout_srvtimeout{Keyword{.name = "timeout srvtimeout", .args = "<time>", .sections = in::back_or_defaults,
    .parse = renamed<"timeout server">, .deprecated = "timeout server <time>", .doc = "Old name of timeout server."}};
const Add timeout_contimeout{Keyword{.name = "timeout contimeout", .args = "<time>", .sections = in::back_or_defaults,
    .parse = renamed<"timeout connect">, .deprecated = "timeout connect <time>", .doc = "Old name of timeout connect."}};
const Add redisp{Keyword{.name = "redisp", .sections = in::back_or_defaults, .parse = renamed<"option redispatch">,
    .deprecated = "option redispatch", .doc = "Old name of option redispatch."}};
const Add independent{Keyword{.name = "option independant-streams", .sections = proxies, .parse = renamed<"option independent-streams">,
    .prefixes = Prefixes::no, .deprecated = "option independent-streams", .doc = "Old spelling of option independent-streams."}};
const Add inner_form{Keyword{.name = "option http-use-htx", .sections = proxies, .parse = nothing, .prefixes = Prefixes::no,
    .unused = "messages have one inner form", .doc = "Without effect, as in HAProxy since 2.1."}};
const Add redispatch{Keyword{.name = "redispatch", .sections = in::back_or_defaults, .parse = renamed<"option redispatch">,
    .deprecated = "option redispatch", .doc = "Old name of option redispatch."}};
const Add forceclose{Keyword{.name = "option forceclose", .sections = proxies, .parse = renamed<"option httpclose">,
    .prefixes = Prefixes::no, .deprecated = "option httpclose", .doc = "Old name of option httpclose."}};
const Add tunnel{Keyword{.name = "option http-tunnel", .sections = proxies, .parse = nothing, .prefixes = Prefixes::no,
    .deprecated = "option http-keep-alive", .doc = "Without effect, as in HAProxy since 2.1: every request is looked at."}};
const Add invalid_request{Keyword{.name = "option accept-invalid-http-request", .sections = in::front_or_defaults,
    .parse = renamed<"option accept-unsafe-violations-in-http-request">, .prefixes = Prefixes::no,
    .deprecated = "option accept-unsafe-violations-in-http-request", .doc = "Old name of option accept-unsafe-violations-in-http-request."}};
const Add invalid_response{Keyword{.name = "option accept-invalid-http-response", .sections = in::back_or_defaults,
    .parse = renamed<"option accept-unsafe-violations-in-http-response">, .prefixes = Prefixes::no,
    .deprecated = "option accept-unsafe-violations-in-http-response", .doc = "Old name of option accept-unsafe-violations-in-http-response."}};
const Add bind_process{Keyword{.name = "bind-process", .args = "[all | odd | even | <number>[-<number>]]...", .sections = proxies,
    .parse = nothing, .deprecated = "bind <address> thread <threads>", .doc = "Without effect: there is one process."}};
const Add stats_process{Keyword{.name = "stats bind-process", .args = "[all | odd | even | <number>[-<number>]]...", .sections = in::global,
    .parse = nothing, .unused = "there is one process", .doc = "Without effect: there is one process."}};
const Add monitored{Keyword{.name = "monitor-net", .args = "<network>", .sections = in::front, .parse = monitor_net,
    .deprecated = "http-request return status 200 if { src <network> }",
    .doc = "Requests from this network are answered with 200 and not logged; in mode tcp their connections are closed."}};
const Add sessions{Keyword{.name = "appsession", .args = "<cookie> len <length> timeout <time> [request-learn]", .sections = in::back,
    .parse = appsession, .deprecated = "stick-table and stick rules with req.cook and res.cook",
    .doc = "Clients keep the server whose answer set this cookie: read as a stick table of a million entries and the rules for it."}};
const Add chunk_size{Keyword{.name = "tune.chksize", .args = "<size>", .sections = in::global, .parse = nothing,
    .deprecated = "tune.bufsize <size>", .doc = "Without effect, as in HAProxy since 2.4."}};

}  // namespace
}  // namespace sluice::config
