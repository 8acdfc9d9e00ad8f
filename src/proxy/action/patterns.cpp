// add-acl, del-acl, set-map, del-map: rules that change ACL and map files in memory (manual "http-request set-map").
#include "expr/log_format.hpp"
#include "expr/pattern_store.hpp"
#include "proxy/exchange.hpp"

namespace sluice::proxy {
namespace {

enum class Change : std::uint8_t { add_acl, del_acl, set_map, del_map };

// A pattern that cannot be one, an address that is none for instance, changes nothing; nor does a file nobody uses.
template <Change change>
class ChangePatterns final : public BoundAction {
 public:
  ChangePatterns(std::shared_ptr<const expr::PatternLink> link, expr::LogFormat key, std::optional<expr::LogFormat> value)
      : link_(std::move(link)), key_(std::move(key)), value_(std::move(value)) {}
  Next run(RuleRun& run) const override {
    expr::PatternStore* const store = link_->store;
    if (!store) return Next::go_on;
    const std::string_view key = key_.text(run.scope);
    if constexpr (change == Change::set_map) {
      const auto done = store->put(key, value_->text(run.scope));
      (void)done;
    } else if constexpr (change == Change::add_acl) {
      const auto done = store->put(key);
      (void)done;
    } else {
      store->remove(key);
    }
    return Next::go_on;
  }

 private:
  std::shared_ptr<const expr::PatternLink> link_;
  expr::LogFormat key_;
  std::optional<expr::LogFormat> value_;
};

std::optional<expr::LogFormat> take_format(ActionParse& in, std::string_view what) {
  if (in.line.at_end()) {
    in.line.take(what);
    return std::nullopt;
  }
  return expr::LogFormat::parse(in.line, in.compiler, expr::LogFormat::For::http);
}

template <Change change>
std::unique_ptr<BoundAction> parse(ActionParse& in) {
  if (in.parameter.empty()) {
    in.line.alert(in.line.last(), fmt::format("'{}' : the name of a file is expected in the parentheses.", in.line.keyword()));
    return nullptr;
  }
  auto key = take_format(in, "<key>");
  if (!key) return nullptr;
  std::optional<expr::LogFormat> value;
  if (change == Change::set_map) {
    value = take_format(in, "<value>");
    if (!value) return nullptr;
  }
  auto link = in.compiler.files->link(in.parameter, in.compiler.path(in.parameter));
  return std::make_unique<ChangePatterns<change>>(std::move(link), std::move(*key), std::move(value));
}

const catalog::Add add_acl_entry{Action{.name = "add-acl", .args = "<key>", .in = rule_set::http, .parse = parse<Change::add_acl>,
    .takes_parameter = true, .doc = "Adds a pattern to an ACL file in memory unless it is there."}};
const catalog::Add del_acl_entry{Action{.name = "del-acl", .args = "<key>", .in = rule_set::http, .parse = parse<Change::del_acl>,
    .takes_parameter = true, .doc = "Removes a pattern from an ACL file in memory."}};
const catalog::Add set_map_entry{Action{.name = "set-map", .args = "<key> <value>", .in = rule_set::http, .parse = parse<Change::set_map>,
    .takes_parameter = true, .doc = "Sets what a key of a map file in memory stands for; adds the key if there is none."}};
const catalog::Add del_map_entry{Action{.name = "del-map", .args = "<key>", .in = rule_set::http, .parse = parse<Change::del_map>,
    .takes_parameter = true, .doc = "Removes a key from a map file in memory."}};

}  // namespace
}  // namespace sluice::proxy
