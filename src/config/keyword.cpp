#include "config/keyword.hpp"

#include "config/explain.hpp"
#include "config/not_yet.hpp"

#include <cstdio>
#include <cstdlib>
#include <set>

#include "base/text.hpp"
#include "config/removed.hpp"
#include "config/setting.hpp"

namespace sluice::config {

constexpr std::size_t longest_name = 3;  // words in the longest keyword name

Keywords::Keywords(std::vector<Keyword> all) : all_(std::move(all)) {
  std::ranges::stable_sort(all_, {}, &Keyword::name);
  for (std::size_t i = 1; i < all_.size(); ++i)
    for (std::size_t j = i; j-- > 0 && all_[j].name == all_[i].name;)
      if (same_entry(all_[j], all_[i])) {
        std::fprintf(stderr, "sluice: bug: two keywords '%.*s' for the same section\n",
                     static_cast<int>(all_[i].name.size()), all_[i].name.data());
        std::abort();
      }
}

std::vector<const Keyword*> Keywords::find(std::string_view name) const {
  std::vector<const Keyword*> out;
  for (auto at = std::ranges::lower_bound(all_, name, {}, &Keyword::name); at != all_.end() && at->name == name; ++at)
    out.push_back(&*at);
  return out;
}

const Keyword* Keywords::find(std::string_view name, Sections section) const {
  for (auto at = std::ranges::lower_bound(all_, name, {}, &Keyword::name); at != all_.end() && at->name == name; ++at)
    if (at->sections & section) return &*at;
  return nullptr;
}

const Keywords& keywords() {
  static const Keywords all([] {
    std::vector<Keyword> found;
    for (const Keyword* keyword : catalog::entries<Keyword>()) found.push_back(*keyword);
    for (const AnySetting* setting = AnySetting::first(); setting; setting = setting->next_setting()) {
      if (setting->keyword().name.empty()) continue;
      found.push_back(setting->keyword());
      found.back().setting = setting;
    }
    return found;
  }());
  return all;
}

namespace {

std::string joined(std::span<const Word> words, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) out += ' ';
    out += words[i].text;
  }
  return out;
}

// Place of the first `count` words as one.
Place spanning(std::span<const Word> words, std::size_t count) {
  Place place = words[0].place;
  const Place& last = words[count - 1].place;
  if (last.line == place.line) place.width = last.column + last.width - place.column;
  return place;
}

// The first `count` words without the parameter in parentheses the last one goes on with; empty if there is none.
std::string without_parameter(std::span<const Word> words, std::size_t count) {
  const std::string& last = words[count - 1].text;
  const std::size_t open = last.find('(');
  if (open == std::string::npos || open == 0) return {};
  std::string name = joined(words, count);
  name.resize(name.size() - last.size() + open);
  return name;
}

// The keyword the first `count` words are.
const Keyword* keyword_of(std::span<const Word> words, std::size_t count, Sections section) {
  if (const Keyword* const exact = keywords().find(joined(words, count), section)) return exact;
  const Keyword* const found = keywords().find(without_parameter(words, count), section);
  return found && found->takes_parameter ? found : nullptr;
}

// "'frontend' and 'listen'", in the order of the manual.
std::string sections_named(Sections sections) {
  std::vector<std::string_view> names;
  if ((sections & in::proxies) == in::proxies) return "any proxy";
  for (const SectionKind* kind : catalog::entries<SectionKind>())
    if (kind->bit & sections) names.push_back(kind->name);
  if ((sections & in::named_defaults) && !(sections & in::defaults)) names.push_back("defaults <name>");
  return listed(names);
}

// The second words of a family that are in use today: "client", "server", ... of "timeout".
std::vector<std::string_view> members(std::string_view family, Sections section) {
  std::vector<std::string_view> out;
  for (const Keyword& keyword : keywords().all()) {
    if (!(keyword.sections & section) || !keyword.deprecated.empty() || keyword.name.size() <= family.size() + 1) continue;
    if (!keyword.name.starts_with(family) || keyword.name[family.size()] != ' ') continue;
    const std::string_view rest = keyword.name.substr(family.size() + 1);
    const std::string_view word = rest.substr(0, rest.find(' '));
    if (out.empty() || out.back() != word) out.push_back(word);
  }
  return out;
}

std::string did_you_mean(std::string_view word) {
  return word.empty() ? std::string{} : fmt::format("did you mean '{}' maybe ?", word);
}

