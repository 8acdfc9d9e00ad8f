// The statistics page as a service of a section: who may see it, what is shown, and the actions of its forms.
#include "admin/stats_action.hpp"
#include "admin/stats_html.hpp"
#include "admin/stats_json_schema.hpp"
#include "expr/authentication.hpp"
#include "config/setting/proxy.hpp"
#include "expr/condition.hpp"
#include "proxy/exchange.hpp"
#include "proxy/service.hpp"

namespace sluice::admin {
namespace {

using async::Task;
using proxy::Exchange;

// `stats http-request` and `stats admin` lines. No condition: always.
struct AccessRule {
  enum class Verdict : std::uint8_t { allow, deny, ask } verdict = Verdict::allow;
  std::string realm;
  std::optional<expr::Condition> condition;
  bool applies(const expr::Scope& scope) const { return !condition || condition->eval(scope); }
};

class StatsService final : public proxy::Service {
 public:
  StatsService(const StatsPage& page, std::string section) : page_(page), section_(std::move(section)) {
    if (page_.realm.empty()) page_.realm = "HAProxy Statistics";
    for (std::string& name : page_.scope)
      if (name == ".") name = section_;
  }
  bool compile(expr::Compiler& compiler);

  std::string_view name() const override { return "<STATS>"; }
  bool wants(const Exchange& exchange) const override;
  Task<> answer(Exchange& exchange) const override;

 private:
  bool compile_rules(expr::Compiler& compiler);
  std::string_view target(const Exchange& exchange) const;
  bool refused(Exchange& exchange) const;
  void ask_for_password(Exchange& exchange, std::string_view realm) const;
  bool may_change(const Exchange& exchange) const;
  Task<> act(Exchange& exchange, StatsRequest request, bool admin) const;
  std::string_view outcome_of(Exchange& exchange, bool admin) const;
  void fill_head(Exchange& exchange, const StatsRequest& request) const;
  Task<> send_rows(Exchange& exchange, StatsRequest request, bool admin) const;
  StatFilter filter_of(const StatsRequest& request) const;

