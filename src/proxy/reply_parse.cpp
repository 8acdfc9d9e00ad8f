#include "proxy/reply_parse.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "base/text.hpp"
#include "config/http_errors.hpp"
#include "expr/condition.hpp"
#include "expr/log_format.hpp"
#include "proxy/build.hpp"

namespace sluice::proxy {

bool arguments_end(const config::Line& line) { return line.at_end() || expr::Condition::starts(line); }

namespace {

class ReplyParser {
 public:
  ReplyParser(config::Line& line, expr::Compiler& compiler, Proxies& proxies, ReplyFor purpose, int usual)
      : line_(line), compiler_(compiler), proxies_(proxies), purpose_(purpose), status_(usual) {}

  std::optional<ParsedReply> parse() {
    while (!arguments_end(line_)) {
      const config::Word& word = *line_.next();
      if (!argument(word)) return std::nullopt;
    }
    return finish();
  }

 private:
  bool argument(const config::Word& word) {
    if (word == "status" || word == "deny_status") {
      says_status_ = word == "status";
      return status();
    }
    if (word == "content-type") {
      const config::Word* const type = line_.take("<type>");
      if (type) reply_.content_type = type->text;
      return type;
    }
    if (word == "hdr") return header();
    if (word == "default-errorfiles") return content(word);
    if (word == "errorfile") return content(word) && error_file();
    if (word == "errorfiles") return content(word) && error_files();
    if (word == "string") return content(word) && text();
    if (word == "lf-string") return content(word) && format();
    if (word == "file") return content(word) && file();
    if (word == "lf-file") return content(word) && format_file();
    line_.alert(word, fmt::format("'{}' : unknown argument '{}'.", line_.keyword(), word.text));
    return false;
  }

  bool content(const config::Word& word) {
    if (!kind_.empty()) {
      line_.alert(word, fmt::format("'{}' : '{}' excludes '{}'.", line_.keyword(), word.text, kind_));
      return false;
    }
    kind_ = word.text;
    return true;
  }
  bool status() {
    const auto code = line_.take_integer("<code>", 200, 599);
    if (code) status_ = static_cast<int>(*code);
    return code.has_value();
  }
  bool header() {
    const config::Word* const name = line_.take("<name> and <format>");
    if (!name) return false;
    if (line_.at_end()) return line_.take("<format>");
    auto format = expr::LogFormat::parse(line_, compiler_, expr::LogFormat::For::http);
    if (!format) return false;
    ReplyTemplate::Header header{lower(name->text), {}, nullptr};
    if (const auto constant = format->constant()) header.value = *constant;
    else header.format = std::make_unique<expr::LogFormat>(std::move(*format));
    reply_.leading_headers.push_back(std::move(header));
    return true;
  }
  bool text() {
    const config::Word* const word = line_.take("<text>");
    if (word) reply_.body = word->text;
    return word;
  }
  bool format() {
    if (line_.at_end()) return line_.take("<format>");
    auto format = expr::LogFormat::parse(line_, compiler_, expr::LogFormat::For::http);
    if (format) reply_.body_format = std::make_unique<expr::LogFormat>(std::move(*format));
    return format.has_value();
  }
  std::optional<std::string> read() {
    const config::Word* const name = line_.take("<file>");
    if (!name) return std::nullopt;
    std::ifstream in(line_.path(name->text), std::ios::binary);
    if (!in) {
      line_.alert(*name, fmt::format("'{}' : unable to open file '{}'.", line_.keyword(), name->text));
      return std::nullopt;
    }
    return std::string(std::istreambuf_iterator<char>(in), {});
  }
  bool file() {
    auto text = read();
    if (text) reply_.body = std::move(*text);
    return text.has_value();
  }
  bool format_file() {
    const auto text = read();
    if (!text) return false;
    if (text->empty()) return true;
    std::string error;
    auto format = expr::LogFormat::parse(*text, compiler_, expr::LogFormat::For::http, &error);
    if (!format) {
      line_.alert(line_.last(), fmt::format("'{}' : {}.", line_.keyword(), error));
      return false;
    }
    reply_.body_format = std::make_unique<expr::LogFormat>(std::move(*format));
    return true;
  }
  bool error_file() {
    error_file_ = line_.take("<file>");
    return error_file_;
  }
  // The status may stand behind the file.
  bool load(const config::Word& name) {
    std::string error;
    page_ = ReplyTemplate::from_file(line_.path(name.text), status_, error);
    if (!page_) line_.alert(name, fmt::format("'{}' : {}.", line_.keyword(), error));
    return page_ != nullptr;
  }
  bool error_files() {
    const config::Word* const name = line_.take("<name> of an http-errors section");
    if (!name) return false;
    const config::Section* const errors = proxies_.config->find(config::in::http_errors, name->text);
    if (!errors) {
      line_.alert(*name, fmt::format("'{}' : unable to find the http-errors section '{}'.", line_.keyword(), name->text));
      return false;
    }
    errors_ = errors;
    return true;
  }

