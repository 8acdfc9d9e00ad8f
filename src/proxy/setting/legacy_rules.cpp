// Keywords of rules that HAProxy removed in 2.1. They work, and say what is to be written instead.
#include "proxy/rules/legacy.hpp"
#include "proxy/setting/proxy_settings.hpp"

namespace sluice::proxy::setting {

using config::Keyword;
using config::Line;
using config::Section;
namespace in = config::in;

const config::Setting<Lines> legacy_requests{in::proxies}, legacy_responses{in::proxies}, blocks{in::proxies};

namespace {

void keep_line(Line& line, Section& section) {
  const bool response = line.keyword().starts_with("rsp") || line.keyword() == "srvexp";
  line.warning(fmt::format("'{}' is not supported any more since HAProxy 2.1 and still understood here", line.keyword()),
               fmt::format("use '{}' instead", modern_form(line)));
  section.change(response ? legacy_responses : legacy_requests, line).push_back(line);
}
void keep_block(Line& line, Section& section) {
  line.warning("'block' is not supported any more since HAProxy 2.1 and still understood here", "use 'http-request deny' instead");
  section.change(blocks, line).push_back(line);
}

constexpr config::Sections where = in::frontend | in::listen | in::backend;
constexpr Keyword legacy(std::string_view name, std::string_view args, std::string_view doc) {
  return {.name = name, .args = args, .sections = where, .parse = keep_line, .modes = config::only::http, .doc = doc};
}
constexpr std::string_view one = "<regex> [{ if | unless } <condition>]", two = "<regex> <replacement> [{ if | unless } <condition>]",
                           text = "<line> [{ if | unless } <condition>]";
using Add = catalog::Add<Keyword>;
const Add entries[] = {
    Add{legacy("reqadd", text, "Adds a header line to the request.")},
    Add{legacy("reqrep", two, "Replaces lines of the request's head that match.")},
    Add{legacy("reqirep", two, "Replaces lines of the request's head that match in any case.")},
    Add{legacy("cliexp", two, "The oldest name of reqrep.")},
    Add{legacy("reqdel", one, "Removes header lines of the request that match.")},
    Add{legacy("reqidel", one, "Removes header lines of the request that match in any case.")},
    Add{legacy("reqdeny", one, "Denies a request with a line that matches.")},
    Add{legacy("reqideny", one, "Denies a request with a line that matches in any case.")},
    Add{legacy("reqallow", one, "Lets a request with a line that matches pass the rules of this kind behind it.")},
    Add{legacy("reqiallow", one, "Lets a request with a line that matches in any case pass the rules of this kind behind it.")},
    Add{legacy("reqpass", one, "Skips the rules of this kind behind it for a request with a line that matches.")},
    Add{legacy("reqipass", one, "Skips the rules of this kind behind it for a request with a line that matches in any case.")},
    Add{legacy("reqtarpit", one, "Tarpits a request with a line that matches.")},
    Add{legacy("reqitarpit", one, "Tarpits a request with a line that matches in any case.")},
    Add{legacy("rspadd", text, "Adds a header line to the response.")},
    Add{legacy("rsprep", two, "Replaces lines of the response's head that match.")},
    Add{legacy("rspirep", two, "Replaces lines of the response's head that match in any case.")},
    Add{legacy("srvexp", two, "The oldest name of rsprep.")},
    Add{legacy("rspdel", one, "Removes header lines of the response that match.")},
    Add{legacy("rspidel", one, "Removes header lines of the response that match in any case.")},
    Add{legacy("rspdeny", one, "Keeps a response with a line that matches back.")},
    Add{legacy("rspideny", one, "Keeps a response with a line that matches in any case back.")},
    Add{Keyword{.name = "block", .args = "{ if | unless } <condition>", .sections = where, .parse = keep_block, .modes = config::only::http,
                .doc = "Denies requests, before all http-request rules."}},
};

}  // namespace
}  // namespace sluice::proxy::setting
