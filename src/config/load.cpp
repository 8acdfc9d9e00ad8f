#include "config/load.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <set>

#include "base/text.hpp"
#include "config/keyword.hpp"
#include "config/lexer.hpp"
#include "config/loading.hpp"
#include "config/name.hpp"
#include "config/setting/proxy.hpp"

namespace sluice::config {
namespace {

// "'frontend' and 'listen'"
std::string kinds_named(Sections sections) {
  std::vector<std::string_view> names;
  for (const SectionKind* kind : catalog::entries<SectionKind>())
    if (sections & kind->bit) names.push_back(kind->name);
  return listed(names);
}

// Sections the language has and this program does not (yet): what they contain is not looked at.
constexpr std::string_view foreign_sections[] = {"peers",      "resolvers",   "ring",        "cache",   "mailers",
                                                 "program",    "fcgi-app",    "log-forward", "log-profile", "crt-store",
                                                 "healthcheck", "traces",     "acme",        "namespace_list"};

// The order in which the rules of a proxy are looked at, whatever the order of their lines (manual, section 4.2 of each).
int turn_of(std::string_view keyword) {
  static constexpr std::pair<std::string_view, int> turns[] = {
      {"tcp-request connection", 1}, {"tcp-request session", 2}, {"tcp-request content", 3}, {"monitor fail", 4},
      {"http-request", 5},           {"redirect", 6},            {"use_backend", 7},         {"use-server", 7}};
  for (const auto& [name, turn] : turns)
    if (name == keyword) return turn;
  return 0;
}

// Rules of messages and connections, in what may stand in named defaults sections.
bool is_rule(const Section::Use& use) {
  const std::string_view name = use.keyword->name;
  return name == "http-request" || name == "http-response" || name == "http-after-response" || name == "tcp-response content" ||
         (name.starts_with("tcp-request ") && name != "tcp-request inspect-delay");
}

// Whoever reads the file from top to bottom would think otherwise.
void look_for_late_rules(const Section& section, Diagnostics& diagnostics) {
  const Section::Use* latest = nullptr;
  for (const Section::Use& use : section.uses()) {
    const int turn = turn_of(use.keyword->name);
    if (turn == 0) continue;
    if (!latest || turn >= turn_of(latest->keyword->name)) latest = &use;
    else
      diagnostics.warning(use.place, fmt::format("a '{}' rule placed after a '{}' rule (line {}) will still be processed before",
                                                 use.keyword->name, latest->keyword->name, latest->place.line));
  }
}

const SectionKind* kind_named(std::string_view name) { return catalog::entries<SectionKind>().find(name); }

}  // namespace

// The `.if` blocks that are open: one state each.
class Conditions {
 public:
  bool active() const { return std::ranges::all_of(blocks_, [](const Block& block) { return block.taking; }); }
  bool inside() const { return !blocks_.empty(); }
  // Whether the enclosing blocks are active: else a condition is not even evaluated.
  bool active_around() const {
    return std::all_of(blocks_.begin(), blocks_.end() - (blocks_.empty() ? 0 : 1), [](const Block& b) { return b.taking; });
  }
  Place innermost() const { return blocks_.back().place; }
  void open(Place place, bool now) { blocks_.push_back({place, now, now, false}); }
  bool taken() const { return blocks_.back().taken; }
  bool after_else() const { return blocks_.back().after_else; }
  void turn(bool now) {
    blocks_.back().taking = now;
    blocks_.back().taken = blocks_.back().taken || now;
  }
  void turn_to_else() {
    turn(!blocks_.back().taken);
    blocks_.back().after_else = true;
  }
  void close() { blocks_.pop_back(); }

 private:
  struct Block {
    Place place;
    bool taking;      // lines count now
    bool taken;       // one of the branches was true already
    bool after_else;
  };
  std::vector<Block> blocks_;
};

class Loader {
 public:
  Loader(LoadOptions options, Diagnostics& diagnostics)
      : options_(std::move(options)), diagnostics_(diagnostics), config_(std::make_shared<Config>()) {
    loading_.environment = std::move(options_.environment);
    diagnostics_.read_from(config_->sources_);
    config_->sections_.push_back(std::make_unique<Section>(*kind_named("global"), std::string{}, Place{}, nullptr));
  }

