#include "proxy/reply.hpp"

#include <fstream>
#include <iterator>
#include <utility>

#include "expr/log_format.hpp"
#include "http/h1/framing.hpp"
#include "http/h1/parse.hpp"
#include "http/status.hpp"
#include "proxy/errors.hpp"

namespace sluice::proxy {

ReplyTemplate::ReplyTemplate() = default;
ReplyTemplate::~ReplyTemplate() = default;
ReplyTemplate::ReplyTemplate(ReplyTemplate&&) noexcept = default;

const ReplyTemplate& ReplyTemplate::built_in(int status) {
  // Made once for all statuses that have a page, at the first call (which is while the configuration is built).
  static const std::vector<std::unique_ptr<ReplyTemplate>> pages = [] {
    std::vector<std::unique_ptr<ReplyTemplate>> made(600);
    for (int code = 200; code < 600; ++code) {
      auto reply = std::make_unique<ReplyTemplate>();
      reply->status = static_cast<std::uint16_t>(code);
      if (const ErrorPage* page = default_page(code)) {
        reply->reason = page->reason;
        reply->body = page->body;
        reply->headers.push_back({"cache-control", "no-cache", nullptr});
        reply->headers.push_back({"content-type", "text/html", nullptr});
      }
      made[static_cast<std::size_t>(code)] = std::move(reply);
    }
    return made;
  }();
  return *pages[static_cast<std::size_t>(status >= 200 && status < 600 ? status : 500)];
}

std::shared_ptr<const ReplyTemplate> ReplyTemplate::from_file(const std::string& path, int status, std::string& error) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    error = fmt::format("error opening file <{}> for custom error message <{}>", path, status);
    return nullptr;
  }
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return from_text(text, status, error);
}

namespace {

// Error files are written by hand: lines may end with LF alone.
std::string with_crlf(std::string_view head) {
  std::string out;
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (head[i] == '\n' && (i == 0 || head[i - 1] != '\r')) out += '\r';
    out += head[i];
  }
  return out;
}

// Where the body begins.
std::size_t end_of_head(std::string_view text) {
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    if (text[i] != '\n') continue;
    if (text[i + 1] == '\n') return i + 2;
    if (text[i + 1] == '\r' && i + 2 < text.size() && text[i + 2] == '\n') return i + 3;
  }
  return text.size();
}

}  // namespace

std::shared_ptr<const ReplyTemplate> ReplyTemplate::from_text(std::string_view text, int status, std::string& error) {
  auto reply = std::make_shared<ReplyTemplate>();
  reply->status = static_cast<std::uint16_t>(status);
  if (text.empty()) {
    reply->silent = true;
    return reply;
  }
  const std::size_t split = end_of_head(text);
  std::string head = with_crlf(text.substr(0, split));
  Arena arena;
  http::Response response(arena);
  http::h1::Cursor cursor;
  const auto outcome = http::h1::parse_response_head(cursor, head, response, http::h1::Options{}, http::h1::Room::full);
  if (outcome.state != http::h1::Outcome::State::done) {
    error = fmt::format("unable to parse the error message for status {}: {}", status, http::h1::text_of(outcome.fault));
    return nullptr;
  }
  reply->status = response.status;
  reply->reason = response.reason;
  reply->body = text.substr(split);
  http::h1::remove_hop_by_hop(response.fields, http::h1::Upgrade::drop);
  for (const http::Field& field : response.fields) {
    if (field.id() == http::HeaderId::transfer_encoding) continue;
    if (field.id() == http::HeaderId::content_length) {
      if (!std::exchange(reply->has_length, true)) reply->headers.push_back({"content-length", std::to_string(reply->body.size()), nullptr});
      continue;
    }
    reply->headers.push_back({std::string(field.name()), std::string(field.value()), nullptr});
  }
  return reply;
}

}  // namespace sluice::proxy
