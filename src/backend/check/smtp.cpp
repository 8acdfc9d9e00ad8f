// option smtpchk: greeting, HELO or EHLO, QUIT; every answer must be 2xx (RFC 5321).
#include <algorithm>

#include "backend/check.hpp"
#include "backend/check_builder.hpp"
#include "base/text.hpp"
#include "catalog/add.hpp"

namespace sluice::backend {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Any reply at all.
Finding look_for_reply(CheckRun& run) {
  const std::string_view bytes = run.input();
  if (bytes.size() < 4 && !run.at_end()) return Finding::more();
  const std::string_view first = bytes.substr(0, bytes.find_first_of("\r\n"));
  const bool coded = first.size() >= 3 && std::ranges::all_of(first.substr(0, 3), is_digit) &&
                     (first.size() == 3 || first[3] == ' ' || first[3] == '-');
  return coded ? Finding::passed() : Finding::failed(CheckCode::L7RSP, std::string(first));
}

// A reply that is 2xx. It may have several lines, the last one without '-' behind the code (RFC 5321 section 4.2.1).
Finding look(CheckRun& run) {
  const Finding any = look_for_reply(run);
  if (any.verdict != Finding::Verdict::passed) return any;
  std::string_view rest = run.input();
  const std::string_view first = rest.substr(0, rest.find_first_of("\r\n"));
  const int code = static_cast<int>(*parse_uint(first.substr(0, 3)));
  for (;;) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos && !run.at_end()) return Finding::more();
    const bool last = rest.size() < 4 || rest[3] != '-';
    if (last || end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  std::string text(first.size() > 4 ? first.substr(4) : std::string_view{});
  return first[0] == '2' ? Finding::passed(std::move(text), code) : Finding::failed(CheckCode::L7STS, std::move(text), code);
}

// option smtpchk [<hello> <domain>]
bool build(CheckBuilder& in, config::Line& line) {
  std::string hello = "HELO localhost";
  if (const config::Word* const word = line.next()) {
    const config::Word* const domain = line.take("<domain>");
    if (!domain) return false;
    hello = fmt::format("{} {}", word->text == "EHLO" ? "EHLO" : "HELO", domain->text);
  }
  in.plan.success = CheckCode::L7OK;
  in.first_number = 2;
  in.connect();
  in.expect(look_for_reply);
  in.expect(look, CheckCode::L7STS);
  in.send(hello + "\r\n");
  in.expect(look, CheckCode::L7STS);
  in.send("QUIT\r\n");
  in.expect(look, CheckCode::L7STS);
  return line.finish();
}

const catalog::Add entry{config::Keyword{.name = "option smtpchk", .args = "[<hello> <domain>]", .sections = config::in::back_or_defaults,
    .parse = choose<build>, .doc = "Checks servers with HELO or EHLO and QUIT of SMTP."}};

}  // namespace
}  // namespace sluice::backend
