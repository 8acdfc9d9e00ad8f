// A whole configuration after reading: immutable, shared by all workers, kept alive by shared_ptr until its last
// Session ends. Run-time state is elsewhere (ARCHITECTURE, lifetimes). Invariants: the global section exists; names
// found here are unique per kind of thing; sections stand in the order of the files.
#pragma once
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostics.hpp"
#include "config/environment.hpp"
#include "config/place.hpp"
#include "config/section.hpp"

namespace sluice::config {

class Config {
 public:
  const Section& global() const { return *sections_.front(); }
  std::span<const std::unique_ptr<Section>> sections() const { return sections_; }  // `global` is the first
  std::vector<const Section*> all(Sections any_of) const;
  const std::vector<const Section*>& frontends() const { return frontends_; }  // `listen` too, in order
  const std::vector<const Section*>& backends() const { return backends_; }    // `listen` too, in order
  // Null if there is none. A `listen` is both.
  const Section* frontend(std::string_view name) const { return find(in::front, name); }
  const Section* backend(std::string_view name) const { return find(in::back, name); }
  const Section* find(Sections any_of, std::string_view name) const;
  const Sources& sources() const { return sources_; }
  const Environment& environment() const { return environment_; }  // after setenv and the like
  const std::vector<std::string>& files() const { return files_; }

 private:
  friend class Loader;
  Sources sources_;
  Environment environment_;
  std::vector<std::string> files_;
  std::vector<std::unique_ptr<Section>> sections_;
  std::vector<const Section*> frontends_, backends_;
  std::multimap<std::string, const Section*, std::less<>> by_name_;
};

}  // namespace sluice::config
