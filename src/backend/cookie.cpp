#include "backend/cookie.hpp"

#include <array>

#include "backend/backend.hpp"
#include "base/text.hpp"
#include "http/cookie.hpp"

namespace sluice::backend {
namespace {

// The URL-unsafe alphabet of RFC 4648 section 4.
constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t date_size = 5;
constexpr std::int64_t a_day = 86400;

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  while (at < text.size() && is_blank(text[at])) ++at;
  return at;
}

// `a = b`
bool has_loose_equals(std::string_view text) {
  for (std::size_t at = text.find('='); at != text.npos; at = text.find('=', at + 1))
    if ((at > 0 && is_blank(text[at - 1])) || (at + 1 < text.size() && is_blank(text[at + 1]))) return true;
  return false;
}

// One piece of a Cookie or Set-Cookie value: from one separator to the next.
struct Piece {
  std::size_t begin, name_end;        // of the name, without blanks
  std::size_t value, value_end;       // of the value, without blanks
  std::size_t end;                    // at the separator, or the end of the text
  bool has_value = false;
};

Piece piece_at(std::string_view text, std::size_t from, std::string_view separators) {
  Piece piece{};
  piece.begin = skip_blanks(text, from);
  std::size_t at = piece.begin;
  while (at < text.size() && text[at] != '=' && separators.find(text[at]) == separators.npos) ++at;
  piece.name_end = at;
  while (piece.name_end > piece.begin && is_blank(text[piece.name_end - 1])) --piece.name_end;
  piece.end = piece.value = piece.value_end = at;
  if (at == text.size() || text[at] != '=') return piece;
  piece.has_value = true;
  piece.value = skip_blanks(text, at + 1);
  piece.end = piece.value + http::cookie_end(text.substr(piece.value), separators);
  piece.value_end = piece.end;
  while (piece.value_end > piece.value && is_blank(text[piece.value_end - 1])) --piece.value_end;
  return piece;
}

std::string_view name_of(std::string_view text, const Piece& piece) { return text.substr(piece.begin, piece.name_end - piece.begin); }
std::string_view value_of(std::string_view text, const Piece& piece) { return text.substr(piece.value, piece.value_end - piece.value); }

// A header value that is being written anew. Memory for one byte more than there was suffices for what is done here.
class Rewritten {
 public:
  Rewritten(Arena& arena, std::size_t most) : begin_(arena.allocate(most + 1)) {}
  void add(std::string_view text) {
    if (!text.empty()) std::memmove(begin_ + size_, text.data(), text.size());
    size_ += text.size();
  }
  void cut(std::size_t size) { size_ = size; }
  std::size_t size() const { return size_; }
  std::string_view text() const { return {begin_, size_}; }

 private:
  char* const begin_;
  std::size_t size_ = 0;
};

// Goes through all cookies of a request.
class Reader {
 public:
  Reader(const Backend& backend, Persistence how, WallTime now)
      : backend_(backend), plan_(backend.settings().cookie), how_(how), now_(now.us / 1'000'000) {}

  // `to` is null if nothing is to be changed.
  void read(std::string_view text, Rewritten* to);
  const CookieFinding& found() const { return found_; }

 private:
  void look_at(std::string_view value);
  void use(std::string_view id);
  bool too_old(CookieDate date, const std::optional<Duration>& limit) const;

