// Answers other than the built-in ones: errorfile, errorloc, errorfiles, http-error.
#include "config/http_errors.hpp"
#include "expr/log_format.hpp"
#include "proxy/errors.hpp"
#include "proxy/reply.hpp"
#include "proxy/setting/proxy_settings.hpp"

namespace sluice::proxy::setting {

using catalog::Add;
using config::Keyword;
using config::Line;
using config::Section;
using config::Setting;
namespace in = config::in;

const Setting<std::vector<PageSource>> pages{in::proxies};

namespace {

std::optional<int> take_status(Line& line) {
  const config::Word* const word = line.take("<code> and what is to be sent");
  if (!word) return std::nullopt;
  int status = 0;
  const char* const end = word->text.data() + word->text.size();
  const auto [at, error] = std::from_chars(word->text.data(), end, status);
  if (error != std::errc() || at != end || !has_default_body(status)) {
    line.alert(*word, fmt::format("'{}' : status code '{}' not handled: there is no page for it.", line.keyword(), word->text));
    return std::nullopt;
  }
  return status;
}

void keep(Line& line, Section& section, PageSource source) {
  section.change(pages, line).push_back(std::move(source));
}

void errorfile(Line& line, Section& section) {
  const auto file = config::take_error_file(line);
  if (!file || !line.finish()) return;
  std::string error;
  auto page = ReplyTemplate::from_text(file->text, file->status, error);
  if (!page) {
    line.alert(fmt::format("'{}' : {}.", line.keyword(), error));
    return;
  }
  keep(line, section, {static_cast<std::uint16_t>(file->status), std::move(page), {}, {}});
}

template <int redirect>
void errorloc(Line& line, Section& section) {
  const auto status = take_status(line);
  if (!status) return;
  const config::Word* const url = line.take("<url>");
  if (!url || !line.finish()) return;
  auto page = std::make_shared<ReplyTemplate>();
  page->status = redirect;
  page->headers.push_back({"cache-control", "no-cache", nullptr});
  page->headers.push_back({"location", url->text, nullptr});
  keep(line, section, {static_cast<std::uint16_t>(*status), std::move(page), {}, {}});
}

void errorfiles(Line& line, Section& section) {
  const config::Word* const name = line.take("<name> of an http-errors section");
  if (!name) return;
  if (line.at_end()) {
    keep(line, section, {0, nullptr, name->text, line});
    return;
  }
  while (!line.at_end()) {
    const auto status = take_status(line);
    if (!status) return;
    keep(line, section, {static_cast<std::uint16_t>(*status), nullptr, name->text, line});
  }
}

void http_error(Line& line, Section& section) {
  const config::Word* const word = line.take("'status <code>'");
  if (!word) return;
  if (*word != "status") {
    line.alert(*word, "'http-error' expects 'status <code>' as its first argument.");
    return;
  }
  const auto status = take_status(line);
  if (status) keep(line, section, {static_cast<std::uint16_t>(*status), nullptr, {}, line});
}

const Add errorfile_entry{Keyword{.name = "errorfile", .args = "<code> <file>", .sections = in::proxies, .parse = errorfile,
    .doc = "Answers errors of this status with the whole HTTP response in the file."}};
const Add errorloc_entry{Keyword{.name = "errorloc", .args = "<code> <url>", .sections = in::proxies, .parse = errorloc<302>,
    .doc = "Redirects to the URL (302) instead of an error of this status."}};
const Add errorloc302_entry{Keyword{.name = "errorloc302", .args = "<code> <url>", .sections = in::proxies, .parse = errorloc<302>,
    .doc = "Redirects to the URL (302) instead of an error of this status."}};
const Add errorloc303_entry{Keyword{.name = "errorloc303", .args = "<code> <url>", .sections = in::proxies, .parse = errorloc<303>,
    .doc = "Redirects to the URL (303) instead of an error of this status."}};
const Add errorfiles_entry{Keyword{.name = "errorfiles", .args = "<name> [<code>]*", .sections = in::proxies, .parse = errorfiles,
    .doc = "Takes all pages of an http-errors section, or those of the given statuses."}};
const Add http_error_entry{Keyword{.name = "http-error", .args = "status <code> [content-type <type>] [<content>] [hdr <name> <format>]*",
    .sections = in::proxies, .parse = http_error, .modes = config::only::http,
    .doc = "Describes the answer to errors of this status as http-request return does."}};

}  // namespace
}  // namespace sluice::proxy::setting