  StatsPage page_;
  std::string section_;
  std::vector<AccessRule> rules_, admin_rules_;
};

bool StatsService::compile(expr::Compiler& compiler) {
  const bool has_accounts = !page_.accounts.users.empty();
  if (has_accounts && !page_.rules.empty()) {
    page_.rules.front().alert(fmt::format("proxy '{}': stats 'auth'/'realm' and 'http-request' can't be used at the same time.", section_));
    return false;
  }
  if (!compile_rules(compiler)) return false;
  for (config::Line line : page_.admin_rules) {
    if (!expr::Condition::starts(line)) {
      line.alert("'stats admin' requires either 'if' or 'unless' followed by a condition.");
      return false;
    }
    AccessRule rule;
    rule.condition = expr::Condition::parse(line, compiler);
    if (!rule.condition || !line.finish()) return false;
    admin_rules_.push_back(std::move(rule));
  }
  return true;
}

bool StatsService::compile_rules(expr::Compiler& compiler) {
  using enum AccessRule::Verdict;
  constexpr config::Choice<AccessRule::Verdict> verdicts[] = {{"allow", allow}, {"deny", deny}, {"auth", ask}};
  for (config::Line line : page_.rules) {
    const auto verdict = line.take_choice<AccessRule::Verdict>(verdicts);
    if (!verdict) return false;
    AccessRule rule{.verdict = *verdict, .realm = page_.realm, .condition = {}};
    if (*verdict == ask && line.accept("realm")) {
      const config::Word* const realm = line.take("<realm>");
      if (!realm) return false;
      rule.realm = realm->text;
    }
    if (expr::Condition::starts(line)) {
      rule.condition = expr::Condition::parse(line, compiler);
      if (!rule.condition) return false;
    }
    if (!line.finish()) return false;
    rules_.push_back(std::move(rule));
  }
  return true;
}

// What the prefix is compared with: the path with its query, or everything if the prefix is no path.
std::string_view StatsService::target(const Exchange& exchange) const {
  const http::Uri& uri = exchange.request.uri;
  return page_.uri.starts_with('/') ? uri.path_and_query : uri.text;
}

bool StatsService::wants(const Exchange& exchange) const {
  const http::Method method = exchange.request.method;
  return (method == http::Method::get || method == http::Method::head || method == http::Method::post) &&
         target(exchange).starts_with(page_.uri);
}

void StatsService::ask_for_password(Exchange& exchange, std::string_view realm) const {
  exchange.ask_for_password(fmt::format("Basic realm=\"{}\"", realm));
}

// True: another page was asked for.
bool StatsService::refused(Exchange& exchange) const {
  if (!page_.accounts.users.empty()) {
    const auto who = expr::basic_credentials(exchange.request, exchange.authorization_field(), exchange.arena());
    if (who && expr::authenticates(page_.accounts, *who)) return false;
    ask_for_password(exchange, page_.realm);
    return true;
  }
  for (const AccessRule& rule : rules_) {
    if (!rule.applies(exchange.scope)) continue;
    if (rule.verdict == AccessRule::Verdict::deny) exchange.answer(nullptr, 403, Exchange::Because::denied);
    if (rule.verdict == AccessRule::Verdict::ask) ask_for_password(exchange, rule.realm);
    return rule.verdict != AccessRule::Verdict::allow;
  }
  return false;
}

bool StatsService::may_change(const Exchange& exchange) const {
  return std::ranges::any_of(admin_rules_, [&](const AccessRule& rule) { return rule.applies(exchange.scope); });
}

Task<> StatsService::answer(Exchange& exchange) const {
  if (refused(exchange)) co_return;
  StatsRequest request = parse_stats_request(target(exchange).substr(page_.uri.size()));
  const bool admin = may_change(exchange);
  if (exchange.request.method == http::Method::post) {
    co_await act(exchange, std::move(request), admin);
  } else {
    co_await send_rows(exchange, std::move(request), admin);
  }
}

// A form was sent: what came of it is shown by the page the browser is sent back to.
Task<> StatsService::act(Exchange& exchange, StatsRequest request, bool admin) const {
  co_await exchange.gather_body();
  const std::string_view outcome = outcome_of(exchange, admin);
  http::Response& response = exchange.begin_response(303);
  response.fields.add(http::HeaderId::cache_control, "no-cache");
  response.fields.add(http::HeaderId::content_type, "text/plain");
  response.fields.add(http::HeaderId::content_length, "0");
  response.fields.add(http::HeaderId::location, fmt::format("{};st={}{}", page_.uri, outcome, view_options(request)));
  co_await exchange.send_head(Exchange::Content::none);
  co_await exchange.end_body();
}

std::string_view StatsService::outcome_of(Exchange& exchange, bool admin) const {
  if (!admin) return "DENY";
  if (!exchange.body_complete()) return "EXCD";
  const backend::NoticeSink nobody;
  const backend::NoticeSink& sink = world_of_process ? world_of_process->notice : nobody;
  const backend::Scene scene{.here = &exchange.worker(), .now = exchange.worker().loop.now(), .sink = sink};
  return apply_stats_form(parse_stats_form(exchange.buffered_body()), exchange.proxies(), scene);
}

void StatsService::fill_head(Exchange& exchange, const StatsRequest& request) const {
  http::Fields& fields = exchange.begin_response(200).fields;
  fields.add(http::HeaderId::cache_control, "no-cache");
  const bool json = request.format == StatsFormat::json || request.format == StatsFormat::schema;
  fields.add(http::HeaderId::content_type, request.format == StatsFormat::html ? "text/html" : json ? "application/json" : "text/plain");
  if (request.format == StatsFormat::html && page_.refresh.us > 0 && !request.no_refresh)
    fields.add("refresh", fmt::format("{}", std::max<std::int64_t>(1, page_.refresh.seconds())));
}

StatFilter StatsService::filter_of(const StatsRequest& request) const {
  return StatFilter{.hide_down = request.hide_down, .hide_maintenance = request.hide_maintenance, .legends = page_.show_legends,
                    .scope = page_.scope, .name_part = request.name_part};
}

// What is written before, for and after each row.
class RowWriter {
 public:
  RowWriter(const StatsView& view) : view_(view) {}  // NOLINT
  void begin(Instant now, std::string& out) {
    if (view_.request.format == StatsFormat::csv) append_csv_header(out);
    if (view_.request.format == StatsFormat::json) out += '[';
    if (view_.request.format == StatsFormat::schema) out += stats_json_schema();
    if (view_.request.format == StatsFormat::html && world_of_process) append_page_head(view_, *world_of_process, now, out);
  }
  void row(const Row& row, std::string& out) {
    switch (view_.request.format) {
      case StatsFormat::schema: return;
      case StatsFormat::csv: return append_csv_row(row, out);
      case StatsFormat::typed: return append_typed_row(row, Described::no, out);
      case StatsFormat::json:
        if (last_) out += ',';
        append_json_row(row, out);
        break;
      case StatsFormat::html:
        if (last_ && last_->section() != row.section()) append_proxy_foot(view_, *last_, out);
        if (!last_ || last_->section() != row.section()) append_proxy_head(view_, row, out);
        append_page_row(view_, row, out);
        break;
    }
    last_ = row;
  }
  void end(std::string& out) {
    if (view_.request.format == StatsFormat::json) out += "]\n";
    if (view_.request.format != StatsFormat::html) return;
    if (last_) append_proxy_foot(view_, *last_, out);
    append_page_foot(out);
  }

 private:
  const StatsView& view_;
  std::optional<Row> last_;
};

Task<> StatsService::send_rows(Exchange& exchange, StatsRequest request, bool admin) const {
  const StatsView view{page_, request, admin};
  RowWriter writer(view);
  Rows rows(exchange.proxies(), filter_of(request));
  std::string text;
  async::Loop& loop = exchange.worker().loop;
  fill_head(exchange, request);
  co_await exchange.send_head(Exchange::Content::streamed);
  writer.begin(loop.now(), text);
  co_await exchange.write_body(text);
  for (;;) {
    const std::optional<Row> row = rows.next(loop.now());
    if (!row) break;
    text.clear();
    writer.row(*row, text);
    co_await exchange.write_body(text);
  }
  text.clear();
  writer.end(text);
  co_await exchange.write_body(text);
  co_await exchange.end_body();
}

std::unique_ptr<const proxy::Service> make(const config::Section& section, const proxy::Proxies&, expr::Compiler& compiler,
                                           config::Diagnostics&) {
  if (!section[stats_page].enabled || section[config::mode] != config::Mode::http) return nullptr;
  auto service = std::make_unique<StatsService>(section[stats_page], section.name());
  return service->compile(compiler) ? std::move(service) : nullptr;
}

const catalog::Add entry{proxy::SectionService{.name = "statistics page", .make = make,
    .doc = "Answers `stats uri` with the statistics as HTML, CSV, typed text or JSON."}};

}  // namespace
}  // namespace sluice::admin