// The family is known here, its member is not.
void complain_about_member(const Line& line, const std::vector<std::string_view>& known) {
  const auto words = line.words();
  const std::string& family = words[0].text;
  if (words.size() == 1) {
    if (known.size() > 16) line.alert(line.end_place(), fmt::format("'{}' expects an argument", family));
    else line.alert(line.end_place(), fmt::format("'{}' expects {} as argument", family, listed(known, "or")));
    return;
  }
  const Place where = words[1].place;
  if (const std::string_view what = keyword_waits_for(fmt::format("{} {}", family, words[1].text)); !what.empty())
    return line.alert(where, fmt::format("'{} {}' is not implemented in this version: {}", family, words[1].text, what));
  const std::string_view meant = nearest(words[1].text, known);
  std::string suggestion = meant.empty() ? std::string{} : did_you_mean(fmt::format("{} {}", family, meant));
  if (family == "timeout" && is_digit(words[1].text[0]))
    suggestion = fmt::format("say which one; that of health checks is 'timeout check {}'", words[1].text);
  if (family == "option") line.alert(where, fmt::format("unknown option '{}'", words[1].text), suggestion);
  else if (known.size() > 16) line.alert(where, fmt::format("unknown '{}' keyword '{}'", family, words[1].text), suggestion);
  else line.alert(where, fmt::format("'{}' supports {} (got '{}')", family, listed(known), words[1].text), suggestion);
}

// "refresh" where "stats refresh" is meant.
std::string_view second_word_of(std::string_view word, Sections section) {
  for (const Keyword& keyword : keywords().all()) {
    const std::size_t at = keyword.name.find(' ');
    if ((keyword.sections & section) && at != std::string_view::npos && keyword.name.substr(at + 1) == word) return keyword.name;
  }
  return {};
}

void complain_about_unknown(const Line& line, const Section& section) {
  const auto words = line.words();
  if (const std::string_view what = keyword_waits_for(words[0].text); !what.empty())
    return line.alert(words[0], fmt::format("'{}' is not implemented in this version: {}", words[0].text, what));
  std::set<std::string_view> here;
  for (const Keyword& keyword : keywords().all())
    if (keyword.sections & section.bits()) here.insert(keyword.name.substr(0, keyword.name.find(' ')));
  for (const SectionKind* kind : catalog::entries<SectionKind>()) here.insert(kind->name);
  const std::string_view word = words[0].text;
  std::string_view meant = nearest(word, std::vector<std::string_view>(here.begin(), here.end()));
  const std::string_view second = second_word_of(word, section.bits());
  for (const LineParameters* kind : catalog::entries<LineParameters>())
    if (kind->has(word))
      return line.alert(words[0], fmt::format("unknown keyword '{}' in '{}' section", word, section.kind_name()),
                        fmt::format("'{}' is a parameter of '{}' lines", word, kind->name));
  std::string suggestion = did_you_mean(second.empty() ? meant : second);
  if (second.empty() && !meant.empty() && words.size() > 1) {
    const std::string both = fmt::format("{} {}", meant, words[1].text);
    if (keywords().find(both, section.bits())) suggestion = did_you_mean(both);
  }
  if (second.empty() && meant.empty()) {  // perhaps it is meant for another kind of section
    std::vector<std::string_view> elsewhere;
    for (const Keyword& keyword : keywords().all()) elsewhere.push_back(keyword.name);
    const std::string both = joined(words, std::min<std::size_t>(words.size(), 2));
    meant = nearest(both, elsewhere);
    if (meant.empty()) meant = nearest(word, elsewhere);
    if (!meant.empty())
      suggestion = fmt::format("did you mean '{}' in {} ?", meant, sections_named(keywords().find(meant).front()->sections));
  }
  line.alert(words[0], fmt::format("unknown keyword '{}' in '{}' section", word, section.kind_name()), std::move(suggestion));
}

// Most keywords of the other side of a proxy are ignored with a warning, as HAProxy does; without these it would not
// do what it says at all.
constexpr std::string_view strict[] = {"server", "default-server", "server-template", "tcp-request connection",
                                       "tcp-request session", "tcp-response content", "tcp-response inspect-delay",
                                       "declare capture", "retry-on"};

