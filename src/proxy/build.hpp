// From a configuration to what runs: frontends, destinations (backends), their rules. Called on one thread at start
// and at reload; the result is immutable and shared by all workers until its last session ends.
#pragma once
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "backend/build.hpp"
#include "config/config.hpp"
#include "proxy/advice.hpp"
#include "expr/pattern_store.hpp"
#include "http/h1/parse.hpp"
#include "proxy/frontend.hpp"

namespace sluice::net {
class LogRing;
}

namespace sluice::proxy {

class BackendLogs;

class Proxies {
 public:
  std::shared_ptr<const config::Config> config;
  expr::PatternFiles patterns;                             // acl and map files; may be changed at run time
  std::vector<std::unique_ptr<Frontend>> frontends;        // in the order of the file
  std::vector<std::unique_ptr<Destination>> destinations;  // in the order of the file
  std::vector<std::unique_ptr<Destination>> disabled;      // names and modes: nobody looks at what else they say
  std::vector<std::shared_ptr<table::Table>> tables;      // in the order of the file
  std::vector<std::shared_ptr<BackendLogs>> log_farms;    // one for each destination of mode log
  States* states = nullptr;
  expr::VariableNames variables;
  std::optional<expr::VariableLimits> variable_limits;     // nothing: there are none
  std::shared_ptr<net::LogRing> events;                   // "buf0", where the debug converter writes; null: nobody does
  bool counts_listeners = false;                          // an expression has dst_conn
  bool profiles = false;                                  // an expression asks what requests cost their worker
  std::vector<Advice> advice;                             // for -c
  http::h1::Options parsing;                               // of all messages; relax is each proxy's own

  const expr::VariableLimits* limits_of_variables() const { return variable_limits ? &*variable_limits : nullptr; }
  Frontend* frontend(std::string_view name) const;
  Destination* destination(std::string_view name) const;
  // What a rule may name: disabled ones, too.
  Destination* route(std::string_view name) const;
  table::Table* table(std::string_view proxy_name) const;
  void add(std::unique_ptr<Frontend> frontend);
  void add(std::unique_ptr<Destination> destination);
  void add(std::shared_ptr<table::Table> table);

 private:
  // The first of each name.
  std::unordered_map<std::string_view, Frontend*> frontends_by_name_;
  std::unordered_map<std::string_view, Destination*> by_name_, disabled_by_name_;
  std::unordered_map<std::string_view, table::Table*> tables_by_name_;
};

// Everything that is wrong is said in `diagnostics`; with an alert there the result must not be served.
std::shared_ptr<Proxies> build(std::shared_ptr<const config::Config> config, States& states,
                               backend::Unresolved unresolved, config::Diagnostics& diagnostics);

// Sets what `set-var` and `set-var-fmt` of the global section say (setting/process_variables.cpp).
void set_process_variables(Proxies& proxies, expr::Compiler& compiler);

}  // namespace sluice::proxy