  std::shared_ptr<const Config> load(std::vector<Input> inputs) {
    for (const Input& input : inputs) config_->files_.push_back(input.name);
    for (Input& input : inputs) read(config_->sources_.add(std::move(input.name), std::move(input.text)));
    finish();
    return config_;
  }

 private:
  enum class Area : std::uint8_t { outside, section, skipped };

  void read(const SourceFile& file);
  void statement(std::vector<Word> words);
  void directive(const std::vector<Word>& words);
  void message(const std::vector<Word>& words, Severity severity);
  bool condition(const std::vector<Word>& words);
  bool alone(const std::vector<Word>& words);
  void open_section(const SectionKind& kind, std::vector<Word> words);
  const Section* defaults_for(const SectionKind& kind, std::vector<Word>& words, std::string_view name);
  void look_for_double(const Section& section);
  void look_for_shared_rules(const Section& section);
  void look_for_mixed_use();
  void end_section();
  void finish();

  LoadOptions options_;
  Diagnostics& diagnostics_;
  std::shared_ptr<Config> config_;
  Loading loading_;
  Conditions conditions_;
  Lexer* lexer_ = nullptr;
  Area area_ = Area::outside;
  Section* section_ = nullptr;         // of Area::section
  const Section* defaults_ = nullptr;  // the last one
  std::set<const Section*> named_;            // defaults used with `from`
  std::map<const Section*, Place> implied_;   // defaults used because they were the last, and where first
  std::map<const Section*, Sections> rule_users_;  // defaults with rules, and the kind of section that has them from there
};

void Loader::read(const SourceFile& file) {
  loading_.file = file.name;
  conditions_ = {};
  Lexer lexer(file, loading_.environment, diagnostics_);
  lexer_ = &lexer;
  while (auto words = lexer.next()) statement(std::move(*words));
  lexer_ = nullptr;
  if (conditions_.inside()) diagnostics_.alert(conditions_.innermost(), "non-terminated '.if' block", "an '.endif' is missing");
  end_section();  // a section ends with its file
  area_ = Area::outside;
}

void Loader::statement(std::vector<Word> words) {
  const std::string& first = words.front().text;
  if (first.starts_with('.')) return directive(words);
  if (!conditions_.active()) return;
  if (const SectionKind* kind = kind_named(first)) return open_section(*kind, std::move(words));
  if (std::ranges::find(foreign_sections, first) != std::end(foreign_sections)) {
    end_section();
    diagnostics_.alert(words.front().place, fmt::format("section '{}' is not implemented in this version", first),
                       "its lines are skipped");
    area_ = Area::skipped;
    return;
  }
  if (area_ == Area::skipped) return;
  if (area_ == Area::outside) {
    const std::vector<std::string_view> names = catalog::entries<SectionKind>().names();
    Sections belongs;
    for (const Keyword& keyword : keywords().all())
      if (keyword.name == first || (keyword.name.starts_with(first) && keyword.name[first.size()] == ' ')) belongs = belongs | keyword.sections;
    if (belongs) {
      diagnostics_.alert(words.front().place, fmt::format("unknown keyword '{}' out of section", first),
                         fmt::format("it belongs to {}", kinds_named(belongs)));
      return;
    }
    const std::string_view meant = nearest(first, names);
    diagnostics_.alert(words.front().place, fmt::format("unknown keyword '{}' out of section", first),
                       meant.empty() ? "a section must begin first" : fmt::format("did you mean '{}' maybe ?", meant));
    return;
  }
  Line line(std::move(words), diagnostics_);
  line.set_loading(loading_);
  dispatch(line, *section_);
}

void Loader::directive(const std::vector<Word>& words) {
  const std::string& name = words[0].text;
  if (name == ".if") {
    // Inside a block that does not count, conditions are not looked at.
    conditions_.open(words[0].place, conditions_.active() && condition(words));
    return;
  }
  if (name == ".elif" || name == ".else" || name == ".endif") {
    if (!conditions_.inside()) {
      diagnostics_.alert(words[0].place, fmt::format("lone '{}' with no matching '.if'", name));
      return;
    }
    if (name == ".endif") {
      alone(words);
      conditions_.close();
      return;
    }
    if (conditions_.after_else()) {
      diagnostics_.alert(words[0].place, fmt::format("'{}' after '.else' is not permitted", name));
      return;
    }
    if (name == ".elif") return conditions_.turn(!conditions_.taken() && conditions_.active_around() && condition(words));
    alone(words);
    return conditions_.turn_to_else();
  }
  if (!conditions_.active()) return;
  if (name == ".notice") return message(words, Severity::notice);
  if (name == ".warning") return message(words, Severity::warning);
  if (name == ".alert") return message(words, Severity::alert);
  if (name == ".diag") return message(words, Severity::diagnostic);
  static const std::vector<std::string_view> names{".if", ".elif", ".else", ".endif", ".notice", ".warning", ".alert", ".diag"};
  const std::string_view meant = nearest(name, names);
  diagnostics_.alert(words[0].place, fmt::format("unknown directive '{}'", name),
                     meant.empty() ? std::string{} : fmt::format("did you mean '{}' maybe ?", meant));
}

bool Loader::alone(const std::vector<Word>& words) {
  if (words.size() == 1) return true;
  diagnostics_.alert(words[1].place, fmt::format("unexpected argument '{}' for '{}'", words[1].text, words[0].text));
  return false;
}

void Loader::message(const std::vector<Word>& words, Severity severity) {
  if (words.size() > 2) {
    diagnostics_.alert(words[2].place, fmt::format("unexpected argument '{}' for '{}'", words[2].text, words[0].text),
                       "use quotes if the message should contain spaces");
    return;
  }
  diagnostics_.add(severity, words[0].place, fmt::format("'{}'", words.size() > 1 ? words[1].text : std::string{}));
}

// The words of a condition are one text again, each byte of which still knows its place.
bool Loader::condition(const std::vector<Word>& words) {
  std::string text;
  std::vector<std::pair<std::size_t, const Word*>> starts;
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (i > 1) text += ' ';
    starts.emplace_back(text.size(), &words[i]);
    text += words[i].text;
  }
  const Reading<bool> value = evaluate(text, options_.facts, loading_.environment);
  if (value) return *value;
  Place place = words[0].place;
  for (const auto& [start, word] : starts)
    if (start <= value.error().offset) place = word->at(value.error().offset - start);
  diagnostics_.alert(place, fmt::format("{}, in '{}'", value.error().why, words[0].text));
  return false;
}

