#include "config/line.hpp"

#include "config/explain.hpp"

#include "base/check.hpp"
#include "base/text.hpp"
#include "config/loading.hpp"

namespace sluice::config {

Place Word::at(std::size_t offset, std::size_t width) const {
  Place where = place;
  if (!where) return where;
  if (columns.empty()) {
    where.column += static_cast<std::uint32_t>(std::min(offset, text.size()));
  } else {
    where.column = offset < columns.size() ? columns[offset] : place.column + place.width;
  }
  where.width = static_cast<std::uint32_t>(width);
  return where;
}

Place Line::end_place() const {
  if (words_.empty()) return {};
  Place where = words_.back().place;
  where.column += where.width;
  where.width = 1;
  return where;
}

std::string Line::path(std::string_view file) const {
  if (directory_.empty() || file.starts_with('/')) return std::string(file);
  return fmt::format("{}/{}", directory_, file);
}

std::vector<Word> Line::take_rest() {
  std::vector<Word> out(words_.begin() + static_cast<std::ptrdiff_t>(next_), words_.end());
  next_ = words_.size();
  return out;
}

const Word* Line::next() {
  if (at_end()) return nullptr;
  subject_ = next_;
  return &words_[next_++];
}

bool Line::accept(std::string_view literal) {
  if (at_end() || words_[next_].text != literal) return false;
  subject_ = next_++;
  return true;
}

const Word* Line::take(std::string_view what) {
  if (!at_end()) return &words_[next_++];
  alert(end_place(), fmt::format("'{}' expects {}", subject(), what));
  return nullptr;
}

std::optional<Duration> Line::take_duration(std::string_view what, Unit unit, Duration most) {
  const Word* word = take(what);
  if (!word) return std::nullopt;
  const Reading<Duration> read = read_duration(word->text, unit, most);
  if (read) return *read;
  alert(word->at(read.error().offset), fmt::format("{} in '{}', which expects {}", read.error().why, subject(), what));
  return std::nullopt;
}

std::optional<std::int64_t> Line::take_integer(std::string_view what, std::int64_t least, std::int64_t most) {
  const Word* word = take(what);
  if (!word) return std::nullopt;
  const Reading<std::int64_t> read = read_integer(word->text);
  if (!read) {
    alert(word->at(read.error().offset), fmt::format("{} in '{}', which expects {}", read.error().why, subject(), what));
    return std::nullopt;
  }
  if (*read >= least && *read <= most) return *read;
  if (most == std::numeric_limits<std::int64_t>::max())
    alert(*word, fmt::format("'{}' must be at least {} (was {})", subject(), least, *read));
  else
    alert(*word, fmt::format("'{}' value must be between {} and {} (was {})", subject(), least, most, *read));
  return std::nullopt;
}

std::optional<std::uint64_t> Line::take_size(std::string_view what, std::uint64_t least, std::uint64_t most) {
  const Word* word = take(what);
  if (!word) return std::nullopt;
  const Reading<std::uint64_t> read = read_size(word->text);
  if (!read) {
    alert(word->at(read.error().offset), fmt::format("{} in '{}', which expects {}", read.error().why, subject(), what));
    return std::nullopt;
  }
  if (*read >= least && *read <= most) return *read;
  alert(*word, *read < least ? fmt::format("'{}' must be at least {} (was {})", subject(), least, word->text)
                             : fmt::format("'{}' must be at most {} (was {})", subject(), most, word->text));
  return std::nullopt;
}

std::optional<bool> Line::take_switch() {
  const Word* word = take("'on' or 'off'");
  if (!word) return std::nullopt;
  if (word->text == "on") return true;
  if (word->text == "off") return false;
  alert(*word, fmt::format("'{}' expects 'on' or 'off' (got '{}')", subject(), word->text));
  return std::nullopt;
}

std::optional<std::size_t> Line::take_one_of(const std::vector<std::string_view>& names) {
  const Word* word = take(listed(names, "or"));
  if (!word) return std::nullopt;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (word->text == names[i]) return i;
  const std::string_view meant = nearest(word->text, names);
  alert(*word, fmt::format("'{}' expects {} (got '{}')", subject(), listed(names, "or"), word->text),
        meant.empty() ? std::string{} : fmt::format("did you mean '{}' maybe ?", meant));
  return std::nullopt;
}

bool Line::finish() {
  if (at_end()) return true;
  const Word& extra = words_[next_];
  alert(extra, fmt::format("'{}' cannot handle unexpected argument '{}'", keyword_, extra.text), parameter_elsewhere(extra.text));
  next_ = words_.size();
  return false;
}

void Line::alert(std::string text, std::string suggestion) const {
  diagnostics_->alert(place(), std::move(text), std::move(suggestion));
}
void Line::alert(const Word& word, std::string text, std::string suggestion) const {
  diagnostics_->alert(word.place, std::move(text), std::move(suggestion));
}
void Line::alert(const Place& place, std::string text, std::string suggestion) const {
  diagnostics_->alert(place, std::move(text), std::move(suggestion));
}
void Line::warning(std::string text, std::string suggestion) const {
  diagnostics_->warning(place(), std::move(text), std::move(suggestion));
}
void Line::warning(const Word& word, std::string text, std::string suggestion) const {
  diagnostics_->warning(word.place, std::move(text), std::move(suggestion));
}

void Line::begin(std::size_t keyword_words) {
  check(keyword_words <= words_.size());
  keyword_.clear();
  for (std::size_t i = 0; i < keyword_words; ++i) {
    if (i > 0) keyword_ += ' ';
    keyword_ += words_[i].text;
  }
  next_ = keyword_words;
  subject_ = 0;
}

void Line::begin(std::size_t keyword_words, Prefix prefix) {
  if (prefix_ == Prefix::none && prefix != Prefix::none) words_.erase(words_.begin());
  prefix_ = prefix;
  begin(keyword_words);
}

void Line::set_loading(Loading& loading) {
  loading_ = &loading;
  directory_ = loading.directory();
}

bool Line::deprecated_is_meant() const { return loading_ && loading_->deprecated_is_meant; }

Loading& Line::loading() const {
  check(loading_ != nullptr, "read from a file");
  return *loading_;
}

Line Line::with_words(std::vector<Word> words) const {
  Line other(std::move(words), *diagnostics_);
  other.loading_ = loading_;
  other.directory_ = directory_;
  return other;
}

}  // namespace sluice::config