// What stands there is a keyword, but not of this section. False: it is none at all.
bool complain_about_section(const Line& line, const Section& section) {
  const auto words = line.words();
  for (std::size_t count = std::min(longest_name, words.size()); count > 0; --count) {
    std::string name = joined(words, count);
    std::vector<const Keyword*> found = keywords().find(name);
    if (found.empty()) {
      name = without_parameter(words, count);
      found = keywords().find(name);
      std::erase_if(found, [](const Keyword* keyword) { return !keyword->takes_parameter; });
    }
    if (found.empty()) continue;
    Sections allowed{};
    for (const Keyword* keyword : found) allowed = allowed | keyword->sections;
    const bool proxy = section.is(in::front | in::back) && (allowed & (in::front | in::back));
    if (proxy && std::ranges::find(strict, name) == std::end(strict))
      line.diagnostics().warning(spanning(words, count),
                                 fmt::format("'{}' is ignored because {} '{}' has no {} capability", name, section.kind_name(),
                                             section.name(), section.is(in::back) ? "frontend" : "backend"),
                                 fmt::format("it belongs to {}", sections_named(allowed)));
    else if (section.is(in::defaults) && (allowed & in::named_defaults))
      line.alert(spanning(words, count), fmt::format("'{}' is not allowed in an anonymous 'defaults' section", name),
                 "give the section a name");
    else
      line.alert(spanning(words, count), fmt::format("'{}' is not allowed in a '{}' section", name, section.kind_name()),
                 fmt::format("it belongs to {}", sections_named(allowed)));
    return true;
  }
  return false;
}

void complain(const Line& line, const Section& section) {
  if (const Removed* gone = find_removed(line.words(), section.bits())) {
    line.alert(spanning(line.words(), gone->words()),
               fmt::format("'{}' is not supported any more since HAProxy {}", gone->name, gone->since),
               gone->instead.empty() ? std::string{} : fmt::format("use {}", gone->instead));
    return;
  }
  if (const auto known = members(line.words()[0].text, section.bits()); !known.empty()) {
    if (line.words().size() > 1 && complain_about_section(line, section)) return;
    complain_about_member(line, known);
    return;
  }
  if (complain_about_section(line, section)) return;
  complain_about_unknown(line, section);
}

// Looks at the prefix, warns where the keyword asks for it. False: it must not be parsed.
bool allowed(const Keyword& keyword, const Line& line) {
  const std::string_view prefix = line.prefix() == Prefix::no ? "no" : "default";
  const bool fits = line.prefix() == Prefix::none || keyword.prefixes == Prefixes::no_and_default ||
                    (line.prefix() == Prefix::no && keyword.prefixes == Prefixes::no);
  if (!fits) {
    line.alert(fmt::format("'{}' cannot stand before '{}'", prefix, keyword.name));
    return false;
  }
  if (!keyword.deprecated.empty() && !(keyword.exposable && line.deprecated_is_meant()))
    line.diagnostics().warning(line.place(), fmt::format("'{}' is deprecated", keyword.name),
                               fmt::format("use '{}' instead", keyword.deprecated));
  const std::string_view idle = keyword.unused.empty() ? keyword.inherent : keyword.unused;
  if (!idle.empty()) line.diagnostics().diagnostic(line.place(), fmt::format("'{}' changes nothing here: {}", keyword.name, idle));
  return true;
}

}  // namespace

std::string parameter_elsewhere(std::string_view word) {
  for (const LineParameters* kind : catalog::entries<LineParameters>())
    if (kind->has(word)) return fmt::format("'{}' is a parameter of '{}' lines", word, kind->name);
  return {};
}

std::string line_of_its_own(std::string_view word) {
  for (const Keyword& keyword : keywords().all())
    if ((keyword.sections & in::proxies) && keyword.name.substr(0, keyword.name.find(' ')) == word)
      return fmt::format("'{}' begins a line of its own", word);
  return {};
}

bool dispatch(Line& line, Section& section) {
  if (line.words().size() > 1 && (line.words()[0].text == "no" || line.words()[0].text == "default"))
    line.begin(0, line.words()[0].text == "no" ? Prefix::no : Prefix::usual);
  for (std::size_t count = std::min(longest_name, line.words().size()); count > 0; --count) {
    const Keyword* const keyword = keyword_of(line.words(), count, section.bits());
    if (!keyword) continue;
    line.begin(count);
    if (!allowed(*keyword, line)) return true;
    if (line.prefix() == Prefix::none) section.note_use(*keyword, spanning(line.words(), count));
    if (keyword->setting) keyword->setting->parse(line, section);
    else keyword->parse(line, section);
    return true;
  }
  complain(line, section);
  return false;
}

}  // namespace sluice::config
