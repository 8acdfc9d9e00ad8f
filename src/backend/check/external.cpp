// option external-check: a program decides. What it is told and how it is run: external_check.hpp.
#include "backend/check_builder.hpp"
#include "base/text.hpp"
#include "catalog/add.hpp"
#include "config/setting/proxy.hpp"

namespace sluice::backend {
namespace {

namespace at = config::in;
using catalog::Add;
using config::Setting;

enum class Allowed : std::uint8_t { no, yes, with_environment };
const Setting<Allowed> allowed{at::global, Allowed::no};
const Setting<bool> fork_wanted{{.name = "insecure-fork-wanted", .sections = at::global, .prefixes = config::Prefixes::no,
    .doc = "Programs may be started while traffic is served: external checks need it."}};
const Setting<std::string> command{{.name = "external-check command", .args = "<command>", .sections = at::back_or_defaults,
    .doc = "The program that checks a server; its exit status 0 means that it is well."}};
const Setting<std::string> path{{.name = "external-check path", .args = "<path>", .sections = at::back_or_defaults,
    .doc = "The PATH of that program. Default: empty."}};

void parse_allowed(config::Line& line, config::Section& section) {
  const bool keep = line.accept("preserve-env");
  if (line.finish()) section.change(allowed, line) = keep ? Allowed::with_environment : Allowed::yes;
}

bool build(CheckBuilder& in, config::Line& line) {
  if (!line.finish()) return false;
  if (in.global[allowed] == Allowed::no) {
    line.alert(fmt::format("'{}' : '{}' needs 'external-check' in the global section.", in.section.name(), line.keyword()));
    return false;
  }
  if (in.section[command].empty()) {
    line.alert(fmt::format("'{}' : '{}' needs an 'external-check command'.", in.section.name(), line.keyword()));
    return false;
  }
  if (!in.global[fork_wanted])
    line.warning(fmt::format("'{}' : '{}' without 'insecure-fork-wanted' in the global section: every check will fail.", in.section.name(), line.keyword()));
  auto external = std::make_unique<ExternalCheck>();
  external->command = in.section[command];
  external->path = in.section[path];
  external->keep_environment = in.global[allowed] == Allowed::with_environment;
  external->may_fork = in.global[fork_wanted];
  external->http = in.section[config::mode] == config::Mode::http;
  external->proxy_id = in.proxy_number;
  if (in.listener) {
    external->proxy_address = in.listener->is_unix() ? std::string(in.listener->path()) : in.listener->host_text();
    external->proxy_port = in.listener->is_unix() ? std::string{} : std::to_string(in.listener->port());
  }
  in.plan.external = std::move(external);
  return true;
}

const Add allowed_entry{config::Keyword{.name = "external-check", .args = "[preserve-env]", .sections = at::global, .parse = parse_allowed,
    .doc = "Allows checks by programs (option external-check); they get their own variables only, or with preserve-env ours too."}};
const Add entry{config::Keyword{.name = "option external-check", .sections = at::back_or_defaults, .parse = choose<build>,
    .doc = "Checks servers by running a program."}};

}  // namespace
}  // namespace sluice::backend
