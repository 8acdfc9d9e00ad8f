// The `stats ...` keywords of a proxy section: what its statistics page is like and who may see it.
#pragma once
#include "config/setting.hpp"
#include "config/userlist.hpp"

namespace sluice::admin {

struct StatsPage {
  bool enabled = false;
  std::string uri = "/haproxy?stats";
  std::string realm;                       // empty: "HAProxy Statistics"
  config::Userlist accounts;               // stats auth; empty: everybody
  Duration refresh{};
  bool hide_version = false, show_legends = false, show_modules = false;
  bool show_node = false, show_description = false;
  std::string node, description;           // empty: the process's
  std::vector<std::string> scope;          // names, "." is the section itself; empty: all
  std::vector<config::Line> rules;         // stats http-request
  std::vector<config::Line> admin_rules;   // stats admin
};

extern const config::Setting<StatsPage> stats_page;

}  // namespace sluice::admin
