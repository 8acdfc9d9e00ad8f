// option pgsql-check: a startup message, and the server must ask for authentication or wave it through (PostgreSQL
// frontend/backend protocol 3.0, section "Message Formats").
#include "backend/check.hpp"
#include "backend/check_builder.hpp"
#include "base/text.hpp"
#include "catalog/add.hpp"

namespace sluice::backend {
namespace {

std::string startup(std::string_view user) {
  std::string body{'\0', '\3', '\0', '\0'};  // version 3.0
  body.append("user").append(1, '\0').append(user).append(2, '\0');
  const std::size_t size = body.size() + 4;
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(size >> shift & 0xff);
  return text + body;
}

Finding look(CheckRun& run) {
  const std::string_view bytes = run.input();
  constexpr std::size_t least = 9;  // type, length, kind of authentication
  if (bytes.size() < least && !run.at_end()) return Finding::more();
  if (bytes.front() == 'R') return Finding::passed("PostgreSQL server is ok");
  if (bytes.front() == 'E') {  // behind the length: fields, each a letter and a text that ends with NUL
    const std::string_view field = bytes.size() > 6 ? bytes.substr(6) : std::string_view{};
    const std::size_t end = field.find_first_of(std::string_view("\0\r\n", 3));
    if (end == field.npos && !run.at_end()) return Finding::more();
    return Finding::failed(CheckCode::L7RSP, std::string(field.substr(0, end)));
  }
  return Finding::failed(CheckCode::L7STS, "PostgreSQL unknown error");
}

bool build(CheckBuilder& in, config::Line& line) {
  if (!line.accept("user")) {
    line.alert(line.end_place(), fmt::format("'{}' expects 'user <username>'.", line.keyword()));
    return false;
  }
  const config::Word* const user = line.take("<username>");
  if (!user) return false;
  in.plan.success = CheckCode::L7OK;
  in.connect();
  in.first_number = 2;
  in.send(startup(user->text));
  in.expect(look);
  return line.finish();
}

const catalog::Add entry{config::Keyword{.name = "option pgsql-check", .args = "user <username>", .sections = config::in::back_or_defaults,
    .parse = choose<build>, .doc = "Checks servers by the beginning of a PostgreSQL session."}};

}  // namespace
}  // namespace sluice::backend
