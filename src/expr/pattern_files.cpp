// PatternFiles: reading files of patterns and maps, and finding stores again.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <set>

#include "base/text.hpp"
#include "expr/pattern_store.hpp"

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

// Manual 7.1: empty lines and lines beginning with '#' are not patterns; leading blanks are stripped. A map has the
// value behind the key and blanks; blanks at its end do not belong to it.
std::vector<PatternRow> rows_of(std::string_view text, PatternFiles::Columns columns) {
  std::vector<PatternRow> rows;
  rows.reserve(static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1);
  for (std::uint32_t number = 1; !text.empty(); ++number) {
    std::string_view line = take_until(text, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.front() == '#') continue;
    const auto first = line.find_first_not_of(" \t");
    if (first == line.npos) continue;
    line.remove_prefix(first);
    PatternRow row{line, {}, number};
    if (columns == PatternFiles::Columns::two) {
      const auto blank = line.find_first_of(" \t");
      row.key = line.substr(0, blank);
      if (blank != std::string_view::npos) row.value = trim(line.substr(blank));
    }
    rows.push_back(row);
  }
  return rows;
}

struct Place {
  enum class Kind : std::uint8_t { file, optional, virtual_ } kind = Kind::file;
  std::string path;  // of virtual ones: the name
};
// `path` is `name` made absolute, which makes no sense of a prefix.
Place place_of(std::string_view name, std::string_view path) {
  if (name.starts_with("virt@")) return {Place::Kind::virtual_, std::string(name)};
  for (const auto& [prefix, kind] : {std::pair{std::string_view("opt@"), Place::Kind::optional}, {std::string_view("file@"), Place::Kind::file}}) {
    if (!name.starts_with(prefix)) continue;
    const std::string_view bare = name.substr(prefix.size());
    const std::string_view directory = path.ends_with(name) ? path.substr(0, path.size() - name.size()) : std::string_view{};
    return {kind, bare.starts_with('/') ? std::string(bare) : std::string(directory) + std::string(bare)};
  }
  return {Place::Kind::file, std::string(path)};
}
}  // namespace

std::shared_ptr<PatternStore> PatternFiles::by_path(std::string_view path) const {
  const auto at = std::ranges::find_if(stores_, [path](const auto& store) { return !store->name().empty() && store->path() == path; });
  return at == stores_.end() ? nullptr : *at;
}

std::expected<std::shared_ptr<PatternStore>, std::string> PatternFiles::open(std::string_view name, std::string_view path,
                                                                             Columns columns) {
  const Place place = place_of(name, path);
  if (auto known = by_path(place.path)) {
    if (place.kind == Place::Kind::virtual_ || known->columns() == columns) return known;
    return std::unexpected(fmt::format("'{}' is used as a file of {} elsewhere and cannot be one of {} here", name,
                                       known->columns() == Columns::two ? "keys and values" : "patterns",
                                       columns == Columns::two ? "keys and values" : "patterns"));
  }
  std::string text;
  if (place.kind != Place::Kind::virtual_) {
    auto read = file_text(place.path);
    if (!read && !(place.kind == Place::Kind::optional && ::access(place.path.c_str(), F_OK) != 0)) return std::unexpected(std::move(read.error()));
    if (read) text = std::move(*read);
  }
  auto store = std::make_shared<PatternStore>(std::string(name), place.path, columns);
  if (auto fine = store->add(rows_of(text, columns)); !fine) return std::unexpected(std::move(fine.error()));
  stores_.push_back(store);
  return store;
}

std::shared_ptr<PatternStore> PatternFiles::make_own(std::span<const PatternRow> rows) {
  auto store = std::make_shared<PatternStore>(std::string(), std::string(), Columns::one);
  const auto fine = store->add(rows);
  check(fine.has_value(), "nobody uses it yet");
  stores_.push_back(store);
  return store;
}

std::shared_ptr<const PatternLink> PatternFiles::link(std::string_view name, std::string_view path) {
  auto link = std::make_shared<PatternLink>();
  link->name = std::string(name);
  links_.push_back({link, place_of(name, path).path});
  return link;
}

void PatternFiles::number() {
  std::set<unsigned> taken;
  for (const auto& store : stores_)
    if (store->forced_id_) taken.insert(*store->forced_id_);
  unsigned next = 0;
  for (const auto& store : stores_) {
    while (!store->forced_id_ && taken.contains(next)) ++next;
    store->id_ = store->forced_id_ ? *store->forced_id_ : next++;
  }
  for (const Link& link : links_) link.link->store = by_path(link.path).get();
}

std::shared_ptr<PatternStore> PatternFiles::find(std::string_view name) const {
  if (name.starts_with('#')) {
    const auto number = parse_uint(name.substr(1));
    if (!number) return nullptr;
    for (const auto& store : stores_)
      if (store->id() == *number) return store;
    return nullptr;
  }
  for (const auto& store : stores_)
    if (!store->name().empty() && (store->name() == name || store->path() == name)) return store;
  return nullptr;
}

std::vector<PatternStore*> PatternFiles::sorted() const {
  std::vector<PatternStore*> all;
  for (const auto& store : stores_) all.push_back(store.get());
  std::ranges::sort(all, {}, &PatternStore::id);
  return all;
}

}  // namespace sluice::expr