  const Backend& backend_;
  const CookiePlan& plan_;
  const Persistence how_;
  const std::int64_t now_;
  CookieFinding found_;
};

void Reader::read(std::string_view text, Rewritten* to) {
  constexpr std::string_view separators = ";,";
  constexpr std::size_t none = ~std::size_t{0};
  std::size_t at = 0;
  std::size_t separator = none;  // where in the new text the last separator is
  bool removing = false;         // the last cookie was taken out; $Path and the like that belong to it follow
  for (;;) {
    const Piece piece = piece_at(text, at, separators);
    const std::string_view name = name_of(text, piece);
    std::string_view value = value_of(text, piece);
    const bool attribute = name.starts_with('$');
    const bool ours = piece.has_value && name == plan_.name;
    if (ours) look_at(value);
    if (!attribute) removing = ours && plan_.mode == CookiePlan::Mode::insert && plan_.indirect;
    if (to) {
      if (removing) {
        // What is before it ends with its separator and a blank; at the end of the list not even that.
        if (separator == none) {
          to->cut(0);
        } else if (piece.end == text.size()) {
          to->cut(separator);
        } else {
          to->cut(separator + 1);
          to->add(" ");
        }
        at = skip_blanks(text, std::min(piece.end + 1, text.size()));
        if (piece.end == text.size()) return;
        continue;
      }
      to->add(text.substr(at, piece.name_end - at));
      if (piece.has_value) {
        to->add("=");
        if (ours && plan_.mode == CookiePlan::Mode::prefix) value.remove_prefix(std::min(value.size(), value.find('~') + 1));
        to->add(value);
        to->add(text.substr(piece.value_end, piece.end - piece.value_end));
      } else {
        to->add(text.substr(piece.name_end, piece.end - piece.name_end));
      }
      separator = to->size();
    }
    if (piece.end == text.size()) return;
    if (to) to->add(text.substr(piece.end, 1));
    at = piece.end + 1;
  }
}

// Manual "maxidle", "maxlife". A date more than a day ahead is a broken clock's.
bool Reader::too_old(CookieDate date, const std::optional<Duration>& limit) const {
  if (!limit || date == 0) return false;
  return now_ - date > static_cast<std::int64_t>(limit->seconds()) || date - now_ > a_day;
}

// Dates are noted and judged whoever the cookie is for, even if a server is found already. The value is <id>, or in insert mode <id>|<last>|<first>, in prefix mode <id>~<the server's>.
void Reader::look_at(std::string_view value) {
  if (how_ == Persistence::ignored) {
    found_.in = CookieIn::unused;
    return;
  }
  if (plan_.mode == CookiePlan::Mode::prefix) return use(value.substr(0, value.find('~')));
  const std::string_view id = take_until(value, '|');
  if (const CookieDate last = decode_cookie_date(take_until(value, '|'))) found_.last = last;
  if (const CookieDate first = decode_cookie_date(take_until(value, '|'))) found_.first = first;
  const bool old = too_old(found_.first, plan_.max_life);
  if (old || too_old(found_.last, plan_.max_idle)) {
    found_.in = old ? CookieIn::old : CookieIn::expired;
    found_.last = found_.first = 0;
    return;
  }
  use(id);
}

// Several servers may share a cookie: the first one that can be used is it.
void Reader::use(std::string_view id) {
  if (found_.server) return;
  const std::span<Server* const> servers = backend_.servers_of_cookie(id);
  if (!servers.empty()) found_.in = CookieIn::down;
  else if (found_.in == CookieIn::none) found_.in = CookieIn::invalid;
  for (Server* const server : servers) {
    const bool usable = server->state().usable_by_persistence();
    if (!usable && how_ != Persistence::forced) continue;
    found_.server = server;
    if (usable) found_.in = CookieIn::valid;
    return;
  }
}

// ---- answers

// RFC 9110 section 15.1.
bool is_fresh_status(unsigned status) {
  constexpr std::array<std::uint16_t, 10> statuses{200, 203, 204, 206, 300, 301, 404, 405, 410, 414};
  return std::ranges::find(statuses, status) != statuses.end() || status == 501;
}

// A cache between here and the client would keep it, and give the cookie to others.
bool is_cacheable(const http::Request& request, const http::Response& response) {
  if (!http::is_safe(request.method) || !is_fresh_status(response.status)) return false;
  const http::Fields& fields = response.fields;
  if (fields.has_token(http::HeaderId::pragma, "no-cache")) return false;
  bool limited = fields.has(http::HeaderId::etag) || fields.has(http::HeaderId::last_modified) || fields.has(http::HeaderId::expires);
  http::Elements elements(fields, http::HeaderId::cache_control);
  while (const auto element = elements.next()) {
    for (const std::string_view word : {"private", "no-cache", "no-store", "max-age=0", "s-maxage=0"})
      if (equal_nocase(*element, word)) return false;
    for (const std::string_view word : {"max-age", "s-maxage"})
      if (equal_nocase(element->substr(0, word.size()), word)) limited = true;
  }
  return limited;
}

bool is_set_cookie(const http::Field& field) {
  return field.id() == http::HeaderId::set_cookie || equal_nocase(field.name(), "set-cookie2");
}

// The server's own cookie of this name: kept, rewritten or taken out.
CookieOut change_set_cookie(const CookiePlan& plan, const Server& server, bool direct, http::Response& response) {
  CookieOut out = CookieOut::none;
  const std::string_view id = server.cookie();
  const bool removes = !plan.preserve && (plan.mode == CookiePlan::Mode::insert || (plan.indirect && direct));
  http::Fields& fields = response.fields;
  bool found = false;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (!is_set_cookie(fields[i])) continue;
    const std::string_view text = fields[i].value();
    const Piece piece = piece_at(text, 0, ";");
    if (!piece.has_value) continue;
    const std::string_view name = name_of(text, piece);
    const bool ours = name == plan.name;
    std::string_view value = value_of(text, piece);
    if (ours) {
      found = true;
      out = CookieOut::provided;
      if (removes) continue;
    }
    const bool rewrites = ours && !id.empty() && plan.mode == CookiePlan::Mode::rewrite;
    const bool prefixes = ours && !id.empty() && plan.mode == CookiePlan::Mode::prefix;
    if (rewrites || prefixes) out = CookieOut::rewritten;
    else if (piece.value == piece.name_end + 1) continue;  // nothing to change
    Rewritten to(fields.arena(), text.size() + id.size() + 1);
    to.add(name);
    to.add("=");
    if (rewrites) value = {};
    if (rewrites || prefixes) to.add(id);
    if (prefixes) to.add("~");
    to.add(value);
    to.add(text.substr(piece.value_end));
    fields.refer_value(i, to.text());
  }
  if (!found || !removes) return out;
  fields.remove_if([&plan](const http::Field& field) {
    if (!is_set_cookie(field)) return false;
    const Piece piece = piece_at(field.value(), 0, ";");
    return piece.has_value && name_of(field.value(), piece) == plan.name;
  });
  return CookieOut::removed;
}

