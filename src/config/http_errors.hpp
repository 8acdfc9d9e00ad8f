// Sections `http-errors` (manual, section 3.8): named groups of error pages that proxies import with `errorfiles`.
#pragma once
#include <string>
#include <vector>

#include "config/line.hpp"
#include "config/setting.hpp"

namespace sluice::config {

// A file that holds a whole HTTP response; its text was read when the configuration was (before any chroot).
struct ErrorFile {
  int status = 0;
  std::string path;
  std::string text;  // empty (as of /dev/null): the connection is closed without a word
  Place place;
};

extern const Setting<std::vector<ErrorFile>> error_files;  // of a section `http-errors`; a status once, the last one counts

// Statuses an error page may be given for.
std::span<const int> error_statuses();
// Reads "<code> <file>" of a line: also for the `errorfile` of proxies. Nothing: it has been diagnosed.
std::optional<ErrorFile> take_error_file(Line& line);

}  // namespace sluice::config
