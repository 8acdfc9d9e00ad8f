#include "main/manual.hpp"

#include "admin/column.hpp"
#include "admin/command.hpp"
#include "backend/algorithm.hpp"
#include "backend/server_option.hpp"
#include "base/text.hpp"
#include "config/keyword.hpp"
#include "expr/entries.hpp"
#include "proxy/action.hpp"
#include "proxy/bind.hpp"
#include "proxy/filter.hpp"
#include "proxy/service.hpp"

namespace sluice {
namespace {

// Prose as it is to be read: arguments' names stand out, nothing is taken for markup.
std::string prose(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '{' || c == '}') out += '*';
    else if (c == '<' || c == '*' || c == '|' || c == '[' || c == ']' || c == '\\' || c == '`') (out += '\\') += c;
    else out += c;
  }
  return out;
}
// An example's text, so that one line holds whatever it is.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') (out += '\\') += c;
    else if (byte < 0x20 || byte >= 0x7f) out += fmt::format("\\x{:02x}", byte);
    else out += c;
  }
  return out + '"';
}

void chapter(std::string& out, std::string_view title, std::string_view about) { out += fmt::format("\n## {}\n\n{}\n", title, about); }
void heading(std::string& out, std::string_view name, std::string_view args) {
  out += args.empty() ? fmt::format("\n### `{}`\n\n", name) : fmt::format("\n### `{} {}`\n\n", name, args);
}
std::string joined(const auto& names, std::string_view between) {
  std::string out;
  for (const std::string_view name : names) {
    if (!out.empty()) out += between;
    out += name;
  }
  return out;
}

std::string names_of(config::Sections sections) {
  std::vector<std::string_view> names;
  for (const auto* kind : catalog::entries<config::SectionKind>())
    if (sections & kind->bit) names.push_back(kind->name);
  if ((sections & config::in::named_defaults) && !(sections & config::in::defaults)) names.push_back("named defaults");
  return joined(names, ", ");
}

void write_sections(std::string& out) {
  chapter(out, "Sections", "A configuration consists of sections; each begins with one of these lines.");
  for (const auto* kind : catalog::entries<config::SectionKind>()) {
    heading(out, kind->name, kind->args);
    out += prose(kind->doc) + "\n";
  }
}

void write_keyword(std::string& out, const config::Keyword& keyword) {
  const std::string in = names_of(keyword.sections);
  if (in.empty() || keyword.doc.empty()) return;
  heading(out, keyword.name, keyword.args);
  out += prose(keyword.doc) + "\n\n";
  out += fmt::format("In: {}.", in);
  if (keyword.prefixes == config::Prefixes::no) out += " `no` may stand before it.";
  if (keyword.prefixes == config::Prefixes::no_and_default) out += " `no` or `default` may stand before it.";
  if (keyword.modes == config::only::http) out += " In mode http only.";
  if (keyword.modes == config::only::tcp) out += " In mode tcp only.";
  if (!keyword.deprecated.empty()) out += fmt::format(" Deprecated: use `{}`.", keyword.deprecated);
  if (!keyword.unused.empty()) out += fmt::format(" Changes nothing here: {}", prose(keyword.unused));
  out += "\n";
}
void write_keywords(std::string& out) {
  chapter(out, "Keywords", "What may stand in sections, one a line.");
  for (const config::Keyword& keyword : config::keywords().all()) write_keyword(out, keyword);
}

template <class Entry>
void write_options(std::string& out, std::string_view title, std::string_view about) {
  chapter(out, title, about);
  for (const Entry* option : catalog::entries<Entry>()) {
    if constexpr (requires { option->args; }) heading(out, option->name, option->args);
    else heading(out, option->name, "");
    out += prose(option->doc) + "\n";
  }
}

void write_actions(std::string& out) {
  chapter(out, "Actions", "What rules do: `<rule set> <action> [if|unless <condition>]`.");
  for (const auto* action : catalog::entries<proxy::Action>()) {
    heading(out, fmt::format("{}{}", action->name, action->takes_parameter ? "(...)" : ""), action->args);
    out += prose(action->doc) + "\n\nIn: ";
    std::vector<std::string_view> sets;
    for (std::size_t set = 0; set < proxy::rule_set_count; ++set)
      if (action->in.has(static_cast<proxy::RuleSet>(set))) sets.push_back(proxy::name_of(static_cast<proxy::RuleSet>(set)));
    out += joined(sets, ", ") + ".";
    if (!action->unused.empty()) out += fmt::format(" Changes nothing here: {}", prose(action->unused));
    out += "\n";
  }
}

