// What is no mistake in a configuration but was probably not meant: ACLs and backends nobody uses. Collected while
// Proxies are built; `-c` shows it as warnings, which do not count for zero-warning: HAProxy says nothing there, and what
// starts with it must start here.
#pragma once
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/place.hpp"

namespace sluice::expr {
class AclSet;
}

namespace sluice::proxy {

class Proxies;

struct Advice {
  config::Place place;
  std::string text, suggestion;
};

class Adviser {
 public:
  // The ACLs of one section, after everything in it has been compiled. An ACL of a defaults section counts as used if one
  // section that has it from there uses it.
  void note(const expr::AclSet& acls);
  // An expression asks for this backend, so it may be there for its numbers alone.
  void note_reference(std::string_view backend) { referenced_.insert(std::string(backend)); }
  void conclude(Proxies& proxies) const;

 private:
  struct Where {
    std::string_view file;
    std::uint32_t line, column;
    auto operator<=>(const Where&) const = default;
  };
  struct Known {
    config::Place place;
    std::string name;
    bool used = false;
  };
  std::map<Where, Known> acls_;
  std::set<std::string, std::less<>> referenced_;
};

}  // namespace sluice::proxy