  std::optional<ParsedReply> finish() {
    ParsedReply parsed;
    parsed.status = static_cast<std::uint16_t>(status_);
    const bool configured = error_file_ || errors_ || kind_ == "default-errorfiles";
    if (configured && std::ranges::find(config::error_statuses(), status_) == config::error_statuses().end()) {
      line_.alert(fmt::format("'{}' : '{}' has no page for status {}.", line_.keyword(), kind_, status_));
      return std::nullopt;
    }
    if (error_file_ && !load(*error_file_)) return std::nullopt;
    if (configured && !reply_.leading_headers.empty())
      line_.warning(fmt::format("'{}' : 'hdr' changes nothing beside '{}'.", line_.keyword(), kind_));
    if (page_) {
      parsed.page = page_;
      return parsed;
    }
    if (errors_) {
      std::string error;
      for (const config::ErrorFile& file : (*errors_)[config::error_files])
        if (file.status == status_) parsed.page = ReplyTemplate::from_text(file.text, status_, error);
      return parsed;
    }
    if (configured) return parsed;
    // A refusal of which nothing else is said, or only deny_status, has the page of its status. With `status` it is as
    // `return` has it, without a body; so it is with fields of its own.
    if (kind_.empty() && purpose_ == ReplyFor::refusal && !says_status_ && reply_.leading_headers.empty()) return parsed;
    const bool empty = reply_.body.empty() && !reply_.body_format;
    if (reply_.content_type.empty() && (kind_.find("string") != kind_.npos || !empty)) {
      line_.alert(fmt::format("'{}' : a content type must be given with '{}'.", line_.keyword(), kind_));
      return std::nullopt;
    }
    if (empty && !reply_.content_type.empty()) {
      line_.warning(fmt::format("'{}' : content-type '{}' is left out of an answer without a body.", line_.keyword(), reply_.content_type));
      reply_.content_type.clear();
    }
    reply_.status = static_cast<std::uint16_t>(status_);
    parsed.page = std::make_shared<ReplyTemplate>(std::move(reply_));
    return parsed;
  }

  config::Line& line_;
  expr::Compiler& compiler_;
  Proxies& proxies_;
  ReplyFor purpose_;
  int status_;
  bool says_status_ = false;
  std::string kind_;
  ReplyTemplate reply_;
  const config::Word* error_file_ = nullptr;
  std::shared_ptr<const ReplyTemplate> page_;
  const config::Section* errors_ = nullptr;
};

}  // namespace

std::optional<ParsedReply> parse_reply(config::Line& line, expr::Compiler& compiler, Proxies& proxies, ReplyFor purpose,
                                       int usual_status) {
  return ReplyParser(line, compiler, proxies, purpose, usual_status).parse();
}

}  // namespace sluice::proxy
