// show, get, add, set, del, clear, prepare, commit of maps and ACLs: files of patterns, changed while they are used.
#include "admin/command.hpp"
#include "base/grace.hpp"
#include "base/text.hpp"
#include "expr/pattern_store.hpp"
#include "proxy/local.hpp"

namespace sluice::admin {
namespace {
using catalog::Add;
using expr::PatternStore;

enum class Kind : std::uint8_t { map, acl };

constexpr std::string_view name_of(Kind kind) { return kind == Kind::map ? "map" : "ACL"; }
bool is_of(Kind kind, const PatternStore& store) { return kind == Kind::map ? store.is_map() : store.is_acl(); }

// "@<version>" in front of the other words.
struct Reference {
  std::optional<PatternStore::Version> version;
  std::shared_ptr<PatternStore> store;
  std::size_t next = 1;  // the word behind the name
};

bool take_version(Call& call, Reference& reference) {
  if (!call.word(0).starts_with('@')) return true;
  const auto number = parse_uint(call.word(0).substr(1));
  if (!number || *number > 0xffffffff) {
    call.fail("Version number expected after '@'.");
    return false;
  }
  reference.version = static_cast<PatternStore::Version>(*number);
  reference.next = 2;
  return true;
}

template <Kind kind>
std::optional<Reference> take_reference(Call& call) {
  Reference reference;
  if (!take_version(call, reference)) return std::nullopt;
  reference.store = call.world.proxies->patterns.find(call.word(reference.next - 1));
  if (reference.store && is_of(kind, *reference.store)) {
    if (!reference.version || *reference.version != reference.store->current_version()) return reference;
    reference.version.reset();
    return reference;
  }
  call.fail(fmt::format("Unknown {} identifier. Please use #<id> or <file>.", name_of(kind)));
  return std::nullopt;
}

// What is not current must be prepared and not gone.
bool is_prepared(Call& call, const Reference& reference) {
  if (!reference.version || *reference.version <= reference.store->next_version()) return true;
  call.fail("Version number in the future, please use 'prepare map' before.");
  return false;
}

// ---- looking

template <Kind kind>
void list_stores(Call& call) {
  call.answer += "# id (file) description\n";
  for (const PatternStore* store : call.world.proxies->patterns.sorted())
    if (is_of(kind, *store))
      call.answer += fmt::format("{} ({}) {}. curr_ver={} next_ver={} entry_cnt={}\n", store->id(), store->name(), store->description(),
                                 store->current_version(), store->next_version(), store->size());
}

template <Kind kind>
void run_show(Call& call) {
  if (call.words.empty()) return list_stores<kind>(call);
  const auto reference = take_reference<kind>(call);
  if (!reference) return;
  constexpr std::size_t at_once = 1000;
  for (std::size_t from = 0;; from += at_once) {
    const auto lines = reference->store->list(from, at_once, reference->version);
    for (const PatternStore::Line& line : lines)
      call.answer += kind == Kind::map ? fmt::format("{} {} {}\n", line.id, line.key, line.value) : fmt::format("{} {}\n", line.id, line.key);
    if (lines.size() < at_once) return;
  }
}

bool has_tree(std::string_view match) { return match == "str" || match == "beg" || match == "ip"; }

template <Kind kind>
std::string answer_text(const PatternStore::Answer& answer) {
  std::string out = fmt::format("type={}, case={}", answer.match->name, answer.letters == expr::Letters::exact ? "sensitive" : "insensitive");
  if (!answer.found) return out + (kind == Kind::map ? ", found=no" : ", match=no");
  const std::string_view index = has_tree(answer.match->name) ? "tree" : "list";
  if (kind == Kind::acl) return out + fmt::format(", match=yes, idx={}, pattern=\"{}\"", index, answer.key);
  return out + fmt::format(", found=yes, idx={}, key=\"{}\", value=\"{}\", type=\"str\"", index, answer.key, answer.value);
}

template <Kind kind>
void run_get(Call& call) {
  if (call.word(0).empty() || call.word(1).empty()) return call.fail(fmt::format("Missing {} identifier and/or key.", name_of(kind)));
  const auto reference = take_reference<kind>(call);
  if (!reference) return;
  Arena arena;
  proxy::WorkerAmbient ambient(call.worker);
  expr::Scope scope;
  scope.arena = &arena;
  scope.ambient = &ambient;
  const ReadSection reading;
  for (const PatternStore::Answer& answer : reference->store->look(expr::Sample::text(call.word(1)), scope))
    call.answer += answer_text<kind>(answer) + "\n";
}

// ---- changing

void report(Call& call, const PatternStore::Failure& done) {
  if (!done) call.fail(done.error());
}

// One "key value" a line.
std::vector<expr::PatternRow> rows_of(std::string_view payload, Kind kind) {
  std::vector<expr::PatternRow> rows;
  while (!payload.empty()) {
    const std::string_view line = trim(take_until(payload, '\n'));
    if (line.empty()) continue;
    expr::PatternRow row{.key = line};
    const auto blank = kind == Kind::map ? line.find_first_of(" \t") : line.npos;
    row.key = line.substr(0, blank);
    if (blank != line.npos) row.value = trim(line.substr(blank));
    rows.push_back(row);
  }
  return rows;
}

template <Kind kind>
void run_add(Call& call) {
  const std::size_t shift = call.word(0).starts_with('@') ? 1 : 0;
  const bool whole = !call.word(shift + (kind == Kind::map ? 2 : 1)).empty();
  if (call.word(shift).empty() || (!whole && call.payload.empty()))
    return call.fail(kind == Kind::map ? "'add map' expects three parameters (map identifier, key and value) or one parameter "
                                         "(map identifier) and a payload"
                                       : "'add acl' expects two parameters: ACL identifier and pattern.");
  const auto reference = take_reference<kind>(call);
  if (!reference || !is_prepared(call, *reference)) return;
  if (!call.payload.empty()) return report(call, reference->store->add(rows_of(call.payload, kind), reference->version));
  const expr::PatternRow row{call.word(shift + 1), kind == Kind::map ? call.word(shift + 2) : std::string_view{}};
  report(call, reference->store->add({&row, 1}, reference->version));
}

// "#0x55...": an entry as show map names it.
std::optional<const void*> entry_of(std::string_view word) {
  if (!word.starts_with("#0x")) return std::nullopt;
  std::uintptr_t address = 0;
  const auto [at, error] = std::from_chars(word.data() + 3, word.data() + word.size(), address, 16);
  if (error != std::errc() || at != word.data() + word.size()) return std::nullopt;
  return reinterpret_cast<const void*>(address);
}

void run_set(Call& call) {
  if (call.word(2).empty()) return call.fail("'set map' expects three parameters: map identifier, key and value.");
  const auto reference = take_reference<Kind::map>(call);
  if (!reference) return;
  if (const auto entry = entry_of(call.word(1))) {
    const auto done = reference->store->set_entry(*entry, call.word(2));
    if (!done) return call.fail(done.error());
    if (!*done) call.fail("key or pattern not found.");
    return;
  }
  const auto done = reference->store->set(call.word(1), call.word(2));
  if (!done) return call.fail(done.error());
  if (*done == 0) call.fail("entry not found.");
}

template <Kind kind>
void run_del(Call& call) {
  if (call.word(1).empty()) return call.fail(fmt::format("This command expects two parameters: {} identifier and key.", name_of(kind)));
  const auto reference = take_reference<kind>(call);
  if (!reference) return;
  const auto entry = entry_of(call.word(1));
  const bool found = entry ? reference->store->remove_entry(*entry) : reference->store->remove(call.word(1)) != 0;
  if (!found) call.fail("Key not found.");
}

template <Kind kind>
void run_clear(Call& call) {
  if (const auto reference = take_reference<kind>(call)) reference->store->clear(reference->version);
}

template <Kind kind>
void run_prepare(Call& call) {
  if (const auto reference = take_reference<kind>(call))
    call.say(Weight::info, fmt::format("New version created: {}", reference->store->prepare()));
}

template <Kind kind>
void run_commit(Call& call) {
  if (!call.word(0).starts_with('@')) return call.fail(fmt::format("'commit' expects two parameters: version number and {} identifier.", name_of(kind)));
  const auto reference = take_reference<kind>(call);
  if (!reference) return;
  if (!reference->version || *reference->version > reference->store->next_version()) return call.fail("Version number out of range.");
  report(call, reference->store->commit(*reference->version));
}

const Add show_map{Command{.name = "show map", .args = "[[@<version>] <map>]", .level = Level::operator_, .run = run_show<Kind::map>,
                           .doc = "maps, or what one holds"}};
const Add show_acl{Command{.name = "show acl", .args = "[[@<version>] <acl>]", .level = Level::operator_, .run = run_show<Kind::acl>,
                           .doc = "ACLs, or the patterns of one"}};
const Add get_map{Command{.name = "get map", .args = "<map> <key>", .level = Level::operator_, .run = run_get<Kind::map>,
                          .doc = "what a map gives for a key"}};
const Add get_acl{Command{.name = "get acl", .args = "<acl> <value>", .level = Level::operator_, .run = run_get<Kind::acl>,
                          .doc = "what an ACL says of a value"}};
const Add add_map{Command{.name = "add map", .args = "[@<version>] <map> <key> <value>", .level = Level::operator_, .run = run_add<Kind::map>,
                          .doc = "add to a map (a payload has one entry a line)"}};
const Add add_acl{Command{.name = "add acl", .args = "[@<version>] <acl> <pattern>", .level = Level::operator_, .run = run_add<Kind::acl>,
                          .doc = "add a pattern to an ACL"}};
const Add set_map{Command{.name = "set map", .args = "<map> [<key>|#<entry>] <value>", .level = Level::operator_, .run = run_set,
                          .doc = "change a value of a map"}};
const Add del_map{Command{.name = "del map", .args = "<map> [<key>|#<entry>]", .level = Level::operator_, .run = run_del<Kind::map>,
                          .doc = "remove from a map"}};
const Add del_acl{Command{.name = "del acl", .args = "<acl> [<pattern>|#<entry>]", .level = Level::operator_, .run = run_del<Kind::acl>,
                          .doc = "remove from an ACL"}};
const Add clear_map{Command{.name = "clear map", .args = "[@<version>] <map>", .level = Level::operator_, .run = run_clear<Kind::map>,
                            .doc = "remove all entries of a map"}};
const Add clear_acl{Command{.name = "clear acl", .args = "[@<version>] <acl>", .level = Level::operator_, .run = run_clear<Kind::acl>,
                            .doc = "remove all patterns of an ACL"}};
const Add prepare_map{Command{.name = "prepare map", .args = "<map>", .level = Level::operator_, .run = run_prepare<Kind::map>,
                              .doc = "begin a new version of a map"}};
const Add prepare_acl{Command{.name = "prepare acl", .args = "<acl>", .level = Level::operator_, .run = run_prepare<Kind::acl>,
                              .doc = "begin a new version of an ACL"}};
const Add commit_map{Command{.name = "commit map", .args = "@<version> <map>", .level = Level::operator_, .run = run_commit<Kind::map>,
                             .doc = "a prepared version takes the map's place"}};
const Add commit_acl{Command{.name = "commit acl", .args = "@<version> <acl>", .level = Level::operator_, .run = run_commit<Kind::acl>,
                             .doc = "a prepared version takes the ACL's place"}};

}  // namespace
}  // namespace sluice::admin