// A cookie that is right, but has dates it should not have, lacks one, or has an older one (manual 8.5, "U").
bool needs_refresh(const CookiePlan& plan, const CookieFinding& found, CookieDate now) {
  if (plan.max_idle && found.last == 0) return true;
  if (plan.max_life ? found.first == 0 : found.first != 0) return true;
  return found.last != 0 && found.last / 4 < (now + 3) / 4;
}

std::string_view inserted_cookie(const CookiePlan& plan, const Server& server, const CookieFinding& found, CookieDate now, Arena& arena) {
  const std::string_view id = server.cookie();
  static constexpr std::string_view gone = "; Expires=Thu, 01-Jan-1970 00:00:01 GMT";
  Rewritten to(arena, plan.name.size() + 1 + id.size() + 2 * (1 + date_size) + gone.size() + plan.trailer.size());
  char date[1 + date_size] = {'|'};
  to.add(plan.name);
  to.add("=");
  to.add(id);
  if (id.empty()) to.add(gone);
  if (!id.empty() && (plan.max_idle || plan.max_life)) {
    encode_cookie_date(now, date + 1);
    to.add({date, sizeof date});
    if (plan.max_life) {
      if (found.first != 0) encode_cookie_date(found.first, date + 1);
      to.add({date, sizeof date});
    }
  }
  to.add(plan.trailer);
  return to.text();
}

}  // namespace