void Loader::open_section(const SectionKind& kind, std::vector<Word> words) {
  end_section();
  area_ = Area::section;
  std::string name;
  Place place = words[0].place;
  std::size_t header_words = 1;
  const bool has_name = kind.naming != Naming::none && words.size() > 1 &&
                        !(kind.naming == Naming::optional && words[1].text == "from");
  if (has_name) {
    name = words[1].text;
    place = words[1].place;
    header_words = 2;
    good_name(words[1], fmt::format("'{}' name", kind.name), diagnostics_);
  } else if (kind.naming == Naming::required) {
    Line line(words, diagnostics_);
    line.alert(line.end_place(), fmt::format("'{}' expects a name", kind.name));
  }
  if (kind.bit == in::global) {
    if (config_->sections_.size() > 1)
      diagnostics_.diagnostic(place, "a 'global' section after other sections: what it changes does not reach back");
    section_ = config_->sections_.front().get();
  } else {
    const Section* from = kind.bit & in::proxies ? defaults_for(kind, words, name) : nullptr;
    auto section = std::make_unique<Section>(kind, name, place, from);
    section_ = section.get();
    section_->set_number(config_->sections_.size());
    look_for_double(*section_);
    look_for_shared_rules(*section_);
    config_->sections_.push_back(std::move(section));
    if (!name.empty()) config_->by_name_.emplace(name, section_);
    if (section_->is(in::defaults)) defaults_ = section_;
    if (section_->is(in::front)) config_->frontends_.push_back(section_);
    if (section_->is(in::back)) config_->backends_.push_back(section_);
  }
  lexer_->set_section(name.empty() ? std::string(kind.name) : name);
  Line line(std::move(words), diagnostics_);
  line.set_loading(loading_);
  line.begin(1);
  if (header_words == 2) line.next();
  if (kind.header) kind.header(line, *section_);
  else line.finish();
}

