#include "http/short_name.hpp"

#include <array>
#include <utility>

#include "base/text.hpp"

namespace sluice::http {
namespace {

constexpr std::size_t slots = 256;

// Length, first, middle and last letter tell our names apart; `factor` spreads them over the slots.
constexpr std::size_t slot_of(std::string_view lower, std::uint32_t factor) {
  const auto at = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(lower[i])); };
  const std::size_t size = lower.size();
  const std::uint32_t mix = static_cast<std::uint32_t>(size) + (at(0) << 5) + (at(size / 2) << 12) +
                            (at(size - 1) << 19) + (at(size * 3 / 4) << 25);
  return (mix * factor) >> 24;
}

// Found by trying; after a change of the names try others until the assertion holds.
constexpr std::uint32_t factor = 0x3b8c0037u;
static_assert([] {
  std::array<bool, slots> taken{};
  for (std::size_t i = 1; i < header_names.size(); ++i)
    if (std::exchange(taken[slot_of(header_names[i], factor)], true)) return false;
  return true;
}(), "two header names fall into one slot");

constexpr auto table = [] {
  std::array<HeaderId, slots> ids{};
  for (std::size_t i = 1; i < header_names.size(); ++i) ids[slot_of(header_names[i], factor)] = static_cast<HeaderId>(i);
  return ids;
}();
constexpr std::size_t longest = [] {
  std::size_t most = 0;
  for (const std::string_view name : header_names) most = name.size() > most ? name.size() : most;
  return most;
}();

// Names of up to 15 bytes once more, as words: one multiplication finds the slot and two comparisons the name.
struct Words {
  std::uint64_t first = 0, second = 0;
  constexpr bool operator==(const Words&) const = default;
};
constexpr Words words_of(std::string_view name) {
  Words words;
  for (std::size_t i = 0; i < name.size(); ++i)
    (i < 8 ? words.first : words.second) |= std::uint64_t{static_cast<unsigned char>(name[i])} << (i % 8 * 8);
  return words;
}
constexpr std::uint64_t word_factor = 0xe4b06ce60741c7a9u;  // found by trying, like the other
constexpr std::size_t slot_of(const Words& words) { return ((words.first ^ words.second * 3) * word_factor) >> 56; }

struct ShortNames {
  std::array<Words, header_names.size()> words{};
  std::array<HeaderId, slots> ids{};
  bool distinct = true;
};
constexpr auto short_names = [] {
  ShortNames names;
  for (std::size_t i = 1; i < header_names.size(); ++i) {
    if (header_names[i].size() > 15) continue;
    names.words[i] = words_of(header_names[i]);
    HeaderId& id = names.ids[slot_of(names.words[i])];
    if (id != HeaderId::other) names.distinct = false;
    id = static_cast<HeaderId>(i);
  }
  return names;
}();
static_assert(short_names.distinct, "two short header names fall into one slot");

}  // namespace

HeaderId header_id_of_words(std::uint64_t first, std::uint64_t second) {
  const Words words{first, second};
  const HeaderId id = short_names.ids[slot_of(words)];
  return short_names.words[static_cast<std::size_t>(id)] == words ? id : HeaderId::other;
}

HeaderId header_id_of_lower(std::string_view lower_name) {
  if (lower_name.empty() || lower_name.size() > longest) return HeaderId::other;
  const HeaderId id = table[slot_of(lower_name, factor)];
  return name_of(id) == lower_name ? id : HeaderId::other;
}

HeaderId header_id(std::string_view name) {
  if (name.empty() || name.size() > longest) return HeaderId::other;
  char lower_name[longest];
  for (std::size_t i = 0; i < name.size(); ++i) lower_name[i] = to_lower(name[i]);
  return header_id_of_lower({lower_name, name.size()});
}

}  // namespace sluice::http
