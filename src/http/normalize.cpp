#include "http/normalize.hpp"

#include "base/text.hpp"

namespace sluice::http {

namespace {

// Text in the arena that is at most as long as was said; all of it is given back if it turns out to be `same`.
class Out {
 public:
  Out(Arena& arena, std::size_t most) : arena_(arena), start_(arena.allocate(most ? most : 1)), most_(most ? most : 1) {}
  void put(char c) { start_[size_++] = c; }
  void put(std::string_view text) {
    if (!text.empty()) std::memcpy(start_ + size_, text.data(), text.size());
    size_ += text.size();
  }
  char last() const { return start_[size_ - 1]; }
  std::string_view text() const { return {start_, size_}; }
  void cut(std::size_t size) { size_ = size; }
  std::string_view done(std::string_view same) {
    const bool unchanged = text() == same;
    arena_.shrink(start_, most_, unchanged ? 0 : size_);
    return unchanged ? same : text();
  }

 private:
  Arena& arena_;
  char* const start_;
  const std::size_t most_;
  std::size_t size_ = 0;
};

constexpr bool is_unreserved(char c) {
  return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

// Is text[at] the percent sign of an escape?
bool is_escape(std::string_view text, std::size_t at) {
  return at + 2 < text.size() && hex_digit(text[at + 1]) >= 0 && hex_digit(text[at + 2]) >= 0;
}

}  // namespace

std::string_view encode_fragment(std::string_view target, Arena& arena) {
  const auto hashes = static_cast<std::size_t>(std::ranges::count(target, '#'));
  if (hashes == 0) return target;
  Out out(arena, target.size() + 2 * hashes);
  for (const char c : target)
    if (c == '#') out.put("%23");
    else out.put(c);
  return out.done(target);
}

std::string_view strip_fragment(std::string_view target) { return target.substr(0, target.find('#')); }

std::string_view merge_slashes(std::string_view path, Arena& arena) {
  if (path.find("//") == path.npos) return path;
  Out out(arena, path.size());
  for (const char c : path)
    if (c != '/' || out.text().empty() || out.last() != '/') out.put(c);
  return out.done(path);
}

std::string_view strip_dot_segments(std::string_view path, Arena& arena) {
  if (path.find("/.") == path.npos) return path;
  Out out(arena, path.size());
  for (std::size_t i = 0; i < path.size();) {
    const std::string_view rest = path.substr(i);
    if (rest == "/.") {
      out.put('/');
      break;
    }
    if (rest.starts_with("/./")) {
      i += 2;
      continue;
    }
    out.put(path[i++]);
  }
  return out.done(path);
}

// Segment by segment: ".." takes the one before it away, an empty one as well as any other.
std::string_view strip_dotdot_segments(std::string_view path, LeadingParents leading, Arena& arena) {
  if (path.find("/..") == path.npos || !path.starts_with('/')) return path;
  Out out(arena, path.size() + 1);
  std::string_view rest = path.substr(1);
  out.put('/');
  std::size_t floor = 1;  // below it nothing can be taken away any more
  for (;;) {
    const auto slash = rest.find('/');
    const std::string_view segment = rest.substr(0, slash);
    const bool last = slash == rest.npos;
    if (segment != "..") {
      out.put(segment);
      if (!last) out.put('/');
    } else if (out.text().size() > floor) {
      out.cut(out.text().substr(0, out.text().size() - 1).rfind('/') + 1);
    } else if (leading == LeadingParents::kept) {
      out.put("../");
      floor = out.text().size();
    }
    if (last) return out.done(path);
    rest.remove_prefix(slash + 1);
  }
}

std::optional<std::string_view> decode_unreserved(std::string_view target, Broken broken, Arena& arena) {
  if (target.find('%') == target.npos) return target;
  Out out(arena, target.size());
  for (std::size_t i = 0; i < target.size(); ++i) {
    if (target[i] != '%') {
      out.put(target[i]);
      continue;
    }
    if (!is_escape(target, i)) {
      if (broken == Broken::refused) return std::nullopt;
      out.put('%');
      continue;
    }
    const auto c = static_cast<char>(hex_digit(target[i + 1]) << 4 | hex_digit(target[i + 2]));
    if (is_unreserved(c)) out.put(c);
    else out.put(target.substr(i, 3));
    i += 2;
  }
  return out.done(target);
}

std::optional<std::string_view> uppercase_escapes(std::string_view target, Broken broken, Arena& arena) {
  if (target.find('%') == target.npos) return target;
  Out out(arena, target.size());
  for (std::size_t i = 0; i < target.size(); ++i) {
    out.put(target[i]);
    if (target[i] != '%') continue;
    if (!is_escape(target, i)) {
      if (broken == Broken::refused) return std::nullopt;
      continue;
    }
    out.put(to_upper(target[i + 1]));
    out.put(to_upper(target[i + 2]));
    i += 2;
  }
  return out.done(target);
}

std::string_view sort_query(std::string_view query, Arena& arena) {
  if (query.find('&') == query.npos) return query;
  if (query.ends_with('&')) query.remove_suffix(1);  // nothing follows it
  const auto count = static_cast<std::size_t>(std::ranges::count(query, '&')) + 1;
  const std::span<std::string_view> parameters = arena.array<std::string_view>(count);
  std::string_view rest = query;
  for (std::string_view& parameter : parameters) parameter = take_until(rest, '&');
  const auto name = [](std::string_view parameter) { return parameter.substr(0, parameter.find('=')); };
  // Insertion: stable, in place, and queries are short; a request's head bounds them.
  for (std::size_t i = 1; i < count; ++i) {
    const std::string_view moving = parameters[i];
    const auto at = std::upper_bound(parameters.begin(), parameters.begin() + static_cast<std::ptrdiff_t>(i), moving,
                                     [&](std::string_view a, std::string_view b) { return name(a) < name(b); });
    std::move_backward(at, parameters.begin() + static_cast<std::ptrdiff_t>(i), parameters.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    *at = moving;
  }
  Out out(arena, query.size());
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) out.put('&');
    out.put(parameters[i]);
  }
  return out.done(query);
}

}  // namespace sluice::http
