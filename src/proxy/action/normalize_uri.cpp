// normalize-uri <normalizer> (manual "http-request normalize-uri").
#include "http/normalize.hpp"
#include "proxy/exchange.hpp"

namespace sluice::proxy {
namespace {

using http::Broken;
using http::LeadingParents;

enum class How : std::uint8_t {
  fragment_encode, fragment_strip, path_merge_slashes, path_strip_dot, path_strip_dotdot, percent_decode_unreserved,
  percent_to_uppercase, query_sort_by_name,
};
struct Normalizer {
  std::string_view name;
  std::string_view option;  // the one it has, or empty
};
constexpr Normalizer normalizers[] = {
    {"fragment-encode", ""},           {"fragment-strip", ""},         {"path-merge-slashes", ""}, {"path-strip-dot", ""},
    {"path-strip-dotdot", "full"},     {"percent-decode-unreserved", "strict"}, {"percent-to-uppercase", "strict"},
    {"query-sort-by-name", ""},
};

class NormalizeUri final : public BoundAction {
 public:
  NormalizeUri(How how, bool option) : how_(how), option_(option) {}
  Next run(RuleRun& run) const override {
    http::Request& request = run.exchange->request;
    const http::Uri& uri = request.uri;
    Arena& arena = run.exchange->arena();
    switch (how_) {
      case How::fragment_encode: return put_target(request, http::encode_fragment(uri.path_and_query, arena));
      case How::fragment_strip: return put_target(request, http::strip_fragment(uri.path_and_query));
      case How::path_merge_slashes: return put_path(request, http::merge_slashes(uri.path, arena));
      case How::path_strip_dot: return put_path(request, http::strip_dot_segments(uri.path, arena));
      case How::path_strip_dotdot:
        return put_path(request, http::strip_dotdot_segments(uri.path, option_ ? LeadingParents::removed : LeadingParents::kept, arena));
      case How::percent_decode_unreserved: return put_checked(run, http::decode_unreserved(uri.path_and_query, broken(), arena));
      case How::percent_to_uppercase: return put_checked(run, http::uppercase_escapes(uri.path_and_query, broken(), arena));
      case How::query_sort_by_name: {
        const std::string_view sorted = http::sort_query(uri.query, arena);
        if (sorted.data() != uri.query.data()) request.set_query(sorted);
        return Next::go_on;
      }
    }
    return Next::go_on;
  }

 private:
  Broken broken() const { return option_ ? Broken::refused : Broken::kept; }
  static Next put_target(http::Request& request, std::string_view text) {
    if (text != request.uri.path_and_query) request.set_path_and_query(text);
    return Next::go_on;
  }
  static Next put_path(http::Request& request, std::string_view text) {
    if (text.data() != request.uri.path.data()) request.set_path(text);
    return Next::go_on;
  }
  static Next put_checked(RuleRun& run, std::optional<std::string_view> text) {
    if (text) return put_target(run.exchange->request, *text);
    run.exchange->facts.timers.request = unseen;  // as for any request that could not be understood
    run.exchange->answer(nullptr, 400, Exchange::Because::denied);
    return Next::answer;
  }

  How how_;
  bool option_;
};

std::unique_ptr<BoundAction> parse(ActionParse& in) {
  std::vector<std::string_view> names;
  for (const Normalizer& one : normalizers) names.push_back(one.name);
  const auto which = in.line.take_one_of(names);
  if (!which) return nullptr;
  const Normalizer& normalizer = normalizers[*which];
  const bool option = !normalizer.option.empty() && in.line.accept(normalizer.option);
  return std::make_unique<NormalizeUri>(static_cast<How>(*which), option);
}
const catalog::Add entry{Action{.name = "normalize-uri",
    .args = "{ fragment-encode | fragment-strip | path-merge-slashes | path-strip-dot | path-strip-dotdot [full] | "
            "percent-decode-unreserved [strict] | percent-to-uppercase [strict] | query-sort-by-name }",
    .in = rule_set::http_request, .parse = parse,
    .doc = "Brings one aspect of the request target into its normal form. With 'strict' broken escapes are answered with 400."}};

}  // namespace
}  // namespace sluice::proxy
