#include "config/http_errors.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "config/keyword.hpp"

namespace sluice::config {

const Setting<std::vector<ErrorFile>> error_files{in::http_errors};

std::span<const int> error_statuses() {
  static constexpr int statuses[] = {200, 400, 401, 403, 404, 405, 407, 408, 410, 413, 414, 421, 422,
                                     425, 429, 431, 500, 501, 502, 503, 504};
  return statuses;
}

namespace {

using catalog::Add;
constexpr std::size_t largest_page = 1 << 24;

// 0, or errno.
int read_file(const std::string& path, std::string& text) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  int error = 0;
  char piece[16384];
  for (ssize_t count = 1; count > 0 && error == 0;) {
    count = ::read(fd, piece, sizeof piece);
    if (count < 0) error = errno;
    else text.append(piece, static_cast<std::size_t>(count));
    if (text.size() > largest_page) error = EFBIG;
  }
  ::close(fd);
  return error;
}

}  // namespace

std::optional<ErrorFile> take_error_file(Line& line) {
  const auto status = line.take_integer("a status code and a file");
  if (!status) return std::nullopt;
  const Word& code = line.last();
  if (std::ranges::find(error_statuses(), *status) == error_statuses().end()) {
    line.alert(code, fmt::format("'{}': status code '{}' is not handled", line.keyword(), *status));
    return std::nullopt;
  }
  const Word* file = line.take("a status code and a file");
  if (!file || !line.finish()) return std::nullopt;
  ErrorFile out{static_cast<int>(*status), line.path(file->text), {}, line.place()};
  if (const int error = read_file(out.path, out.text); error != 0) {
    line.alert(*file, fmt::format("'{}': error opening file '{}' : {}", line.keyword(), out.path, std::strerror(error)));
    return std::nullopt;
  }
  return out;
}

namespace {

void parse_error_file(Line& line, Section& section) {
  std::optional<ErrorFile> file = take_error_file(line);
  if (!file) return;
  std::vector<ErrorFile>& files = section.change(error_files, line);
  std::erase_if(files, [&](const ErrorFile& other) { return other.status == file->status; });
  files.push_back(std::move(*file));
}
const Add errorfile_entry{Keyword{.name = "errorfile", .args = "<code> <file>", .sections = in::http_errors,
                                  .parse = parse_error_file, .doc = "The page of this group for a status."}};
const Add http_errors_entry{SectionKind{.name = "http-errors", .args = "<name>", .bit = in::http_errors,
                                        .doc = "A named group of error pages, for `errorfiles`."}};

}  // namespace
}  // namespace sluice::config
