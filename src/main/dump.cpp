#include "main/dump.hpp"

#include <link.h>
#include <unistd.h>

#include <cstdio>

#include "admin/command.hpp"
#include "backend/server_option.hpp"
#include "base/text.hpp"
#include "config/dump.hpp"
#include "expr/entries.hpp"
#include "main/manual.hpp"
#include "proxy/action.hpp"
#include "proxy/bind.hpp"
#include "proxy/filter.hpp"
#include "proxy/service.hpp"

namespace sluice {
namespace {

std::string with_args(std::string_view name, std::string_view args) {
  return args.empty() ? std::string(name) : fmt::format("{} {}", name, args);
}

// What other kinds than Keyword put below a section.
std::vector<config::DumpName> names_of_families() {
  std::vector<config::DumpName> names;
  for (const auto* option : catalog::entries<proxy::BindOption>())
    names.push_back({config::in::front, fmt::format("bind <addr> {}", with_args(option->name, option->args))});
  for (const auto* option : catalog::entries<backend::ServerOption>())
    if (!option->deprecated) names.push_back({config::in::back, fmt::format("server <name> <addr> {}", option->takes_parameter ? fmt::format("{}{}", option->name, option->args) : with_args(option->name, option->args))});
  for (const auto* action : catalog::entries<proxy::Action>())
    for (std::size_t set = 0; set < proxy::rule_set_count && action->unused.empty(); ++set)
      if (action->in.has(static_cast<proxy::RuleSet>(set)))
        names.push_back({config::in::rules, fmt::format("{} {}{}", proxy::name_of(static_cast<proxy::RuleSet>(set)),
                                                        action->name, action->takes_parameter ? "(" : "")});
  return names;
}

std::string dump_cli() {
  std::string out = "# List of registered CLI keywords:\n";
  for (const auto* command : catalog::entries<admin::Command>())
    out += fmt::format("{} [WORKER] {}\n", command->name, command->args);
  return out;
}

std::string dump_services() {
  std::string out = "# List of registered service names:\n";
  for (const auto* service : catalog::entries<proxy::NamedService>()) out += fmt::format("{}\n", service->name);
  return out;
}

std::string dump_filters() {
  std::string out = "# List of registered filter names:\n";
  for (const auto* filter : catalog::entries<proxy::Filter>()) out += fmt::format("{}\n", filter->name);
  return out;
}

struct Class {
  std::string_view name;
  std::string (*dump)();
  std::string_view doc;
};
constexpr Class classes[] = {
    {"acl", expr::dump_acls, "ACL keywords"},
    {"cfg", [] { return config::keyword_dump(names_of_families()); }, "configuration keywords"},
    {"cli", dump_cli, "CLI keywords"},
    {"cnv", expr::dump_converters, "sample converter keywords"},
    {"flt", dump_filters, "filter names"},
    {"smp", expr::dump_fetches, "sample fetch functions"},
    {"svc", dump_services, "service names"},
};

void print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

}  // namespace

void dump_keywords(std::string_view wanted) {
  while (!wanted.empty()) {
    const std::string_view word = take_until(wanted, ',');
    if (word == "help") {
      print("# List of supported keyword classes:\nall: list all keywords\nmanual: all of them explained, in Markdown\n");
      for (const Class& each : classes) print(fmt::format("{}: {}\n", each.name, each.doc));
    }
    if (word == "manual") print(manual());
    for (const Class& each : classes)
      if (word == "all" || word == each.name) print(each.dump());
  }
}

namespace {

// Called for every object of the process; the executable itself has no name, and the kernel's own object no file.
int dump_object(dl_phdr_info* object, std::size_t, void*) {
  const std::string_view name = object->dlpi_name ? object->dlpi_name : "";
  if (name.empty()) {
    char path[4096];
    const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path);
    if (size > 0) std::printf("%.*s\n", static_cast<int>(size), path);
  } else if (name.find('/') != std::string_view::npos) {
    std::printf("%.*s\n", static_cast<int>(name.size()), name.data());
  }
  return 0;
}

}  // namespace

void dump_libraries(Heading heading) {
  if (heading == Heading::yes) std::puts("List of loaded object files:");
  ::dl_iterate_phdr(dump_object, nullptr);
  std::fflush(stdout);
}

}  // namespace sluice
