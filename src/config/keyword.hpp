// Keyword: the catalog kind of configuration statements that parse themselves. Plain stored values are Settings
// (config/setting.hpp), which make their Keyword themselves.
//
//   void parse_bind(Line& line, Section& section) { section.change(bind_lines, line).push_back(...); line.finish(); }
//   const Add entry{Keyword{.name = "bind", .args = "<address>[,...] [param*]", .sections = in::front,
//                           .parse = parse_bind, .doc = "..."}};
//
// The name is the full one ("timeout client", "stats socket"); the longest registered name wins, so a family
// ("tcp-request content") may have members that are keywords of their own ("tcp-request inspect-delay").
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/add.hpp"
#include "config/line.hpp"
#include "config/section.hpp"

namespace sluice::config {

enum class Mode : std::uint8_t { tcp, http, health, log, spop };

// A set of modes.
struct Modes {
  std::uint8_t bits = 0;
  constexpr Modes operator|(Modes o) const { return {static_cast<std::uint8_t>(bits | o.bits)}; }
  constexpr bool has(Mode mode) const { return (bits >> static_cast<unsigned>(mode)) & 1U; }
  constexpr bool operator==(const Modes&) const = default;
};
namespace only {
inline constexpr Modes any{0xff}, tcp{1}, http{2}, log{8}, tcp_or_http{3};
}

// Which of `no` and `default` may stand before a keyword.
enum class Prefixes : std::uint8_t { none, no, no_and_default };

struct Keyword {
  std::string_view name{};
  std::string_view args{};  // for the manual: "<time>", "{ on | off }"
  Sections sections{};
  void (*parse)(Line& line, Section& section) = nullptr;
  Prefixes prefixes = Prefixes::none;
  Modes modes = only::any;         // elsewhere it is ignored, with a warning
  std::string_view deprecated{};   // the modern form: "timeout client <time>"; said in a warning
  bool exposable = false;          // not said once expose-deprecated-directives is
  std::string_view unused{};       // why it changes nothing here; accepted, reported with -dD
  std::string_view inherent{};     // why what it asks for is so in any case; reported with -dD, too, but it keeps its promise
  bool takes_parameter = false;    // its last word goes on in parentheses: "tcp-check set-var" as set-var(check.x)
  const AnySetting* setting = nullptr;  // set by Setting<T>; parse is null then
  std::string_view doc{};
};

// A kind of line whose parameters are catalog entries of an upper layer ("server", "bind"), so that a parameter typed as
// a line of its own can be explained.
struct LineParameters {
  std::string_view name{};  // of the line
  bool (*has)(std::string_view word) = nullptr;
  std::string_view doc{};
};

// What to say when `word` was typed as a parameter but begins a line of its own; empty if it does not.
std::string line_of_its_own(std::string_view word);

constexpr bool same_entry(const Keyword& a, const Keyword& b) {
  return a.name == b.name && static_cast<bool>(a.sections & b.sections);
}

// All keywords, those of Settings included, by name. Frozen at the first call, after that immutable.
class Keywords {
 public:
  explicit Keywords(std::vector<Keyword> all);
  // Those of this very name, one per group of sections.
  std::vector<const Keyword*> find(std::string_view name) const;
  const Keyword* find(std::string_view name, Sections section) const;
  const std::vector<Keyword>& all() const { return all_; }  // sorted by name

 private:
  std::vector<Keyword> all_;
};
const Keywords& keywords();

// Reads the line: finds its keyword in the section, checks prefix and mode, lets it parse. False if it was none; all
// complaints are in the line's diagnostics. The line begins at its first word (a prefix included).
bool dispatch(Line& line, Section& section);

}  // namespace sluice::config
