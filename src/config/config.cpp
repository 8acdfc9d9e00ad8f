#include "config/config.hpp"

namespace sluice::config {

std::vector<const Section*> Config::all(Sections any_of) const {
  std::vector<const Section*> out;
  for (const auto& section : sections_)
    if (section->is(any_of)) out.push_back(section.get());
  return out;
}

const Section* Config::find(Sections any_of, std::string_view name) const {
  for (auto at = by_name_.lower_bound(name); at != by_name_.end() && at->first == name; ++at)
    if (at->second->is(any_of)) return at->second;
  return nullptr;
}

}  // namespace sluice::config
