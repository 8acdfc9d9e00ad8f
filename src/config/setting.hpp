// Setting<T>: a value that sections keep, and usually the keyword that writes it.
//
//   const Setting<std::optional<Duration>> timeout_client{{.name = "timeout client", .args = "<time>",
//       .sections = in::front_or_defaults, .doc = "..."}};                    // storage and keyword
//   const Setting<std::vector<BindLine>> bind_lines{in::proxies};             // storage only, for custom keywords
//
// Definitions stand at namespace scope in setting/*.cpp with an `extern const` in a small header; reading is
// section[timeout_client]. Storage is a byte offset in the section's block (docs/notes: under 1 ns over a field).
// T must be default constructible and copyable. Settings that only serve `global` and those of proxies live in blocks
// of different layout; one that is in both costs room in both.
#pragma once
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/time.hpp"
#include "catalog/add.hpp"
#include "config/keyword.hpp"
#include "config/line.hpp"
#include "config/section.hpp"

namespace sluice::config {

// A number of bytes, written with k, m or g.
struct Size {
  std::uint64_t bytes = 0;
  constexpr auto operator<=>(const Size&) const = default;
};

class AnySetting {
 public:
  AnySetting(const AnySetting&) = delete;
  AnySetting& operator=(const AnySetting&) = delete;

  const Keyword& keyword() const { return keyword_; }  // without a name: storage only
  Sections sections() const { return keyword_.sections; }
  std::uint16_t index() const { return index_; }
  std::uint32_t offset(unsigned family) const {
    check(offset_[family] != elsewhere, "a setting of this kind of section");
    return offset_[family];
  }

  virtual void construct(std::byte* at) const = 0;
  virtual void copy(std::byte* to, const std::byte* from) const = 0;
  virtual void destroy(std::byte* at) const = 0;
  virtual void reset(std::byte* at) const = 0;
  virtual void parse(Line& line, Section& section) const = 0;

  static const AnySetting* first() { return first_; }
  const AnySetting* next_setting() const { return next_; }

 protected:
  AnySetting(const Keyword& keyword, std::size_t size, std::size_t align);
  ~AnySetting() = default;

 private:
  friend class Layout;
  static constexpr std::uint32_t elsewhere = 0xffffffff;
  Keyword keyword_;
  std::uint32_t size_, align_;
  mutable std::uint16_t index_ = 0;                           // set once, when the layout is made
  mutable std::uint32_t offset_[2] = {elsewhere, elsewhere};  // in the blocks of proxies and of all other sections
  const AnySetting* next_;
  static inline constinit const AnySetting* first_ = nullptr;
};

// A text an entry must have: leaving it out, or empty, does not compile.
struct Needed {
  std::string_view text;
  consteval Needed(const char* t) : text(t) {  // NOLINT: the implicit conversion is the point
    if (text.empty()) catalog::an_entry_needs_a_doc();
  }
};

template <class T>
struct WrittenAs {
  using type = std::conditional_t<std::is_trivially_copyable_v<T>, T, std::string_view>;
};

// How a setting is written.
template <class T>
struct Described {
  Needed name;
  std::string_view args{};
  Sections sections{};
  typename WrittenAs<T>::type initial{};  // strings: the text; optional: nothing
  std::int64_t min = std::numeric_limits<std::int64_t>::min();  // of numbers and sizes
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
  Unit unit = Unit::ms;                  // of a time without one
  Duration longest = longest_timer;      // of times
  catalog::Few<Choice<T>, std::is_enum_v<T> ? 16 : 1> choices{};  // of enums
  Prefixes prefixes = Prefixes::none;    // bool `option ...` flags have both in any case
  Modes modes = only::any;
  std::string_view deprecated{};
  std::string_view unused{};
  std::string_view inherent{};
  Needed doc;
};

// How a T is read; false: it has been diagnosed. Other layers may add overloads beside their types (found by ADL).
//   bool           a flag without argument (`no` makes it false), or on/off if .args is "{ on | off }"
//   integers       within min..max
//   Duration       optional<Duration>: 0 is "none"
//   Size, string   one word; enum: one of the choices; vector<string>: all words, at least one
//   optional<X>    as X, and nothing until it is said
template <class T>
concept Readable = std::is_integral_v<T> || std::is_enum_v<T> || std::is_same_v<T, Duration> || std::is_same_v<T, Size> ||
                   std::is_same_v<T, std::string> || std::is_same_v<T, std::vector<std::string>>;
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::bool_constant<Readable<T>> {};

template <class T>
  requires(Readable<T> || IsOptional<T>::value)
bool read_setting(Line& line, const Described<T>& how, T& value);

template <class T>
class Setting final : public AnySetting {
 public:
  explicit Setting(const Described<T>& described)
      : AnySetting(keyword_of(described), sizeof(T), alignof(T)), how_(described) {}
  explicit Setting(Sections sections, typename WrittenAs<T>::type initial = {})
      : AnySetting(Keyword{.sections = sections}, sizeof(T), alignof(T)), how_{.name = "-", .sections = sections, .initial = initial, .doc = "-"} {}

