// filter: what looks at the bytes of a stream on their way (manual section 9). Bandwidth limits are there; a limit that
// many streams share needs byte rates in stick tables and is refused.
#include "proxy/filter.hpp"

#include "base/text.hpp"
#include "proxy/bandwidth.hpp"
#include "proxy/setting/proxy_settings.hpp"

namespace sluice::proxy {
namespace setting {
const config::Setting<std::vector<std::shared_ptr<const BandwidthFilter>>> bandwidth_filters{config::in::proxies};
}

namespace {

using catalog::Add;
using config::Keyword;
using config::Line;
using config::Section;
namespace in = config::in;

void complain_shared(Line& line, const config::Word& word) {
  line.alert(word, fmt::format("'{}' : '{}' limits many streams together, by the byte rates of a stick table; that is not implemented in this version.",
                               line.keyword(), word.text),
             "'default-limit <size> default-period <time>' limits each stream by itself");
}

template <BandwidthFilter::Way way>
void parse_bandwidth(Line& line, Section& section) {
  const config::Word* const name = line.take("<name>");
  if (!name) return;
  auto made = std::make_shared<BandwidthFilter>();
  made->name = name->text;
  made->way = way;
  bool has_limit = false, has_period = false;
  while (const config::Word* const word = line.peek()) {
    line.next();
    if (*word == "default-limit") {
      const auto bytes = line.take_size("<size>", 1);
      if (!bytes) return;
      made->limit = *bytes;
      has_limit = true;
    } else if (*word == "default-period") {
      const auto time = line.take_duration("<time>");
      if (!time) return;
      made->period = *time;
      has_period = true;
    } else if (*word == "min-size") {
      const auto bytes = line.take_size("<size>");
      if (!bytes) return;
      made->least = *bytes;
    } else if (*word == "limit" || *word == "key" || *word == "table") {
      return complain_shared(line, *word);
    } else {
      return line.alert(*word, fmt::format("'{}' : expects 'default-limit', 'default-period' and 'min-size', not '{}'.", line.keyword(), word->text));
    }
  }
  if (!has_limit || !has_period || made->period.us <= 0)
    return line.alert(line.end_place(), fmt::format("'{}' : '{}' needs 'default-limit <size>' and 'default-period <time>', a time above 0.",
                                                    line.keyword(), made->name));
  auto& all = section.change(setting::bandwidth_filters, line);
  if (std::ranges::any_of(all, [&](const auto& one) { return one->name == made->name; }))
    return line.alert(*name, fmt::format("'{}' : there is another filter named '{}' in this section.", line.keyword(), made->name));
  all.push_back(std::move(made));
}

// Filters HAProxy has and this version does not.
constexpr std::pair<std::string_view, std::string_view> missing[] = {
    {"cache", "caches are"}, {"compression", "compression is"}, {"comp-req", "compression is"}, {"comp-res", "compression is"},
    {"fcgi-app", "FastCGI is"}, {"spoe", "SPOE is"}, {"trace", "the tracing filter is"}, {"opentracing", "OpenTracing is"}, {"lua.", "Lua is"},
};

void parse_filter(Line& line, Section& section) {
  const config::Word* const word = line.take("<name>");
  if (!word) return;
  std::vector<std::string_view> names;
  for (const Filter* filter : catalog::entries<Filter>()) {
    if (*word == filter->name) return filter->parse(line, section);
    names.push_back(filter->name);
  }
  for (const auto& [name, what] : missing)
    if (word->text.starts_with(name))
      return line.alert(*word, fmt::format("'{}' : filter '{}' is not implemented in this version: {} not there yet.", line.keyword(), word->text, what));
  const std::string_view near = nearest(word->text, names);
  line.alert(*word, fmt::format("'{}' : unknown filter '{}'.", line.keyword(), word->text),
             near.empty() ? std::string() : fmt::format("did you mean '{}' ?", near));
}

const Add keyword{Keyword{.name = "filter", .args = "<name> [param*]", .sections = in::frontend | in::listen | in::backend,
    .parse = parse_filter, .doc = "Puts a filter between client and server: bwlim-in or bwlim-out."}};
const Add bwlim_in{Filter{.name = "bwlim-in", .args = "<name> default-limit <size> default-period <time> [min-size <size>]",
    .parse = parse_bandwidth<BandwidthFilter::Way::upload>, .doc = "Limits what clients send, once set-bandwidth-limit says so."}};
const Add bwlim_out{Filter{.name = "bwlim-out", .args = "<name> default-limit <size> default-period <time> [min-size <size>]",
    .parse = parse_bandwidth<BandwidthFilter::Way::download>, .doc = "Limits what clients get, once set-bandwidth-limit says so."}};

}  // namespace
}  // namespace sluice::proxy
