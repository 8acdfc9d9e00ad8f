// One statement of the configuration as words, and the cursor a keyword reads its arguments with. Every take_* either
// gives a value or has said what is wrong, with a caret under the word. A Line is a value: rules keep copies of it
// until they are compiled. Valid as long as its Sources and Diagnostics; one thread.
#pragma once
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "config/diagnostics.hpp"
#include "config/place.hpp"
#include "config/units.hpp"

namespace sluice::config {

struct Loading;

// A word after unquoting and expansion.
struct Word {
  std::string text;
  Place place;                         // of the raw word in the file
  std::vector<std::uint32_t> columns;  // column of each byte of text; empty: one after the other from place.column

  // The place of the byte at `offset`: for expressions and formats inside a word.
  Place at(std::size_t offset, std::size_t width = 1) const;
  operator std::string_view() const { return text; }  // NOLINT: a word is its text
  bool operator==(std::string_view other) const { return text == other; }
};

// `no <keyword>` and `default <keyword>`.
enum class Prefix : std::uint8_t { none, no, usual };

template <class T>
struct Choice {
  std::string_view name{};
  T value{};
};

class Line {
 public:
  Line(std::vector<Word> words, Diagnostics& diagnostics) : words_(std::move(words)), diagnostics_(&diagnostics) {}

  // What is read.
  std::span<const Word> words() const { return words_; }  // all of them, keyword included, prefix not
  const std::string& keyword() const { return keyword_; }  // "timeout client"
  Place place() const { return words_.empty() ? Place{} : words_.front().place; }
  Place end_place() const;  // just after the last word: where something is missing
  Prefix prefix() const { return prefix_; }
  Diagnostics& diagnostics() const { return *diagnostics_; }
  // A file name as `default-path` says where this line stands.
  std::string path(std::string_view file) const;

  // The cursor. It starts behind the keyword.
  bool at_end() const { return next_ >= words_.size(); }
  const Word* peek(std::size_t ahead = 0) const { return next_ + ahead < words_.size() ? &words_[next_ + ahead] : nullptr; }
  const Word* next();  // null at the end, silently; an option's name, complaints about what follows are about it
  void back() { --next_; }
  const Word& last() const { return words_[next_ - 1]; }  // the word read last; the keyword at the beginning
  std::span<const Word> rest() const { return std::span(words_).subspan(next_); }
  std::vector<Word> take_rest();
  // True and past it if the next word is `literal`.
  bool accept(std::string_view literal);

  // Takes. `what` completes "'timeout client' expects ..." or, behind an option read with next(), "'inter' expects ...";
  // nothing (nullptr) means it has been diagnosed.
  const Word* take(std::string_view what);
  std::optional<Duration> take_duration(std::string_view what, Unit unit = Unit::ms, Duration most = longest_timer);
  std::optional<std::int64_t> take_integer(std::string_view what,
                                           std::int64_t least = std::numeric_limits<std::int64_t>::min(),
                                           std::int64_t most = std::numeric_limits<std::int64_t>::max());
  std::optional<std::uint64_t> take_size(std::string_view what, std::uint64_t least = 0,
                                         std::uint64_t most = std::numeric_limits<std::uint64_t>::max());
  std::optional<bool> take_switch();  // on, off
  template <class T, class List>
  std::optional<T> take_choice(const List& choices) {
    std::vector<std::string_view> names;
    for (const auto& choice : choices) names.push_back(choice.name);
    const std::optional<std::size_t> at = take_one_of(names);
    return at ? std::optional<T>(choices[*at].value) : std::nullopt;
  }
  std::optional<std::size_t> take_one_of(const std::vector<std::string_view>& names);
  // Complains about words that are left over; false if there are any.
  bool finish();

  // Saying something about this line: at its keyword, at a word, at a place inside a word.
  void alert(std::string text, std::string suggestion = {}) const;
  void alert(const Word& word, std::string text, std::string suggestion = {}) const;
  void alert(const Place& place, std::string text, std::string suggestion = {}) const;
  void warning(std::string text, std::string suggestion = {}) const;
  void warning(const Word& word, std::string text, std::string suggestion = {}) const;

  // What the next argument belongs to: the keyword, or the option read last.
  const std::string& subject() const { return subject_ == 0 ? keyword_ : words_[subject_].text; }

  // For the dispatcher (and for keyword families that dispatch again): makes the next `count` words the keyword's.
  void begin(std::size_t keyword_words);
  void begin(std::size_t keyword_words, Prefix prefix);
  void set_loading(Loading& loading);
  // Only while the files are read, only for keywords that act at once (setenv, default-path).
  Loading& loading() const;
  // expose-deprecated-directives stands above.
  bool deprecated_is_meant() const;
  // The same statement with other words, for keywords that stand for another one.
  Line with_words(std::vector<Word> words) const;

 private:
  std::vector<Word> words_;
  Diagnostics* diagnostics_;
  Loading* loading_ = nullptr;
  std::string keyword_;
  std::string directory_;  // prepended to relative file names, empty: none
  std::size_t next_ = 0;
  std::size_t subject_ = 0;  // index of the option read last, 0: none
  Prefix prefix_ = Prefix::none;
};

}  // namespace sluice::config
