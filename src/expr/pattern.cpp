#include "expr/pattern.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/text.hpp"

namespace sluice::expr {

namespace {
std::expected<std::string, std::string> file_text(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::unexpected("cannot open '" + path + "': " + std::strerror(errno));
  std::string text;
  char block[65536];
  for (;;) {
    const ssize_t size = ::read(fd, block, sizeof block);
    if (size == 0) break;
    if (size < 0) {
      const int error = errno;
      ::close(fd);
      return std::unexpected("cannot read '" + path + "': " + std::strerror(error));
    }
    text.append(block, static_cast<std::size_t>(size));
  }
  ::close(fd);
  return text;
}
}  // namespace

// Manual 7.1: empty lines and lines beginning with '#' are not patterns; leading blanks are stripped. A map has the
// value behind the key and blanks; blanks at its end do not belong to it.
std::expected<std::shared_ptr<const std::vector<Pattern>>, std::string> PatternFiles::read(std::string_view path,
                                                                                           Columns columns) {
  const auto [at, added] = files_.try_emplace({std::string(path), columns});
  if (!added && at->second) return at->second;
  const std::string_view name = at->first.first;
  std::string_view wanted = path;
  bool may_be_absent = false;
  if (wanted.starts_with("virt@")) {
    at->second = std::make_shared<const std::vector<Pattern>>();  // only exists in memory, empty at first
    return at->second;
  }
  if (wanted.starts_with("opt@")) {
    may_be_absent = true;
    wanted.remove_prefix(4);
  } else if (wanted.starts_with("file@")) {
    wanted.remove_prefix(5);
  }
  const auto text = file_text(std::string(wanted));
  if (!text && !may_be_absent) {
    files_.erase(at);
    return std::unexpected(text.error());
  }
  auto patterns = std::make_shared<std::vector<Pattern>>();
  std::string_view rest = text ? std::string_view(*text) : std::string_view{};
  for (std::uint32_t number = 1; !rest.empty(); ++number) {
    std::string_view line = take_until(rest, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.front() == '#') continue;
    line = trim(line);
    if (line.empty()) continue;
    Pattern pattern;
    pattern.file = name;
    pattern.line = number;
    if (columns == Columns::two) {
      const auto blank = line.find_first_of(" \t");
      pattern.text = std::string(line.substr(0, blank));
      if (blank != std::string_view::npos) pattern.value = std::string(trim(line.substr(blank)));
    } else {
      pattern.text = std::string(line);
    }
    patterns->push_back(std::move(pattern));
  }
  at->second = std::move(patterns);
  return at->second;
}

std::optional<PatternSet> PatternSet::make(const Match& match, std::vector<Pattern> patterns, PatternError& error) {
  PatternSet set;
  set.match_ = &match;
  set.patterns_ = std::move(patterns);
  if (match.make) {
    set.matcher_ = match.make(set.patterns_, error);
    if (!set.matcher_) return std::nullopt;
  }
  return set;
}

std::uint32_t PatternSet::find(const Sample& sample, const Scope& scope) const {
  if (!matcher_) return no_pattern;
  if (match_->takes == Type::any || sample.type() == match_->takes) return matcher_->find(sample, scope);
  const Sample wanted = cast(sample, match_->takes, *scope.arena);
  return wanted ? matcher_->find(wanted, scope) : no_pattern;
}

}  // namespace sluice::expr
