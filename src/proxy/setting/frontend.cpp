// Keywords of the client's side.
#include "proxy/setting/proxy_settings.hpp"

namespace sluice::proxy::setting {

using catalog::Add;
using config::Keyword;
using config::Line;
using config::Section;
using config::Setting;
namespace in = config::in;

const Setting<std::vector<Bind>> binds{in::front};
const Setting<Lines> default_backend{in::front_or_defaults}, monitor_fail{in::front}, unique_id_format{in::proxies};
const Setting<std::vector<HeaderCapture>> request_captures{in::front}, response_captures{in::front};
const Setting<CookieCapture> cookie_capture{in::front};

const Setting<std::string> monitor_uri{{.name = "monitor-uri", .args = "<uri>", .sections = in::front_or_defaults,
    .modes = config::only::http, .doc = "Requests for exactly this target are answered with 200 here and not logged."}};
const Setting<std::string> unique_id_header{{.name = "unique-id-header", .args = "<name>", .sections = in::front_or_defaults,
    .modes = config::only::http, .doc = "Passes the request's unique id on to the server in this header."}};

namespace {

void parse_bind_line(Line& line, Section& section) {
  if (auto bind = parse_bind(line)) section.change(binds, line).push_back(std::move(*bind));
}

// One line that replaces those before it.
template <const Setting<Lines>& where>
void keep_last(Line& line, Section& section) {
  Lines& lines = section.change(where, line);
  lines.clear();
  lines.push_back(line);
}
void keep_unique_id_format(Line& line, Section& section) {
  if (const config::Word* const word = line.peek(); word && word->text.empty())
    return line.alert(*word, "'unique-id-format' expects a format that is not empty");
  keep_last<unique_id_format>(line, section);
}
template <const Setting<Lines>& where>
void keep_all(Line& line, Section& section) {
  section.change(where, line).push_back(line);
}

// "<name> len <length>"
bool take_capture(Line& line, std::string& name, std::size_t& longest) {
  const config::Word* const word = line.take("<name> len <length>");
  if (!word) return false;
  name = word->text;
  const config::Word* const len = line.take("'len <length>'");
  if (!len) return false;
  if (*len != "len") {
    line.alert(*len, fmt::format("'{}' expects 'len <length>' after the name.", line.keyword()));
    return false;
  }
  const auto size = line.take_integer("<length>", 1, 65535);
  if (size) longest = static_cast<std::size_t>(*size);
  return size && line.finish();
}
template <const Setting<std::vector<HeaderCapture>>& where>
void capture_header(Line& line, Section& section) {
  HeaderCapture capture;
  if (take_capture(line, capture.name, capture.longest)) section.change(where, line).push_back(std::move(capture));
}
void capture_cookie(Line& line, Section& section) {
  CookieCapture capture;
  if (take_capture(line, capture.name, capture.longest)) section.change(cookie_capture, line) = std::move(capture);
}
void declare_capture(Line& line, Section& section) {
  const config::Word* const way = line.take("{ request | response } len <length>");
  if (!way) return;
  if (*way != "request" && *way != "response") {
    line.alert(*way, "'declare capture' expects 'request' or 'response'.");
    return;
  }
  const bool request = *way == "request";
  const config::Word* const len = line.take("'len <length>'");
  if (!len) return;
  if (*len != "len") {
    line.alert(*len, "'declare capture' expects 'len <length>'.");
    return;
  }
  const auto size = line.take_integer("<length>", 1, 65535);
  if (!size || !line.finish()) return;
  section.change(request ? request_captures : response_captures, line).push_back({"", static_cast<std::size_t>(*size)});
}

const Add bind_entry{Keyword{.name = "bind", .args = "<address>[,...] [<option>]*", .sections = in::front, .parse = parse_bind_line,
    .doc = "Listens on these addresses."}};
const Add default_backend_entry{Keyword{.name = "default_backend", .args = "<backend>", .sections = in::front_or_defaults,
    .parse = keep_last<default_backend>, .doc = "Where requests go that no use_backend rule sends elsewhere."}};
const Add monitor_fail_entry{Keyword{.name = "monitor fail", .args = "{ if | unless } <condition>", .sections = in::front,
    .parse = keep_all<monitor_fail>, .modes = config::only::http,
    .doc = "Answers monitor-uri with 503 while the condition holds."}};
const Add unique_id_entry{Keyword{.name = "unique-id-format", .args = "<format>", .sections = in::proxies,
    .parse = keep_unique_id_format, .doc = "How the unique id of a request is made."}};
const Add capture_request_entry{Keyword{.name = "capture request header", .args = "<name> len <length>", .sections = in::front,
    .parse = capture_header<request_captures>, .doc = "Keeps the last value of a request header for the log."}};
const Add capture_response_entry{Keyword{.name = "capture response header", .args = "<name> len <length>", .sections = in::front,
    .parse = capture_header<response_captures>, .doc = "Keeps the last value of a response header for the log."}};
const Add capture_cookie_entry{Keyword{.name = "capture cookie", .args = "<name> len <length>", .sections = in::front,
    .parse = capture_cookie, .doc = "Keeps a cookie that begins with this name, of request and response, for the log."}};
const Add declare_capture_entry{Keyword{.name = "declare capture", .args = "{ request | response } len <length>", .sections = in::front,
    .parse = declare_capture, .doc = "Makes a slot for the capture actions and capture.req.hdr / capture.res.hdr."}};

}  // namespace
}  // namespace sluice::proxy::setting
