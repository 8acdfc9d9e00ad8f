// What a section asks for to get along with peers that are not quite right, or with little memory: options few configurations have, kept
// together behind one pointer of the Policy so that others pay one test. Immutable, any worker.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "config/section.hpp"
#include "config/setting.hpp"
#include "http/h1/parse.hpp"

namespace sluice::proxy {

// h1-case-adjust: names as a peer wants them spelled, by their lower-case form.
using HeaderCases = std::map<std::string, std::string, std::less<>>;

// option http-restrict-req-hdr-names.
enum class NameRule : std::uint8_t { preserve, remove, reject };

struct Quirks {
  NameRule names = NameRule::preserve;
  bool adjust_for_client = false, adjust_for_server = false;  // option h1-case-adjust-bogus-*
  bool drop_request_trailers = false, drop_response_trailers = false;
  bool check_cache = false;         // option checkcache
  bool prefer_last_server = false;
  bool small_while_queued = false;  // option use-small-buffers queue
  std::int32_t keep_alive_queue = -1;  // max-keep-alive-queue, -1: no limit
  std::string server_name_header;   // http-send-name-header
  HeaderCases cases;
};

// Null if the section asks for nothing of the kind.
std::shared_ptr<const Quirks> quirks_of(const config::Section& section, const config::Section& global);

// What the global section says of the messages of all proxies.
http::h1::Options parsing_of(const config::Section& global);

// Letters, digits and hyphens only.
bool has_plain_name(const http::Field& field);
void adjust_case(http::Fields& fields, const HeaderCases& cases);
// A response with a cookie that caches on the way may keep (manual "option checkcache").
bool may_cache_cookie(const http::Request& request, const http::Response& response);

}  // namespace sluice::proxy