  const Described<T>& described() const { return how_; }
  T initial() const {
    if constexpr (std::is_trivially_copyable_v<T> || std::is_constructible_v<T, std::string_view>) return T(how_.initial);
    else return T{};
  }

  void construct(std::byte* at) const override { new (at) T(initial()); }
  void copy(std::byte* to, const std::byte* from) const override { new (to) T(*reinterpret_cast<const T*>(from)); }
  void destroy(std::byte* at) const override { reinterpret_cast<T*>(at)->~T(); }
  void reset(std::byte* at) const override { *reinterpret_cast<T*>(at) = initial(); }
  void parse(Line& line, Section& section) const override;

 private:
  static Keyword keyword_of(const Described<T>& d) {
    const bool option = std::is_same_v<T, bool> && d.name.text.starts_with("option ");
    return Keyword{.name = d.name.text, .args = d.args, .sections = d.sections,
                   .prefixes = option ? Prefixes::no_and_default : d.prefixes, .modes = d.modes,
                   .deprecated = d.deprecated, .unused = d.unused,
                   .inherent = d.inherent, .doc = d.doc.text};
  }
  Described<T> how_;
};

namespace reading {
bool flag(Line& line, std::string_view args, bool& value);
bool integer(Line& line, std::string_view args, std::int64_t min, std::int64_t max, std::int64_t& value);
bool duration(Line& line, std::string_view args, Unit unit, Duration longest, Duration& value);
bool size(Line& line, std::string_view args, std::uint64_t min, std::uint64_t max, Size& value);
bool text(Line& line, std::string_view args, std::string& value);
bool texts(Line& line, std::string_view args, std::vector<std::string>& value);
}  // namespace reading

template <class T>
  requires(Readable<T> || IsOptional<T>::value)
bool read_setting(Line& line, const Described<T>& how, T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return reading::flag(line, how.args, value);
  } else if constexpr (std::is_integral_v<T>) {
    using Limits = std::numeric_limits<T>;
    constexpr std::int64_t lowest = std::is_unsigned_v<T> ? 0 : static_cast<std::int64_t>(Limits::min());
    constexpr std::int64_t highest = sizeof(T) == 8 ? std::numeric_limits<std::int64_t>::max() : static_cast<std::int64_t>(Limits::max());
    std::int64_t read = 0;
    if (!reading::integer(line, how.args, std::max(how.min, lowest), std::min(how.max, highest), read)) return false;
    value = static_cast<T>(read);
    return true;
  } else if constexpr (std::is_enum_v<T>) {
    const std::optional<T> read = line.take_choice<T>(how.choices);
    if (read) value = *read;
    return read.has_value();
  } else if constexpr (std::is_same_v<T, Duration>) {
    return reading::duration(line, how.args, how.unit, how.longest, value);
  } else if constexpr (std::is_same_v<T, std::optional<Duration>>) {
    Duration read;
    if (!reading::duration(line, how.args, how.unit, how.longest, read)) return false;
    value = read.us == 0 ? std::nullopt : std::optional(read);
    return true;
  } else if constexpr (std::is_same_v<T, Size>) {
    return reading::size(line, how.args, how.min < 0 ? 0 : static_cast<std::uint64_t>(how.min),
                         static_cast<std::uint64_t>(how.max), value);
  } else if constexpr (std::is_same_v<T, std::string>) {
    return reading::text(line, how.args, value);
  } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
    return reading::texts(line, how.args, value);
  } else {
    typename T::value_type read{};
    const Described<typename T::value_type> inner{.name = "-", .args = how.args, .min = how.min, .max = how.max,
                                                  .unit = how.unit, .longest = how.longest, .doc = "-"};
    if (!read_setting(line, inner, read)) return false;
    value = read;
    return true;
  }
}

template <class T>
void Setting<T>::parse(Line& line, Section& section) const {
  if (line.prefix() == Prefix::usual) {
    if (line.finish()) section.forget(*this);
    return;
  }
  if constexpr (requires(T& value) { read_setting(line, how_, value); }) {
    T value = initial();
    if (read_setting(line, how_, value) && line.finish()) section.change(*this, line) = std::move(value);
  } else {
    check(false, "storage only: no keyword of its own");
  }
}

inline std::byte* Section::at(const AnySetting& setting) const { return block_ + setting.offset(family_); }

// `now` plus the time, or never if there is none.
inline Instant deadline(Instant now, const std::optional<Duration>& time) { return time ? now + *time : never; }

}  // namespace sluice::config
