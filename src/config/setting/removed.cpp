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
constexpr std::string_view request_rules = "'http-request' rules (set-header, del-header, replace-header, deny)";
constexpr std::string_view response_rules = "'http-response' rules (set-header, del-header, replace-header, deny)";

const Add entries[] = {
    Add{Removed{"block", proxies, "2.1", "'http-request deny'"}},
    Add{Removed{"option http_proxy", proxies, "3.3", "'http-request do-resolve' with 'set-dst'"}},
    Add{Removed{"option avalanche", proxies, "1.5", "the 'avalanche' modifier of 'hash-type'"}},
    Add{Removed{"cliexp", proxies, "2.1", request_rules}},
    Add{Removed{"srvexp", proxies, "2.1", response_rules}},
    Add{Removed{"reqadd", proxies, "2.1", "'http-request add-header'"}},
    Add{Removed{"reqdel", proxies, "2.1", "'http-request del-header'"}},
    Add{Removed{"reqidel", proxies, "2.1", "'http-request del-header'"}},
    Add{Removed{"reqdeny", proxies, "2.1", "'http-request deny'"}},
    Add{Removed{"reqideny", proxies, "2.1", "'http-request deny'"}},
    Add{Removed{"reqallow", proxies, "2.1", "'http-request allow'"}},
    Add{Removed{"reqiallow", proxies, "2.1", "'http-request allow'"}},
    Add{Removed{"reqpass", proxies, "2.1", request_rules}},
    Add{Removed{"reqipass", proxies, "2.1", request_rules}},
    Add{Removed{"reqrep", proxies, "2.1", "'http-request replace-uri', 'replace-path' or 'replace-header'"}},
    Add{Removed{"reqirep", proxies, "2.1", "'http-request replace-uri', 'replace-path' or 'replace-header'"}},
    Add{Removed{"reqtarpit", proxies, "2.1", "'http-request tarpit'"}},
    Add{Removed{"reqitarpit", proxies, "2.1", "'http-request tarpit'"}},
    Add{Removed{"rspadd", proxies, "2.1", "'http-response add-header'"}},
    Add{Removed{"rspdel", proxies, "2.1", "'http-response del-header'"}},
    Add{Removed{"rspidel", proxies, "2.1", "'http-response del-header'"}},
    Add{Removed{"rspdeny", proxies, "2.1", "'http-response deny'"}},
    Add{Removed{"rspideny", proxies, "2.1", "'http-response deny'"}},
    Add{Removed{"rsprep", proxies, "2.1", "'http-response replace-header'"}},
    Add{Removed{"rspirep", proxies, "2.1", "'http-response replace-header'"}},
};

}  // namespace
}  // namespace sluice::config
