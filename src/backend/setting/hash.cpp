// How algorithms that hash find their server: hash-type, hash-balance-factor, hash-preserve-affinity, and the servers'
// hash-key.
#include "backend/server_option.hpp"
#include "backend/settings.hpp"
#include "catalog/add.hpp"

namespace sluice::backend {

namespace in = config::in;
using config::Setting;

namespace setting {
const Setting<HashPlan> hash_type{in::back_or_defaults};
const Setting<unsigned> hash_balance_factor{in::back_or_defaults};
const Setting<HashPlan::Preserve> hash_preserve_affinity{{.name = "hash-preserve-affinity", .args = "{ always | maxconn | maxqueue }",
    .sections = in::back_or_defaults, .initial = HashPlan::Preserve::always,
    .choices = {{"always", HashPlan::Preserve::always}, {"maxconn", HashPlan::Preserve::maxconn}, {"maxqueue", HashPlan::Preserve::maxqueue}},
    .doc = "Until when a hash keeps to its server: always, until its maxconn is reached, or until its queue is full."}};
}  // namespace setting

namespace {

using catalog::Add;
using config::Line;
using config::Section;
using config::Word;

void parse_hash_type(Line& line, Section& section) {
  using Method = HashPlan::Method;
  using Function = HashPlan::Function;
  HashPlan plan;
  const auto method = line.take_choice<Method>(std::vector<config::Choice<Method>>{{"map-based", Method::map_based}, {"consistent", Method::consistent}});
  if (!method) return;
  plan.method = *method;
  plan.avalanche = plan.method == Method::consistent && line.at_end();
  if (const Word* const word = line.peek(); word && *word == "wt6")
    return line.alert(*word, "'hash-type' : the function 'wt6' is not implemented: it has no public definition.", "use crc32, or sdbm avalanche");
  if (!line.at_end()) {
    const auto function = line.take_choice<Function>(std::vector<config::Choice<Function>>{
        {"sdbm", Function::sdbm}, {"djb2", Function::djb2}, {"crc32", Function::crc32}, {"none", Function::none}});
    if (!function) return;
    plan.function = *function;
    plan.avalanche = line.accept("avalanche");
  }
  if (line.finish()) section.change(setting::hash_type, line) = plan;
}

void parse_balance_factor(Line& line, Section& section) {
  const auto factor = line.take_integer("<factor>", 0, 4294967295);
  if (!factor || !line.finish()) return;
  if (*factor != 0 && *factor <= 100)
    return line.alert(line.last(), fmt::format("'hash-balance-factor' : {} is no bound: 0 is none, others are above 100.", *factor));
  section.change(setting::hash_balance_factor, line) = static_cast<unsigned>(*factor);
}

bool hash_key(Line& line, ServerSettings& server) {
  const auto key = line.take_choice<HashKey>(
      std::vector<config::Choice<HashKey>>{{"id", HashKey::id}, {"id32", HashKey::id32}, {"addr", HashKey::addr}, {"addr-port", HashKey::addr_port}, {"guid", HashKey::guid}});
  if (key) server.hash_key = *key;
  return key.has_value();
}

const Add hash_type_entry{config::Keyword{.name = "hash-type", .args = "<method> [ <function> [ <modifier> ] ]",
    .sections = in::back_or_defaults, .parse = parse_hash_type,
    .doc = "How a hash becomes a server: map-based (default) or consistent; by sdbm (default), djb2, crc32 or none; mixed once "
           "more with avalanche."}};
const Add balance_factor_entry{config::Keyword{.name = "hash-balance-factor", .args = "<factor>", .sections = in::back_or_defaults,
    .parse = parse_balance_factor,
    .doc = "With consistent hashing and balance random, no server gets more than so many percent of the mean load. 0: no bound."}};
const Add hash_key_entry{ServerOption{.name = "hash-key", .args = "{ id | id32 | guid | addr | addr-port }", .parse = hash_key,
    .doc = "What the server's places in consistent hashing are made of: its id (default, of which 28 bits count), all 32 bits of its "
           "id, its guid if it has one, its address, or that "
           "and its port."}};

}  // namespace
}  // namespace sluice::backend
