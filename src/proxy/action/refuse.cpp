// deny, tarpit, return, auth: answers instead of going on.
#include "expr/log_format.hpp"
#include "proxy/exchange.hpp"
#include "proxy/reply_parse.hpp"

namespace sluice::proxy {
namespace {

enum class Manner : std::uint8_t { deny, tarpit, answer };

class Refuse final : public BoundAction {
 public:
  Refuse(ParsedReply reply, Manner manner) : reply_(std::move(reply)), manner_(manner) {}
  Next run(RuleRun& run) const override {
    Exchange& exchange = *run.exchange;
    switch (manner_) {
      case Manner::tarpit: exchange.tarpit(reply_.page.get(), reply_.status); break;
      case Manner::deny: exchange.answer(reply_.page.get(), reply_.status, Exchange::Because::denied); break;
      case Manner::answer: exchange.answer(reply_.page.get(), reply_.status, Exchange::Because::intercepted); break;
    }
    return Next::answer;
  }
  bool ends_list() const override { return true; }

 private:
  ParsedReply reply_;
  Manner manner_;
};

template <Manner manner, int usual>
std::unique_ptr<BoundAction> parse(ActionParse& in) {
  const auto purpose = manner == Manner::answer ? ReplyFor::answer : ReplyFor::refusal;
  auto reply = parse_reply(in.line, in.compiler, in.proxies, purpose, usual);
  return reply ? std::make_unique<Refuse>(std::move(*reply), manner) : nullptr;
}

const catalog::Add deny_entry{Action{.name = "deny", .args = "[status <code>] [<content>] [hdr <name> <format>]*",
    .in = rule_set::http_request, .parse = parse<Manner::deny, 403>, .doc = "Refuses the request, with 403 unless told otherwise."}};
const catalog::Add deny_response_entry{Action{.name = "deny", .args = "[status <code>] [<content>] [hdr <name> <format>]*",
    .in = rule_set::http_response, .parse = parse<Manner::deny, 502>, .doc = "Keeps the response back and answers 502 unless told otherwise."}};
const catalog::Add tarpit_entry{Action{.name = "tarpit", .args = "[status <code>] [<content>] [hdr <name> <format>]*",
    .in = rule_set::http_request, .parse = parse<Manner::tarpit, 500>,
    .doc = "Holds the request for timeout tarpit, then answers 500 unless told otherwise."}};
const catalog::Add return_entry{Action{.name = "return", .args = "[status <code>] [content-type <type>] [<content>] [hdr <name> <format>]*",
    .in = rule_set::http_request | rule_set::http_response, .parse = parse<Manner::answer, 200>,
    .doc = "Answers with what stands here: a text, a file, a format, an error page."}};

class Auth final : public BoundAction {
 public:
  explicit Auth(std::string realm) : challenge_(fmt::format("Basic realm=\"{}\"", realm)) {}
  Next run(RuleRun& run) const override {
    run.exchange->ask_for_password(challenge_);
    return Next::answer;
  }
  bool ends_list() const override { return true; }

 private:
  std::string challenge_;
};
std::unique_ptr<BoundAction> parse_auth(ActionParse& in) {
  std::string realm(in.section.name());
  if (in.line.accept("realm")) {
    const config::Word* const word = in.line.take("<realm>");
    if (!word) return nullptr;
    realm = word->text;
  }
  return std::make_unique<Auth>(std::move(realm));
}
const catalog::Add auth_entry{Action{.name = "auth", .args = "[realm <realm>]", .in = rule_set::http_request, .parse = parse_auth,
    .doc = "Asks for a user name and password with 401 (407 from a proxy's clients)."}};

}  // namespace
}  // namespace sluice::proxy
