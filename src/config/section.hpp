// A section of the configuration: its settings in one block of memory, copied from its defaults at birth, so reading
// one never looks anywhere else. Filled while loading; const and shared by all workers afterwards.
//
//   section[timeout_client]           the value (its initial one if nobody wrote it)
//   section.said(timeout_client)      written here or in the defaults it comes from
//   section.place(timeout_client)     where
//   section.change(bind_lines, line)  while parsing: the value to change, marked as said at that line
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.hpp"
#include "config/line.hpp"
#include "config/place.hpp"

namespace sluice::config {

class AnySetting;
class Config;
struct Keyword;
struct SectionKind;
template <class T>
class Setting;

// A set of kinds of sections.
struct Sections {
  std::uint32_t bits = 0;
  constexpr Sections operator|(Sections o) const { return {bits | o.bits}; }
  constexpr Sections operator&(Sections o) const { return {bits & o.bits}; }
  constexpr explicit operator bool() const { return bits != 0; }
  constexpr bool operator==(const Sections&) const = default;
};
namespace in {
inline constexpr Sections global{1}, defaults{2}, frontend{4}, listen{8}, backend{16};
inline constexpr Sections named_defaults{32};  // rules may stand in `defaults <name>` only
inline constexpr Sections userlist{1U << 6}, http_errors{1U << 7}, peers{1U << 8}, resolvers{1U << 9}, ring{1U << 10},
    cache{1U << 11}, mailers{1U << 12}, program{1U << 13}, fcgi_app{1U << 14}, log_forward{1U << 15},
    log_profile{1U << 16}, crt_store{1U << 17}, healthcheck{1U << 18}, traces{1U << 19}, acme{1U << 20},
    namespace_list{1U << 21};
inline constexpr Sections front = frontend | listen, back = backend | listen;
inline constexpr Sections proxies = defaults | frontend | listen | backend;
inline constexpr Sections front_or_defaults = front | defaults, back_or_defaults = back | defaults;
inline constexpr Sections rules = named_defaults | frontend | listen | backend;
}  // namespace in

class Section {
 public:
  Section(const SectionKind& kind, std::string name, Place place, const Section* from);
  ~Section();
  Section(const Section&) = delete;
  Section& operator=(const Section&) = delete;

  const SectionKind& kind() const { return kind_; }
  std::string_view kind_name() const;
  bool is(Sections any_of) const { return static_cast<bool>(bits_ & any_of); }
  Sections bits() const { return bits_; }
  const std::string& name() const { return name_; }
  Place place() const { return place_; }             // of the name, else of the kind
  const Section* from() const { return from_; }      // the defaults it was copied from, null: none
  std::size_t number() const { return number_; }     // order among all sections of the configuration

  template <class T>
  const T& operator[](const Setting<T>& setting) const {
    return *reinterpret_cast<const T*>(at(setting));
  }
  template <class T>
  T& change(const Setting<T>& setting, const Line& line) {
    say(setting, line.place());
    return *reinterpret_cast<T*>(at(setting));
  }
  bool said(const AnySetting& setting) const { return find(setting) != nullptr; }
  bool said(std::string_view keyword) const;  // for layers that do not know the setting: by the keyword's name
  bool said_here(const AnySetting& setting) const;
  Place place(const AnySetting& setting) const;  // nowhere if it was never said
  void forget(const AnySetting& setting);        // back to the initial value, as `default <keyword>` does

  // The keywords written here, in order (without `no` and `default`).
  struct Use {
    const Keyword* keyword;
    Place place;
  };
  const std::vector<Use>& uses() const { return uses_; }
  void note_use(const Keyword& keyword, Place place) { uses_.push_back({&keyword, place}); }
  void set_number(std::size_t number) { number_ = number; }

 private:
  struct Said {
    std::uint16_t index;
    std::uint16_t here;
    Place place;
  };
  std::byte* at(const AnySetting& setting) const;  // defined in setting.hpp, inline: this is the hot path
  void say(const AnySetting& setting, Place place);
  const Said* find(const AnySetting& setting) const;

  const SectionKind& kind_;
  std::string name_;
  Place place_;
  const Section* from_;
  Sections bits_;
  unsigned family_;
  std::size_t number_ = 0;
  std::byte* block_ = nullptr;
  std::vector<Said> said_;  // sorted by index
  std::vector<Use> uses_;
};

enum class Naming : std::uint8_t { none, optional, required };

// The catalog kind of section headers: a new kind of section is one entry.
//   const Add entry{SectionKind{.name = "userlist", .bit = in::userlist, .naming = Naming::required, .doc = "..."}};
struct SectionKind {
  std::string_view name{};
  std::string_view args{};
  Sections bit{};
  Naming naming = Naming::required;
  // Reads what stands on the header after the name (the proxies' `from` and addresses); null: nothing may.
  void (*header)(Line& line, Section& section) = nullptr;
  // When the whole configuration has been read: checks inside the section.
  void (*finish)(const Section& section, const Config& config, Diagnostics& diagnostics) = nullptr;
  std::string_view doc{};
};

}  // namespace sluice::config