// Takes `from <name>` out of the words. Without it, the last defaults section counts; another defaults section takes
// nothing from it.
const Section* Loader::defaults_for(const SectionKind& kind, std::vector<Word>& words, std::string_view name) {
  for (std::size_t i = name.empty() ? 1 : 2; i < words.size(); ++i) {
    if (words[i].text != "from") continue;
    if (i + 1 == words.size()) {
      Line line(words, diagnostics_);
      line.alert(line.end_place(), fmt::format("'from' expects the name of a 'defaults' section"));
      words.pop_back();
      return defaults_;
    }
    const Word wanted = words[i + 1];
    words.erase(words.begin() + static_cast<std::ptrdiff_t>(i), words.begin() + static_cast<std::ptrdiff_t>(i + 2));
    std::vector<const Section*> found;
    for (auto at = config_->by_name_.lower_bound(wanted.text); at != config_->by_name_.end() && at->first == wanted.text; ++at)
      if (at->second->is(in::defaults)) found.push_back(at->second);
    if (found.empty()) {
      std::vector<std::string_view> names;
      for (const Section* one : config_->all(in::defaults)) names.push_back(one->name());
      const std::string_view meant = nearest(wanted.text, names);
      diagnostics_.alert(wanted.place, fmt::format("defaults section '{}' not found for {} '{}'", wanted.text, kind.name, name),
                         meant.empty() ? std::string{} : fmt::format("did you mean '{}' maybe ?", meant));
      return defaults_;
    }
    if (found.size() > 1)
      diagnostics_.alert(wanted.place, fmt::format("ambiguous defaults section name '{}' exists at least at {}:{} and {}:{}",
                                                   wanted.text, found[0]->place().file, found[0]->place().line,
                                                   found[1]->place().file, found[1]->place().line));
    named_.insert(found.back());
    return found.back();
  }
  if (kind.bit == in::defaults) return nullptr;
  if (defaults_) implied_.emplace(defaults_, words[name.empty() ? 0 : 1].place);
  return defaults_;
}

// One defaults section used both ways: a section put in between would silently change the proxies that do not name it.
void Loader::look_for_mixed_use() {
  for (const Section* section : config_->all(in::defaults))
    if (named_.contains(section) && implied_.contains(section))
      diagnostics_.warning(implied_[section], fmt::format("defaults section '{}' (declared at {}:{}) is named by another proxy with 'from' and "
                                              "used here because it is the last one",
                                              section->name(), section->place().file, section->place().line),
                           fmt::format("write 'from {}' here too", section->name()));
}

// Two proxies of the same side, or two userlists: rules and logs could not tell them apart.
void Loader::look_for_double(const Section& section) {
  if (section.name().empty() || section.is(in::defaults)) return;
  const Sections side = section.is(in::listen) ? in::front | in::back
                        : section.is(in::frontend) ? in::front
                        : section.is(in::backend) ? in::back : section.bits();
  const Section* other = config_->find(side, section.name());
  if (!other) return;
  diagnostics_.warning(section.place(),
                       fmt::format("{} '{}' has the same name as {} '{}' declared at {}:{}", section.kind_name(), section.name(),
                                   other->kind_name(), other->name(), other->place().file, other->place().line),
                       "references by name find the first one");
}

