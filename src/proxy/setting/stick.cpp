// The lines of stick rules, kept as written until all tables are known.
#include "proxy/setting/proxy_settings.hpp"

namespace sluice::proxy::setting {

const config::Setting<Lines> stick_rules{config::in::back};

namespace {

void keep(config::Line& line, config::Section& section) { section.change(stick_rules, line).push_back(line); }

constexpr std::string_view args = "<expression> [table <table>] [{if | unless} <condition>]";
const catalog::Add on{config::Keyword{.name = "stick on", .args = args, .sections = config::in::back, .parse = keep,
    .doc = "Clients keep the server they had: stick match and stick store-request in one."}};
const catalog::Add match{config::Keyword{.name = "stick match", .args = args, .sections = config::in::back, .parse = keep,
    .doc = "Searches a table, by default the section's own, for the expression's value: the server stored there gets the request. "
           "The first such rule that finds something decides, unless a cookie has decided before."}};
const catalog::Add store_request{config::Keyword{.name = "stick store-request", .args = args, .sections = config::in::back,
    .parse = keep,
    .doc = "Stores the server that was reached under a value of the request. Up to 8 values are stored for one request, the first "
           "one for each table."}};
const catalog::Add store_response{config::Keyword{.name = "stick store-response", .args = args, .sections = config::in::back,
    .parse = keep, .doc = "Stores the server under a value of its response; see stick store-request."}};

}  // namespace
}  // namespace sluice::proxy::setting