CookieDate decode_cookie_date(std::string_view text) {
  if (text.size() < date_size) return 0;
  CookieDate value = 0;
  for (std::size_t i = 0; i < date_size; ++i) {
    const std::size_t digit = alphabet.find(text[i]);
    if (digit == alphabet.npos) return 0;
    value = value << 6 | static_cast<CookieDate>(digit);
  }
  return value << 2;
}

void encode_cookie_date(CookieDate date, char* to) {
  date = static_cast<CookieDate>((std::uint64_t{date} + 3) / 4);
  for (std::size_t i = date_size; i-- > 0; date >>= 6) to[i] = alphabet[date & 63];
}

CookieFinding read_cookies(const Backend& backend, http::Request& request, Persistence how, WallTime now) {
  Reader reader(backend, how, now);
  const CookiePlan& plan = backend.settings().cookie;
  http::Fields& fields = request.fields;
  bool emptied = false;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].id() != http::HeaderId::cookie) continue;
    const std::string_view text = fields[i].value();
    // Only these may have to be written anew; `a = b` loses its blanks.
    const bool changes = plan.mode == CookiePlan::Mode::prefix || plan.indirect || has_loose_equals(text);
    if (!changes) {
      reader.read(text, nullptr);
      continue;
    }
    Rewritten to(fields.arena(), text.size() + 1);
    reader.read(text, &to);
    if (to.size() == 0) emptied = true;
    if (to.text() != text) fields.refer_value(i, to.text());
  }
  if (emptied)
    fields.remove_if([](const http::Field& field) { return field.id() == http::HeaderId::cookie && field.value().empty(); });
  return reader.found();
}

CookieFinding peek_cookies(const Backend& backend, const http::Request& request, WallTime now) {
  Reader reader(backend, Persistence::normal, now);
  for (const http::Field& field : request.fields)
    if (field.id() == http::HeaderId::cookie) reader.read(field.value(), nullptr);
  return reader.found();
}

CookieOut write_cookies(const CookiePlan& plan, const Server& server, const CookieFinding& found, bool direct,
                        const http::Request& request, http::Response& response, WallTime wall) {
  const CookieOut out = change_set_cookie(plan, server, direct, response);
  if (plan.mode != CookiePlan::Mode::insert || out == CookieOut::provided) return out;
  if (plan.postonly && request.method != http::Method::post) return out;
  const auto now = static_cast<CookieDate>(wall.us / 1'000'000);
  const bool refresh = direct && found.server && needs_refresh(plan, found, now);
  if (direct && !refresh) return out;
  const bool private_now = plan.nocache && is_cacheable(request, response);
  response.fields.append("set-cookie", inserted_cookie(plan, server, found, now, response.fields.arena()), http::HeaderId::set_cookie);
  if (private_now) response.fields.add(http::HeaderId::cache_control, "private");
  return refresh ? CookieOut::updated : CookieOut::inserted;
}

Server* server_of_rdp_cookie(const Backend& backend, std::string_view value) {
  const auto number = [](std::string_view text, std::uint64_t most) {
    const auto found = parse_uint(text);
    return found && *found <= most ? found : std::nullopt;
  };
  const std::size_t first = value.find('.'), second = first == value.npos ? first : value.find('.', first + 1);
  if (second == value.npos) return nullptr;
  const auto ip = number(value.substr(0, first), 0xffffffff);
  const auto port = number(value.substr(first + 1, second - first - 1), 0xffff);
  if (!ip || !port) return nullptr;
  for (const auto& server : backend.servers()) {
    const net::Address address = server->address();
    const auto bytes = address.bytes();
    if (bytes.size() != 4) continue;
    std::uint32_t token = 0;
    for (std::size_t i = 4; i-- > 0;) token = token << 8 | static_cast<unsigned char>(bytes[i]);
    const unsigned swapped = (address.port() & 0xffU) << 8 | address.port() >> 8;
    if (token == *ip && swapped == *port) return server.get();
  }
  return nullptr;
}

}  // namespace sluice::backend
