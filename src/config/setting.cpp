#include "config/setting.hpp"

namespace sluice::config::reading {
namespace {
std::string expected(std::string_view kind, std::string_view args) {
  return args.empty() ? std::string(kind) : fmt::format("{} ({})", kind, args);
}
}  // namespace

bool flag(Line& line, std::string_view args, bool& value) {
  if (line.prefix() == Prefix::no) {
    // `no option x` may repeat the option's arguments; they mean nothing then.
    line.take_rest();
    value = false;
    return true;
  }
  if (args.empty()) {
    value = true;
    return true;
  }
  const std::optional<bool> read = line.take_switch();
  if (read) value = *read;
  return read.has_value();
}

bool integer(Line& line, std::string_view args, std::int64_t min, std::int64_t max, std::int64_t& value) {
  const std::optional<std::int64_t> read = line.take_integer(expected("an integer", args), min, max);
  if (read) value = *read;
  return read.has_value();
}

bool duration(Line& line, std::string_view args, Unit unit, Duration longest, Duration& value) {
  const std::string kind = unit == Unit::s ? "a time in seconds or with a unit (us, ms, s, m, h, d)"
                                           : "a time in milliseconds or with a unit (us, ms, s, m, h, d)";
  const std::optional<Duration> read = line.take_duration(args.empty() || args == "<time>" ? kind : expected(kind, args), unit, longest);
  if (read) value = *read;
  return read.has_value();
}

bool size(Line& line, std::string_view args, std::uint64_t min, std::uint64_t max, Size& value) {
  const std::optional<std::uint64_t> read = line.take_size(expected("a number of bytes", args), min, max);
  if (read) value.bytes = *read;
  return read.has_value();
}

bool text(Line& line, std::string_view args, std::string& value) {
  const Word* word = line.take(expected("an argument", args));
  if (!word) return false;
  if (word->text.empty()) {
    line.alert(*word, fmt::format("'{}' expects {}, not an empty one", line.keyword(), expected("an argument", args)));
    return false;
  }
  value = word->text;
  return true;
}

bool texts(Line& line, std::string_view args, std::vector<std::string>& value) {
  std::string first;
  if (!text(line, args, first)) return false;
  value.assign(1, std::move(first));
  while (const Word* word = line.next()) value.push_back(word->text);
  return true;
}

}  // namespace sluice::config::reading