void write_algorithms(std::string& out) {
  chapter(out, "Balancing", "`balance <algorithm>`: who gets a request.");
  for (const auto* algorithm : catalog::entries<backend::Algorithm>()) {
    heading(out, algorithm->name, algorithm->args);
    out += prose(algorithm->doc) + "\n";
  }
}

void write_examples(std::string& out, const catalog::Examples& examples) {
  if (examples.empty()) return;
  out += "\n```\n";
  for (const catalog::Example& example : examples)
    out += fmt::format("{}  =>  {}\n", example.input, example.has_output ? quoted(example.output) : "no value");
  out += "```\n";
}
template <class Entry>
std::string call_of(const Entry& entry) {
  return entry.args.empty() ? std::string(entry.name) : fmt::format("{}({})", entry.name, joined(entry.args, ","));
}
void write_fetches(std::string& out) {
  chapter(out, "Fetches", "Where values come from: `%[fetch]` in formats, `{ fetch pattern }` in conditions.");
  for (const auto* fetch : catalog::entries<expr::Fetch>()) {
    heading(out, call_of(*fetch), "");
    out += fmt::format("{}\n\nGives {}; needs {}.\n", prose(fetch->doc), expr::name_of(fetch->type()), expr::need_of(fetch->where()));
    write_examples(out, fetch->examples);
  }
}
void write_converters(std::string& out) {
  chapter(out, "Converters", "What is made of values: `fetch,converter,converter`.");
  for (const auto* converter : catalog::entries<expr::Converter>()) {
    heading(out, call_of(*converter), "");
    out += fmt::format("{}\n\nTakes {}, gives {}.\n", prose(converter->doc), expr::name_of(converter->takes()), expr::name_of(converter->gives()));
    write_examples(out, converter->examples);
  }
}

void write_matches(std::string& out) {
  chapter(out, "Matching", "`-m <method>` behind an ACL's fetch says how patterns are compared.");
  for (const auto* match : catalog::entries<expr::Match>()) {
    heading(out, match->name, "");
    out += prose(match->doc) + "\n";
  }
  chapter(out, "ACL keywords", "Fetches with a method in their name.");
  for (const auto* family : catalog::entries<expr::AclFamily>()) {
    std::vector<std::string> names;
    for (const std::string_view match : family->matches) names.push_back(fmt::format("`{}`", expr::acl_keyword(*family, match)));
    out += fmt::format("\n* {}: {}\n", joined(names, ", "), prose(family->doc));
  }
}

void write_log_items(std::string& out) {
  chapter(out, "Log format items", "`%<item>` in log-format and its kin.");
  for (const auto* alias : catalog::entries<expr::LogAlias>()) {
    out += fmt::format("\n* `%{}`: {}", alias->name, prose(alias->doc));
    if (!alias->expression.empty()) out += fmt::format(" The same as `%[{}]`.", alias->expression);
  }
  out += "\n";
}

void write_commands(std::string& out) {
  chapter(out, "Runtime API", "Commands on a `stats socket`, one a line; `;` separates several.");
  for (const auto* command : catalog::entries<admin::Command>()) {
    heading(out, command->name, command->args);
    out += fmt::format("{}\n\nLevel: {}.\n", prose(command->doc), admin::name_of(command->level));
  }
}
void write_columns(std::string& out) {
  chapter(out, "Statistics", "The columns of `show stat`, by their position from 0.");
  for (const auto* column : admin::columns_by_position())
    if (column) out += fmt::format("\n* {} `{}`: {}", column->position, column->name, prose(column->doc));
  out += "\n";
}

}  // namespace

std::string manual() {
  std::string out = "# The configuration and runtime manual\n\nWritten by `sluice -dKmanual` from the entries of the keywords themselves.\n";
  write_sections(out);
  write_keywords(out);
  write_options<proxy::BindOption>(out, "Parameters of bind", "`bind <address> [parameter...]`; those of `stats socket` are among them.");
  write_options<backend::ServerOption>(out, "Parameters of server", "`server <name> <address> [parameter...]`, and `default-server`.");
  write_algorithms(out);
  write_actions(out);
  write_fetches(out);
  write_converters(out);
  write_matches(out);
  write_log_items(out);
  write_options<proxy::Filter>(out, "Filters", "`filter <name> [parameter...]`.");
  write_options<proxy::NamedService>(out, "Services", "`http-request use-service <name>`.");
  write_columns(out);
  write_commands(out);
  return out;
}

}  // namespace sluice
