// set-method, set-path, set-pathq, set-query, set-uri and their replace- forms.
#include "expr/log_format.hpp"
#include "expr/regex.hpp"
#include "http/chars.hpp"
#include "proxy/rules/rewriting.hpp"

namespace sluice::proxy {
namespace {

enum class Part : std::uint8_t { method, path, path_and_query, query, uri };

// The authority of an absolute target and Host say the same (RFC 9112 section 3.2.2).
void put_target(http::Request& request, std::string_view text) {
  request.set_uri(text);
  if (request.uri.form != http::UriForm::absolute || request.uri.authority.empty()) return;
  const http::Field* const host = request.fields.find(http::HeaderId::host);
  if (host) request.fields.replace_value(static_cast<std::size_t>(host - request.fields.begin()), request.uri.authority);
}

template <Part part>
void put(http::Request& request, std::string_view text) {
  if constexpr (part == Part::method) request.set_method(text);
  else if constexpr (part == Part::path) request.set_path(text);
  else if constexpr (part == Part::path_and_query) request.set_path_and_query(text);
  else if constexpr (part == Part::query) request.set_query(text.starts_with('?') ? text.substr(1) : text);
  else put_target(request, text);
}
template <Part part>
std::string_view take(const http::Request& request) {
  if constexpr (part == Part::path) return request.uri.path;
  else if constexpr (part == Part::path_and_query) return request.uri.path_and_query;
  else return request.uri.text;
}

template <Part part>
class Set final : public BoundAction {
 public:
  explicit Set(expr::LogFormat format) : format_(std::move(format)) {}
  Next run(RuleRun& run) const override {
    const std::string_view text = format_.text(run.scope);
    if (part == Part::method && !http::is_token(text)) return failed_rewrite(run);
    put<part>(run.exchange->request, text);
    return Next::go_on;
  }

 private:
  expr::LogFormat format_;
};
std::optional<expr::LogFormat> take_format(ActionParse& in) {
  if (in.line.at_end()) {
    in.line.take("<format>");
    return std::nullopt;
  }
  return expr::LogFormat::parse(in.line, in.compiler, expr::LogFormat::For::http);
}
template <Part part>
std::unique_ptr<BoundAction> parse_set(ActionParse& in) {
  auto format = take_format(in);
  return format ? std::make_unique<Set<part>>(std::move(*format)) : nullptr;
}

template <Part part>
class Replace final : public BoundAction {
 public:
  Replace(expr::Regex regex, expr::LogFormat by) : regex_(std::move(regex)), by_(std::move(by)) {}
  Next run(RuleRun& run) const override {
    http::Request& request = run.exchange->request;
    const std::string_view before = take<part>(request);
    const auto groups = regex_.find(before);
    if (!groups) return Next::go_on;
    put<part>(request, expr::Regex::expand(by_.text(run.scope), before, *groups, run.exchange->arena()));
    return Next::go_on;
  }

 private:
  expr::Regex regex_;
  expr::LogFormat by_;
};
template <Part part>
std::unique_ptr<BoundAction> parse_replace(ActionParse& in) {
  const config::Word* const pattern = in.line.take("<regex> <replacement>");
  if (!pattern) return nullptr;
  auto regex = expr::Regex::compile(pattern->text);
  if (!regex) {
    in.line.alert(*pattern, fmt::format("'{}' : {}.", in.line.keyword(), regex.error()));
    return nullptr;
  }
  auto by = take_format(in);
  return by ? std::make_unique<Replace<part>>(std::move(*regex), std::move(*by)) : nullptr;
}

const catalog::Add method_entry{Action{.name = "set-method", .args = "<format>", .in = rule_set::http_request,
    .parse = parse_set<Part::method>, .doc = "Replaces the method. What is no method (RFC 9110 section 5.6.2) is a rewrite that failed."}};
const catalog::Add path_entry{Action{.name = "set-path", .args = "<format>", .in = rule_set::http_request,
    .parse = parse_set<Part::path>, .doc = "Replaces the path and keeps the query. As with all that changes the target, "
        "bytes that none may hold are percent-encoded, and an empty path is sent as /."}};
const catalog::Add pathq_entry{Action{.name = "set-pathq", .args = "<format>", .in = rule_set::http_request,
    .parse = parse_set<Part::path_and_query>, .doc = "Replaces path and query."}};
const catalog::Add query_entry{Action{.name = "set-query", .args = "<format>", .in = rule_set::http_request,
    .parse = parse_set<Part::query>, .doc = "Replaces the query; nothing is put into it but what stands here."}};
const catalog::Add uri_entry{Action{.name = "set-uri", .args = "<format>", .in = rule_set::http_request,
    .parse = parse_set<Part::uri>, .doc = "Replaces the whole request target."}};
const catalog::Add replace_path_entry{Action{.name = "replace-path", .args = "<regex> <replacement>", .in = rule_set::http_request,
    .parse = parse_replace<Part::path>, .doc = "Rewrites the path if the expression matches it."}};
const catalog::Add replace_pathq_entry{Action{.name = "replace-pathq", .args = "<regex> <replacement>", .in = rule_set::http_request,
    .parse = parse_replace<Part::path_and_query>, .doc = "Rewrites path and query if the expression matches them."}};
const catalog::Add replace_uri_entry{Action{.name = "replace-uri", .args = "<regex> <replacement>", .in = rule_set::http_request,
    .parse = parse_replace<Part::uri>, .doc = "Rewrites the request target if the expression matches it."}};

}  // namespace
}  // namespace sluice::proxy
