// Sections `ring` (manual 3.9): log lines in memory, shown by `show events` and forwarded to servers.
#include <algorithm>

#include "backend/server_option.hpp"
#include "base/text.hpp"
#include "config/not_yet.hpp"
#include "proxy/setting/log_settings.hpp"

namespace sluice::proxy::setting {

using catalog::Add;
using config::Keyword;
using config::Line;
using config::Section;
using config::SectionKind;
using config::Setting;
namespace in = config::in;

const Setting<std::shared_ptr<net::LogRing>> ring{in::ring};

const Setting<std::string> backing_file{{.name = "backing-file", .args = "<path>", .sections = in::ring,
    .doc = "Keeps the lines in this file, mapped into memory, for those who look for the last ones after the process has gone; a file "
           "that is there gets the suffix .bak. Each line stands behind its length in four bytes, new ones take the place of the oldest."}};

namespace {

net::LogRing& ring_of(Line& line, Section& section) { return *section.change(ring, line); }

void begin(Line& line, Section& section) {
  section.change(ring, line) = std::make_shared<net::LogRing>(section.name());
  section.change(ring, line)->description = section.name();
  section.change(ring, line)->dress = net::LogDress::raw;
  line.finish();
}
void finish(const Section& section, const config::Config& config, config::Diagnostics& diagnostics) {
  if (config.find(in::ring, section.name()) != &section)
    diagnostics.alert(section.place(), fmt::format("ring '{}' was declared before", section.name()));
  const net::LogRing& made = *section[ring];
  if (made.longest + 16 > made.size)
    diagnostics.warning(section.place(), fmt::format("ring '{}': a line of 'maxlen' {} does not fit its size of {} bytes",
                                                     section.name(), made.longest, made.size));
}
const Add kind{SectionKind{.name = "ring", .args = "<name>", .bit = in::ring, .header = begin, .finish = finish,
    .doc = "Keeps log lines in memory for `show events` and sends them to servers."}};

void description(Line& line, Section& section) {
  const config::Word* const text = line.take("<text>");
  if (text && line.finish()) ring_of(line, section).description = text->text;
}
void format(Line& line, Section& section) {
  const std::vector<std::string_view> names = net::log_dress_names();
  const auto at = line.take_one_of(names);
  if (at && line.finish()) ring_of(line, section).dress = *net::log_dress_of(names[*at]);
}
void maxlen(Line& line, Section& section) {
  const auto length = line.take_integer("<length>", 1, 65535);
  if (length && line.finish()) ring_of(line, section).longest = static_cast<std::uint32_t>(*length);
}
void size(Line& line, Section& section) {
  const auto bytes = line.take_size("<size>", 64, std::uint64_t{1} << 40);
  if (bytes && line.finish()) ring_of(line, section).size = *bytes;
}
void timeout_connect(Line& line, Section& section) {
  const auto time = line.take_duration("<timeout>");
  if (time && line.finish()) ring_of(line, section).timeout_connect = *time;
}
void timeout_server(Line& line, Section& section) {
  const auto time = line.take_duration("<timeout>");
  if (time && line.finish()) ring_of(line, section).timeout_server = *time;
}

// Of the options of server lines those that say how the connection is made and used; others are taken without effect.
bool means_something(std::string_view option) {
  constexpr std::string_view names[] = {"cc", "log-proto", "max-reuse", "namespace", "no-tfo", "socks4", "source", "tcp-md5sig", "tcp-ut", "tfo"};
  return std::ranges::find(names, option) != std::end(names);
}
bool read_options(Line& line, backend::ServerSettings& settings) {
  const std::string which = fmt::format("server {}", settings.name);
  while (const config::Word* const word = line.next()) {
    const backend::ServerOption* const option = backend::find_server_option(word->text);
    if (!option) {
      const std::string_view missing = config::waits_for(word->text);
      line.alert(*word, missing.empty() ? fmt::format("'{}' : unknown keyword '{}'.", which, word->text)
                                        : fmt::format("'{}' : '{}' is not implemented in this version: {}.", which, word->text, missing));
      return false;
    }
    if (option->inherent.empty() && !means_something(option->name))
      line.warning(*word, fmt::format("'{}' : '{}' has no effect in a ring.", which, word->text));
    if (option->parse && !option->parse(line, settings)) return false;
  }
  const auto use = settings.source.use;
  if (use == backend::Source::Use::none || use == backend::Source::Use::address) return true;
  line.alert(fmt::format("'{}' : a ring has no client whose address 'usesrc' could mean.", which));
  return false;
}

void server(Line& line, Section& section) {
  const config::Word* const name = line.take("<name> and <address>");
  if (!name) return;
  const config::Word* const address = line.take("<address>");
  if (!address) return;
  auto endpoint = net::parse_endpoint(address->text, {.resolve = true, .port_required = true, .multipath_allowed = true});
  if (!endpoint) return line.alert(*address, fmt::format("'server {}' : '{}': {}.", name->text, address->text, endpoint.error()));
  if (endpoint->form != net::Endpoint::Form::address || endpoint->transport != net::Endpoint::Transport::stream)
    return line.alert(*address, fmt::format("'server {}' : lines of rings go to TCP or UNIX stream servers only.", name->text));
  backend::ServerSettings settings;
  settings.name = name->text;
  settings.multipath = endpoint->multipath;
  const net::Address to = endpoint->address;
  if (!read_options(line, settings)) return;
  ring_of(line, section).servers.push_back({.name = settings.name, .address = to,
      .framing = settings.counts_lines ? net::LogRing::Framing::counted : net::LogRing::Framing::lines,
      .connect = backend::connect_options_of(settings, settings.source), .socks4 = settings.socks4, .max_reuse = settings.max_reuse});
}

const Add description_entry{Keyword{.name = "description", .args = "<text>", .sections = in::ring, .parse = description,
    .doc = "What `show events` says about the ring; its name if not said."}};
const Add format_entry{Keyword{.name = "format", .args = "<format>", .sections = in::ring, .parse = format,
    .doc = "The format of its lines, whatever `log ring@...` says; raw if not said."}};
const Add maxlen_entry{Keyword{.name = "maxlen", .args = "<length>", .sections = in::ring, .parse = maxlen,
    .doc = "Longer lines are cut; 1024 if not said."}};
const Add size_entry{Keyword{.name = "size", .args = "<size>", .sections = in::ring, .parse = size,
    .doc = "Bytes of memory for the newest lines; 16384 if not said."}};
const Add connect_entry{Keyword{.name = "timeout connect", .args = "<timeout>", .sections = in::ring, .parse = timeout_connect,
    .doc = "How long connecting to a server may take; five seconds if not said."}};
const Add server_timeout_entry{Keyword{.name = "timeout server", .args = "<timeout>", .sections = in::ring, .parse = timeout_server,
    .doc = "How long a server may take nothing before it is connected to again."}};
const Add server_entry{Keyword{.name = "server", .args = "<name> <address> [param*]", .sections = in::ring, .parse = server,
    .doc = "Sends all lines there: each with a newline (log-proto legacy), or behind its length (octet-count, RFC 6587)."}};

}  // namespace

void open_backing_files(const config::Config& config, config::Diagnostics& diagnostics) {
  for (const Section* section : config.all(in::ring)) {
    if (!section->said(backing_file)) continue;
    if (const auto kept = (*section)[ring]->keep_in((*section)[backing_file]); !kept)
      diagnostics.alert(section->place(backing_file), fmt::format("'backing-file' : '{}' {}.", (*section)[backing_file], kept.error()));
  }
}
}  // namespace sluice::proxy::setting
