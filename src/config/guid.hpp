// guid: a name that is unique among all objects of the configuration (manual "guid").
#pragma once
#include <map>
#include <string>

#include "config/line.hpp"

namespace sluice::config {

// False: the word is none, which has been diagnosed.
bool check_guid(const Line& line, const Word& word);

// All that a configuration gives out. Used while it is built.
class Guids {
 public:
  explicit Guids(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}
  // Complains if another object has it; `object` is how messages call this one. Empty ones are none.
  void add(const std::string& guid, std::string object, const Place& place);

 private:
  Diagnostics& diagnostics_;
  std::map<std::string, std::string, std::less<>> taken_;
};

}  // namespace sluice::config
