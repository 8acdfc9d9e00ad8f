// Files with the states servers had (manual "load-server-state-from-file", management "show servers state"): what an
// earlier process has written is applied to servers that are new to this one. Used while a configuration is built, one
// thread.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "backend/server.hpp"
#include "config/diagnostics.hpp"
#include "config/section.hpp"

namespace sluice::backend {

class StateFile {
 public:
  // One line.
  struct Entry {
    std::string address, host;         // empty: none
    std::uint16_t port = 0;
    int operational = 0;               // 0 stopped, 1 starting, 2 running, 3 stopping
    unsigned admin = 0;                // bits: 1 maintenance, 4 maintenance by configuration, 8 drain
    std::uint32_t weight = 0, initial_weight = 0;
    std::int64_t seconds_since_change = 0;
    std::uint32_t health = 0;
  };

  // Reads the text of a file. False if it is not of version 1; lines that make no sense are left out.
  bool read(std::string_view text);
  const Entry* find(std::string_view backend, std::string_view server) const;
  std::size_t size() const { return entries_.size(); }

 private:
  std::map<std::string, Entry, std::less<>> entries_;  // by "backend/server"
};

// The files a configuration names, each read once.
class StateFiles {
 public:
  StateFiles(const config::Section& global, config::Diagnostics& diagnostics) : global_(global), diagnostics_(diagnostics) {}
  // The one for this backend; null: none, or it cannot be read, which is a warning.
  const StateFile* of(const config::Section& section);

 private:
  const config::Section& global_;
  config::Diagnostics& diagnostics_;
  std::map<std::string, std::unique_ptr<StateFile>> files_;
};

// Weight, maintenance and health as they were, where the configuration still says the same about them.
void restore(Server& server, const StateFile::Entry& entry);

}  // namespace sluice::backend
