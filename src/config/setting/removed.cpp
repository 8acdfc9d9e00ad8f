// What HAProxy no longer has (manual, "removed" notes), with what replaces it.
#include "config/removed.hpp"

#include "base/text.hpp"

namespace sluice::config {

const Removed* find_removed(std::span<const Word> words, Sections section) {
  for (const Removed* removed : catalog::entries<Removed>()) {
    if (!(removed->sections & section) || words.size() < removed->words()) continue;
    std::string_view rest = removed->name;
    bool same = true;
    for (std::size_t i = 0; i < removed->words(); ++i) same = same && words[i].text == take_until(rest, ' ');
    if (same) return removed;
  }
  return nullptr;
}

namespace {

using Add = catalog::Add<Removed>;
constexpr Sections proxies = in::proxies;

const Add entries[] = {
    Add{Removed{"option http_proxy", proxies, "3.3", "'http-request do-resolve' with 'set-dst'"}},
    Add{Removed{"option avalanche", proxies, "1.5", "the 'avalanche' modifier of 'hash-type'"}},
};

}  // namespace
}  // namespace sluice::config