// Rules of a defaults section belong to frontends or to backends (manual 4.2, "http-request"): whose turn comes when would
// not be clear otherwise.
void Loader::look_for_shared_rules(const Section& section) {
  const Section* const from = section.from();
  if (!from) return;
  if (std::ranges::none_of(from->uses(), is_rule)) return;
  const std::string declared = fmt::format("(defaults section at {}:{})", from->place().file, from->place().line);
  if (section.is(in::defaults))
    return diagnostics_.alert(section.place(), fmt::format("a defaults section cannot inherit from a defaults section defining TCP/HTTP rules {}.", declared));
  if (section.is(in::listen))
    return diagnostics_.alert(section.place(), fmt::format("a listen section cannot inherit from a defaults section defining TCP/HTTP rules {}.", declared));
  for (const Section::Use& use : from->uses())
    if (section.is(in::backend) && is_rule(use) && !(use.keyword->sections & in::backend))
      return diagnostics_.alert(section.place(), fmt::format("a backend section cannot inherit from a defaults section defining 'tcp-request connection' "
                                                             "or 'tcp-request session' rules {}.", declared));
  const auto [at, fresh] = rule_users_.try_emplace(from, section.bits());
  if (!fresh && at->second != section.bits())
    diagnostics_.alert(section.place(), fmt::format("frontends and backends cannot inherit from the same defaults section if it defines TCP/HTTP "
                                                    "rules {}.", declared));
}

// What was written for another mode than the section's has no effect: say so.
void Loader::end_section() {
  if (!section_) return;
  if (section_->is(in::front | in::back)) {
    const Mode actual = (*section_)[mode];
    for (const Section::Use& use : section_->uses()) {
      if (use.keyword->modes.has(actual)) continue;
      if ((*section_)[switches_mode] && use.keyword->modes.has(Mode::http)) continue;
      diagnostics_.warning(use.place, fmt::format("'{}' is ignored for {} '{}' as it requires {} mode", use.keyword->name,
                                                  section_->kind_name(), section_->name(),
                                                  use.keyword->modes.has(Mode::http) ? "HTTP" : "TCP"));
    }
    look_for_late_rules(*section_, diagnostics_);
  }
  section_ = nullptr;
}

void Loader::finish() {
  look_for_mixed_use();
  for (const auto& section : config_->sections_)
    if (section->kind().finish) section->kind().finish(*section, *config_, diagnostics_);
  config_->environment_ = std::move(loading_.environment);
}

std::shared_ptr<const Config> load(std::vector<Input> inputs, LoadOptions options, Diagnostics& diagnostics) {
  return Loader(std::move(options), diagnostics).load(std::move(inputs));
}

std::vector<std::string> config_files(std::span<const std::string> paths, Diagnostics& diagnostics) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) {
      diagnostics.alert(fmt::format("Cannot open configuration file/directory {} : {}", path, std::strerror(errno)));
      continue;
    }
    if (!S_ISDIR(status.st_mode)) {
      files.push_back(path);
      continue;
    }
    DIR* const directory = ::opendir(path.c_str());
    if (!directory) {
      diagnostics.alert(fmt::format("Cannot open configuration directory {} : {}", path, std::strerror(errno)));
      continue;
    }
    std::vector<std::string> inside;
    while (const dirent* entry = ::readdir(directory)) {
      const std::string_view name = entry->d_name;
      if (name.starts_with('.') || !name.ends_with(".cfg")) continue;
      std::string file = fmt::format("{}{}{}", path, path.ends_with('/') ? "" : "/", name);
      struct stat of_file{};
      if (::stat(file.c_str(), &of_file) == 0 && S_ISREG(of_file.st_mode)) inside.push_back(std::move(file));
    }
    ::closedir(directory);
    std::ranges::sort(inside);
    files.insert(files.end(), inside.begin(), inside.end());
  }
  return files;
}

std::vector<Input> read_files(std::span<const std::string> files, Diagnostics& diagnostics) {
  std::vector<Input> inputs;
  for (const std::string& name : files) {
    const int fd = ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
    std::string text;
    ssize_t count = fd < 0 ? -1 : 1;
    while (count > 0) {
      char piece[65536];
      count = ::read(fd, piece, sizeof piece);
      if (count > 0) text.append(piece, static_cast<std::size_t>(count));
      else if (count < 0 && errno == EINTR) count = 1;
    }
    if (count < 0) diagnostics.alert(fmt::format("Could not open configuration file {} : {}", name, std::strerror(errno)));
    else inputs.push_back({name, std::move(text)});
    if (fd >= 0) ::close(fd);
  }
  return inputs;
}

}  // namespace sluice::config
