#include "config/dump.hpp"

#include <set>

#include "config/keyword.hpp"

namespace sluice::config {
namespace {

// Proxies of all kinds stand under `listen`, as in HAProxy.
std::string_view heading(const SectionKind& kind) { return kind.bit & in::proxies ? "listen" : kind.name; }

Sections covered(const SectionKind& kind) {
  return kind.bit & in::proxies ? in::proxies | in::named_defaults : kind.bit;
}

}  // namespace

std::string keyword_dump(std::span<const DumpName> others) {
  std::string out = "# List of registered configuration keywords:\n";
  std::set<std::string_view> done;
  std::vector<const SectionKind*> kinds(catalog::entries<SectionKind>().begin(), catalog::entries<SectionKind>().end());
  std::ranges::stable_sort(kinds, {}, [](const SectionKind* kind) { return kind->bit.bits; });
  for (const SectionKind* kind : kinds) {
    if (!done.insert(heading(*kind)).second) continue;
    std::set<std::string, std::less<>> names;
    for (const Keyword& keyword : keywords().all())
      if ((keyword.sections & covered(*kind)) && keyword.unused.empty()) names.emplace(keyword.name);
    for (const DumpName& other : others)
      if (other.sections & covered(*kind)) names.insert(other.name);
    if (names.empty()) continue;
    out += fmt::format("{}\n", heading(*kind));
    for (const std::string& name : names) out += fmt::format("\t{}\n", name);
  }
  return out;
}

}  // namespace sluice::config
