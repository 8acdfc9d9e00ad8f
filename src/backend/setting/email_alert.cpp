// email-alert ... of proxies and the mailers section.
#include <unistd.h>

#include "backend/mail.hpp"
#include "base/text.hpp"
#include "catalog/add.hpp"
#include "config/keyword.hpp"
#include "config/setting.hpp"

namespace sluice::backend {
namespace {

namespace in = config::in;
using catalog::Add;
using config::Setting;

const Setting<std::string> from{{.name = "email-alert from", .args = "<emailaddr>", .sections = in::proxies,
    .doc = "Who mails about servers come from."}};
const Setting<std::string> to{{.name = "email-alert to", .args = "<emailaddr>", .sections = in::proxies,
    .doc = "Who gets mails about servers that go down or come up."}};
const Setting<std::string> mailers{{.name = "email-alert mailers", .args = "<mailersect>", .sections = in::proxies,
    .doc = "The mailers section that says where mails are handed in."}};
const Setting<std::string> hostname{{.name = "email-alert myhostname", .args = "<hostname>", .sections = in::proxies,
    .doc = "The name mail servers are greeted with. Default: the host's."}};
const Setting<Level> level{{.name = "email-alert level", .args = "<level>", .sections = in::proxies, .initial = Level::alert,
    .choices = {{"emerg", Level::emerg}, {"alert", Level::alert}, {"crit", Level::crit}, {"err", Level::err}, {"warning", Level::warning},
                {"notice", Level::notice}, {"info", Level::info}, {"debug", Level::debug}},
    .doc = "How bad news must be at least to be mailed: alert (down), notice (up, drain), info (with option log-health-checks)."}};

const Setting<std::vector<MailRoute::Mailer>> mailer_list{in::mailers};
const Setting<Duration> timeout{{.name = "timeout mail", .args = "<time>", .sections = in::mailers, .initial = seconds(10),
    .doc = "How long handing in one mail may take. Default 10s."}};

void parse_mailer(config::Line& line, config::Section& section) {
  const config::Word* const name = line.take("<name>");
  const config::Word* const address = name ? line.take("<address>:<port>") : nullptr;
  if (!address || !line.finish()) return;
  net::EndpointRules rules;
  rules.port_required = true;
  const auto endpoint = net::parse_endpoint(address->text, rules);
  if (!endpoint || endpoint->form != net::Endpoint::Form::address) {
    line.alert(*address, fmt::format("'{}' is not the address of a mailer{}.", address->text, endpoint ? "" : ": " + endpoint.error()));
    return;
  }
  section.change(mailer_list, line).push_back({name->text, endpoint->address.with_port(endpoint->port_first)});
}

const Add mailer_entry{config::Keyword{.name = "mailer", .args = "<mailername> <ip>:<port>", .sections = in::mailers, .parse = parse_mailer,
    .doc = "A server that takes mails over SMTP."}};
const Add mailers_entry{config::SectionKind{.name = "mailers", .args = "<name>", .bit = in::mailers,
    .doc = "Servers that mails about servers are handed in to (email-alert mailers)."}};

std::string own_name() {
  char name[256] = "localhost";
  ::gethostname(name, sizeof name - 1);
  return name;
}

}  // namespace

std::unique_ptr<const MailRoute> mail_route(const config::Section& section, const config::Config& config,
                                            config::Diagnostics& diagnostics) {
  if (!section.said(from) && !section.said(to) && !section.said(mailers) && !section.said(hostname) && !section.said(level)) return nullptr;
  if (section[from].empty() || section[to].empty() || section[mailers].empty()) {
    diagnostics.warning(section.place(), fmt::format("'email-alert' of {} '{}' is ignored: it needs 'from', 'to' and 'mailers'.",
                                                     section.kind_name(), section.name()));
    return nullptr;
  }
  const config::Section* const list = config.find(in::mailers, section[mailers]);
  if (!list) {
    diagnostics.alert(section.place(mailers), fmt::format("'email-alert mailers' : there is no mailers section '{}'.", section[mailers]));
    return nullptr;
  }
  auto route = std::make_unique<MailRoute>();
  route->mailers = (*list)[mailer_list];
  route->timeout = (*list)[timeout];
  route->from = section[from];
  route->to = section[to];
  route->hostname = section[hostname].empty() ? own_name() : section[hostname];
  route->level = section[level];
  return route;
}

}  // namespace sluice::backend
