#include "http/header_id.hpp"

#include <array>
#include <utility>

#include "base/text.hpp"
#ifdef __SSE2__
#include <emmintrin.h>
#endif

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

// The first 16 bytes of each name.
alignas(16) constexpr auto padded = [] {
  std::array<std::array<char, 16>, header_names.size()> texts{};
  for (std::size_t i = 0; i < header_names.size(); ++i)
    for (std::size_t k = 0; k < 16 && k < header_names[i].size(); ++k) texts[i][k] = header_names[i][k];
  return texts;
}();
constexpr auto sizes = [] {
  std::array<std::uint8_t, header_names.size()> list{};
  for (std::size_t i = 0; i < header_names.size(); ++i) list[i] = static_cast<std::uint8_t>(header_names[i].size());
  return list;
}();

}  // namespace

HeaderId header_id_of_padded(std::string_view name) {
#ifdef __SSE2__
  if (name.empty()) return HeaderId::other;
  const HeaderId id = table[slot_of(name, factor)];
  const auto i = static_cast<std::size_t>(id);
  const __m128i same = _mm_cmpeq_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(name.data())),
                                      _mm_load_si128(reinterpret_cast<const __m128i*>(padded[i].data())));
  const unsigned wanted = (1U << name.size()) - 1;
  const bool equal = sizes[i] == name.size() && (static_cast<unsigned>(_mm_movemask_epi8(same)) & wanted) == wanted;
  return equal ? id : HeaderId::other;
#else
  return header_id_of_lower(name);
#endif
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
