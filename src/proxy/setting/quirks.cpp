// Options for peers that are not quite right; what they do is in quirks.hpp and where an exchange asks for it.
#include "proxy/quirks.hpp"

#include <fstream>

#include "base/text.hpp"
#include "config/keyword.hpp"
#include "config/setting/tuning.hpp"

namespace sluice::proxy {
namespace {

using catalog::Add;
using config::Choice;
using config::Keyword;
using config::Line;
using config::Section;
using config::Setting;
namespace in = config::in;
namespace only = config::only;

const Setting<bool> bogus_client{{.name = "option h1-case-adjust-bogus-client", .sections = in::front_or_defaults, .modes = only::http,
    .doc = "Spells header names of responses as h1-case-adjust says."}};
const Setting<bool> bogus_server{{.name = "option h1-case-adjust-bogus-server", .sections = in::back_or_defaults, .modes = only::http,
    .doc = "Spells header names of requests as h1-case-adjust says."}};
const Setting<bool> drop_request_trailers{{.name = "option http-drop-request-trailers", .sections = in::back_or_defaults,
    .modes = only::http, .doc = "Trailers of requests are not passed on to servers."}};
const Setting<bool> drop_response_trailers{{.name = "option http-drop-response-trailers", .sections = in::front_or_defaults,
    .modes = only::http, .doc = "Trailers of responses are not passed on to clients."}};
const Setting<bool> check_cache{{.name = "option checkcache", .sections = in::back_or_defaults, .modes = only::http,
    .doc = "Answers 502 in place of a response whose cookie caches on the way may keep."}};
const Setting<bool> prefer_last{{.name = "option prefer-last-server", .sections = in::back_or_defaults, .modes = only::http,
    .doc = "The requests of one client connection stay with the server whose connection it had last, as long as that is open."}};
const Setting<std::int32_t> keep_alive_queue{{.name = "max-keep-alive-queue", .args = "<number>", .sections = in::back_or_defaults,
    .initial = -1, .min = -1, .modes = only::http,
    .doc = "With a longer queue than this a server is not preferred for having been the last one; -1 is no limit."}};
const Setting<std::string> server_name_header{in::back_or_defaults};
const Setting<bool> any_payload{{.name = "h1-accept-payload-with-any-method", .sections = in::global,
    .doc = "Takes HTTP/1.0 requests with a body whose method is GET, HEAD or DELETE. Without it they get 413: an old server that "
           "looks for no body there takes it for another request."}};
const Setting<bool> keep_both{{.name = "h1-do-not-close-on-insecure-transfer-encoding", .sections = in::global,
    .doc = "Keeps a connection after a message with both Transfer-Encoding and Content-Length, which somebody on the way may have "
           "understood otherwise."}};
const Setting<bool> small_while_queued{in::back_or_defaults};
const Setting<NameRule> names{in::proxies};
const Setting<HeaderCases> cases{in::global};

// It is put in last, in place of what is there: these would make another request of it.
void send_name_header(Line& line, Section& section) {
  constexpr std::string_view forbidden[] = {"host", "content-length", "transfer-encoding", "connection"};
  const config::Word* const name = line.take("a header's name");
  if (!name || !line.finish()) return;
  if (std::ranges::any_of(forbidden, [&](std::string_view one) { return equal_nocase(one, name->text); }))
    return line.alert(*name, fmt::format("'http-send-name-header' : '{}' cannot tell the server's name.", name->text));
  section.change(server_name_header, line) = name->text;
}
const Add name_header_entry{Keyword{.name = "http-send-name-header", .args = "<header>", .sections = in::back_or_defaults,
    .parse = send_name_header, .modes = only::http,
    .doc = "A field of this name tells the server's name in every request that is sent to it."}};

void restrict_names(Line& line, Section& section) {
  constexpr std::array rules{Choice<NameRule>{"preserve", NameRule::preserve}, Choice<NameRule>{"delete", NameRule::remove},
                             Choice<NameRule>{"reject", NameRule::reject}};
  const auto rule = line.take_choice<NameRule>(rules);
  if (rule && line.finish()) section.change(names, line) = *rule;
}
const Add restrict_entry{Keyword{.name = "option http-restrict-req-hdr-names", .args = "{preserve | delete | reject}", .sections = in::proxies,
    .parse = restrict_names, .modes = only::http,
    .doc = "What becomes of header names in requests with other characters than letters, digits and hyphens: they stay, go, "
           "or make the request a 403; after the rules of each proxy."}};

// What a request is kept in for retries, and what a check sends, is as long as its bytes in any case. Without words: all of them.
void use_small_buffers(Line& line, Section& section) {
  const std::vector<std::string_view> uses{"queue", "l7-retries", "check"};
  bool queue = line.prefix() == config::Prefix::none && line.at_end();
  while (line.peek()) {
    const auto use = line.take_one_of(uses);
    if (!use) return;
    queue = queue || (*use == 0 && line.prefix() == config::Prefix::none);
  }
  section.change(small_while_queued, line) = queue;
}
const Add small_buffers_entry{Keyword{.name = "option use-small-buffers", .args = "[ queue | l7-retries | check ]*", .sections = in::back_or_defaults,
    .parse = use_small_buffers, .prefixes = config::Prefixes::no_and_default,
    .doc = "What a buffer holds nothing in is given back to the system while its request waits in the queue. What is kept for "
           "retries and what checks send is no longer than it has to be in any case."}};

bool add_case(HeaderCases& to, std::string_view from, std::string_view as, std::string& why) {
  if (!equal_nocase(from, as)) why = fmt::format("'{}' and '{}' differ in more than their case", from, as);
  else if (!to.emplace(lower(from), as).second) why = fmt::format("'{}' is given twice", from);
  return why.empty();
}

void adjust(Line& line, Section& section) {
  const config::Word* const from = line.take("<from>");
  const config::Word* const to = from ? line.take("<to>") : nullptr;
  if (!to || !line.finish()) return;
  std::string why;
  if (!add_case(section.change(cases, line), *from, *to, why)) line.alert(*from, fmt::format("'{}' : {}.", line.keyword(), why));
}
const Add adjust_entry{Keyword{.name = "h1-case-adjust", .args = "<from> <to>", .sections = in::global, .parse = adjust,
    .doc = "How a header name is spelled towards peers for which a proxy has option h1-case-adjust-bogus-client or -server."}};

void adjust_file(Line& line, Section& section) {
  const config::Word* const name = line.take("<file>");
  if (!name || !line.finish()) return;
  std::ifstream file(line.path(*name));
  if (!file) return line.alert(*name, fmt::format("'{}' : cannot read '{}'.", line.keyword(), name->text));
  std::string text, why;
  for (unsigned number = 1; std::getline(file, text); ++number) {
    std::string_view rest = trim(text);
    if (rest.empty() || rest.front() == '#') continue;
    const std::string_view from = rest.substr(0, rest.find_first_of(" \t"));
    if (!add_case(section.change(cases, line), from, trim(rest.substr(from.size())), why))
      return line.alert(*name, fmt::format("'{}' : line {}: {}.", line.keyword(), number, why));
  }
}
const Add adjust_file_entry{Keyword{.name = "h1-case-adjust-file", .args = "<file>", .sections = in::global, .parse = adjust_file,
    .doc = "As h1-case-adjust for every line of a file: two names and blanks between them; lines with # are comments."}};

}  // namespace

http::h1::Options parsing_of(const Section& global) {
  return {.max_fields = global[config::tune_http_maxhdr] - 1, .any_payload = global[any_payload], .keep_both = global[keep_both]};
}

std::shared_ptr<const Quirks> quirks_of(const Section& section, const Section& global) {
  auto quirks = std::make_shared<Quirks>();
  quirks->names = section[names];
  if (section.is(in::front)) {
    quirks->adjust_for_client = section[bogus_client];
    quirks->drop_response_trailers = section[drop_response_trailers];
  }
  if (section.is(in::back)) {
    quirks->adjust_for_server = section[bogus_server];
    quirks->drop_request_trailers = section[drop_request_trailers];
    quirks->check_cache = section[check_cache];
    quirks->prefer_last_server = section[prefer_last];
    quirks->keep_alive_queue = section[keep_alive_queue];
    quirks->server_name_header = section[server_name_header];
    quirks->small_while_queued = section[small_while_queued];
  }
  const bool any = quirks->names != NameRule::preserve || quirks->adjust_for_client || quirks->adjust_for_server ||
                   quirks->drop_request_trailers || quirks->drop_response_trailers || quirks->check_cache ||
                   quirks->prefer_last_server || quirks->small_while_queued || !quirks->server_name_header.empty();
  if (!any) return nullptr;
  if (quirks->adjust_for_client || quirks->adjust_for_server) quirks->cases = global[cases];
  return quirks;
}

}  // namespace sluice::proxy
