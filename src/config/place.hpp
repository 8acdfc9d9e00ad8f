// Where something stands in the configuration, and the texts it can stand in. Sources is filled while loading, kept
// by the Config and never changed afterwards, so a Place is valid as long as its Config; any worker may read it.
#pragma once
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace sluice::config {

struct Place {
  std::string_view file;
  std::uint32_t line = 0;    // from 1; 0 is "nowhere": built in or from the command line
  std::uint32_t column = 0;  // from 1, in bytes; 0 is the whole line
  std::uint32_t width = 0;   // bytes to underline

  explicit operator bool() const { return line != 0; }
  bool operator==(const Place&) const = default;
};

// One file as it was read. Invariant: neither name nor text moves, Places and Words refer to them.
struct SourceFile {
  std::string name;
  std::string text;
};

class Sources {
 public:
  const SourceFile& add(std::string name, std::string text);
  // The text of a line without its line end; empty if there is no such file or line.
  std::string_view line(const Place& place) const;
  const std::deque<SourceFile>& files() const { return files_; }

 private:
  std::deque<SourceFile> files_;
};

}  // namespace sluice::config
