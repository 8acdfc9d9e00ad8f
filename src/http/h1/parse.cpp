#include "http/h1/parse.hpp"

#include "base/text.hpp"
#include "http/chars.hpp"
#include "http/h1/inspect.hpp"
#include "http/short_name.hpp"
#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace sluice::http::h1 {
namespace {

constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }
constexpr bool is_line_end(char c) { return c == '\r' || c == '\n'; }

// The first NUL, LF or CR in [at, end), or end: the only bytes that matter within a value.
[[gnu::always_inline]] inline const char* find_value_end(const char* at, const char* end) {
#ifdef __SSE2__
  const __m128i largest = _mm_set1_epi8('\r');
  while (end - at >= 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    auto low = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(bytes, largest), bytes)));
    for (; low; low &= low - 1) {  // bytes up to CR; tabs and rare controls among them are not meant
      const char* const hit = at + std::countr_zero(low);
      if (is_line_end(*hit) || *hit == 0) return hit;
    }
    at += 16;
  }
#endif
  while (at != end && !is_line_end(*at) && *at != 0) ++at;
  return at;
}

#ifdef __SSE2__
// A name of at most 15 bytes that we know, in any case, with its colon behind it.
struct KnownName {
  HeaderId id = HeaderId::other;
  std::size_t size = 0;

  // Lower case is written back if there are 16 bytes to be written. The bytes behind `end` are never looked at.
  [[gnu::always_inline]] KnownName(char* line, const char* end, const char* base) {
    const bool roomy = end - line >= 16;
    const __m128i bytes = roomy ? _mm_loadu_si128(reinterpret_cast<const __m128i*>(line)) : load_last(line, end, base);
    const auto colons = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(':'))));
    if (colons == 0) return;
    size = static_cast<std::size_t>(std::countr_zero(colons));
    // What stands behind the name keeps its case and does not count. No control character turns into '-' or a digit.
    const __m128i within = _mm_loadu_si128(reinterpret_cast<const __m128i*>(cover.data() + 16 - size));
    const __m128i lower = _mm_or_si128(bytes, _mm_and_si128(within, _mm_set1_epi8(0x20)));
    const auto visible = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpgt_epi8(bytes, _mm_set1_epi8(0x1f))));
    const unsigned wanted = (colons & -colons) - 1;
    const __m128i name = _mm_and_si128(lower, within);
    id = header_id_of_words(static_cast<std::uint64_t>(_mm_cvtsi128_si64(name)),
                            static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_unpackhi_epi64(name, name))));
    if ((visible & wanted) != wanted) id = HeaderId::other;
    if (id == HeaderId::other) return;
    if (roomy) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(line), lower);
    } else {
      for (std::size_t i = 0; i < size; ++i) line[i] = static_cast<char>(line[i] | 0x20);
    }
  }

 private:
  alignas(16) static constexpr std::array<unsigned char, 32> cover = [] {
    std::array<unsigned char, 32> mask{};
    for (std::size_t i = 0; i < 16; ++i) mask[i] = 0xff;
    return mask;
  }();

  // Less than 16 bytes before the end, with zeros behind them.
  static __m128i load_last(const char* line, const char* end, const char* base) {
    alignas(16) char text[32] = {};
    const auto size = static_cast<std::size_t>(end - line);
    if (end - base >= 16) {
      _mm_store_si128(reinterpret_cast<__m128i*>(text), _mm_loadu_si128(reinterpret_cast<const __m128i*>(end - 16)));
      return _mm_loadu_si128(reinterpret_cast<const __m128i*>(text + 16 - size));
    }
    std::memcpy(text, line, size);
    return _mm_load_si128(reinterpret_cast<const __m128i*>(text));
  }
};
#endif

// A name of letters, digits, '-' and '_' with its colon in the next 48 bytes, made lower case; else size is 0.
struct ShortName {
  std::size_t size = 0;
  ShortName([[maybe_unused]] char* line, [[maybe_unused]] const char* end) {
#ifdef __SSE2__
    for (char* at = line; end - at >= 16 && at - line < 48; at += 16) {
      const int found = lower_until_colon(at);
      if (found < 0) return;
      if (found == 16) continue;
      size = static_cast<std::size_t>(at - line + found);
      return;
    }
#endif
  }

#ifdef __SSE2__
 private:
  // Makes 16 bytes of a name lower case. How many there are before the colon, 16: more follow; -1: others are among them.
  static int lower_until_colon(char* at) {
    const auto within = [](__m128i bytes, char first, char count) {
      const __m128i distance = _mm_sub_epi8(bytes, _mm_set1_epi8(first));
      return _mm_cmpeq_epi8(_mm_min_epu8(distance, _mm_set1_epi8(static_cast<char>(count - 1))), distance);
    };
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const auto colons = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(':'))));
    const __m128i upper_case = within(bytes, 'A', 26);
    const __m128i lower = _mm_or_si128(bytes, _mm_and_si128(upper_case, _mm_set1_epi8(0x20)));
    const __m128i letters = within(lower, 'a', 26);
    const __m128i others = _mm_or_si128(within(bytes, '0', 10), _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('-')),
                                                                             _mm_cmpeq_epi8(bytes, _mm_set1_epi8('_'))));
    const auto allowed = static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(letters, others)));
    const unsigned before = (colons & -colons) - 1;  // the bits of the bytes before the first colon
    const unsigned name = colons ? before : 0xffffU;
    if ((allowed & name) != name) return -1;
    const int size = colons ? std::countr_zero(colons) : 16;
    // What stands behind the name keeps its case.
    alignas(16) static constexpr std::array<char, 32> cover = [] {
      std::array<char, 32> mask{};
      for (std::size_t i = 0; i < 16; ++i) mask[i] = 0x20;
      return mask;
    }();
    const __m128i changes = _mm_and_si128(upper_case, _mm_loadu_si128(reinterpret_cast<const __m128i*>(cover.data() + 16 - size)));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(at), _mm_or_si128(bytes, changes));
    return size;
  }
#endif
};

// The first byte in [at, end) that no request target may hold, or end.
const char* find_target_end(const char* at, const char* end, std::uint8_t allowed) {
#ifdef __SSE2__
  if (allowed == chars::uri) {  // all visible bytes of ASCII but '#'
    while (end - at >= 16) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
      const __m128i visible = _mm_cmpgt_epi8(bytes, _mm_set1_epi8(0x20));
      const __m128i odd = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('#')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f)));
      const auto good = static_cast<unsigned>(_mm_movemask_epi8(_mm_andnot_si128(odd, visible)));
      if (good != 0xffff) return at + std::countr_one(good);
      at += 16;
    }
  }
#endif
  while (at != end && is_in(*at, allowed)) ++at;
  return at;
}
static_assert([] {
  for (unsigned c = 0; c < 256; ++c)
    if (is_in(static_cast<char>(c), chars::uri) != (c > 0x20 && c < 0x7f && c != '#')) return false;
  return true;
}(), "find_target_end() knows what a target may hold");

// "HTTP/1.1"; relaxed also with several digits (manual: accept-unsafe-violations-in-http-request).
std::optional<Version> version_of(std::string_view text, const Options& options) {
  if (!text.starts_with("HTTP/")) return std::nullopt;
  text.remove_prefix(5);
  const std::size_t dot = text.find('.');
  if (dot == text.npos) return std::nullopt;
  const auto number = [&](std::string_view digits) -> std::optional<unsigned> {
    if (digits.empty() || digits.size() > (options.relax ? 3u : 1u)) return std::nullopt;
    unsigned value = 0;
    for (const char c : digits) {
      if (!is_digit(c)) return std::nullopt;
      value = value * 10 + static_cast<unsigned>(c - '0');
    }
    return std::min(value, 255u);
  };
  const auto major = number(text.substr(0, dot));
  const auto minor = number(text.substr(dot + 1));
  if (!major || !minor) return std::nullopt;
  return Version{static_cast<std::uint8_t>(*major), static_cast<std::uint8_t>(*minor)};
}

}  // namespace

// Runs over the bytes as far as they go. Each stage is a function that returns false when the outcome is known or
// the bytes have ended (then cursor and stage say where to go on).
class Parser {
 public:
  Parser(Cursor& cursor, std::span<char> bytes, Fields& fields, const Options& options)
      : cursor_(cursor), base_(bytes.data()), at_(base_ + cursor.at_), end_(base_ + bytes.size()), fields_(fields),
        options_(options) {}

  Outcome request(Request& request) {
    if (cursor_.stage_ == Stage::start) usual_request_line(request);
    if (!first_field_ || !usual_fields())
      while (request_stage(request)) {}
    const bool unchanged = note_unchanged();
    if (outcome_.state == State::done) {
      conclude(inspect(request, {base_ + cursor_.target_, cursor_.target_size_}, options_));
      if (unchanged && first_line_ && request.uri.text.data() == base_ + cursor_.target_) request.received = {first_line_, at_};
    }
    return finish();
  }

  Outcome response(Response& response) {
    if (cursor_.stage_ == Stage::start) usual_status_line(response);
    if (!first_field_ || !usual_fields())
      while (response_stage(response)) {}
    if (note_unchanged() && first_line_) response.received = {first_line_, at_};
    if (outcome_.state == State::done) {
      response.status = cursor_.status_;
      conclude(inspect(response, options_));
    }
    if (outcome_.state == State::error) outcome_.status = 502;
    return finish();
  }

  Outcome trailers() {
    if (cursor_.stage_ == Stage::start) cursor_.stage_ = Stage::field;
    while (field_stage()) {}
    if (outcome_.state == State::done) drop_forbidden_trailers(fields_);
    return finish();
  }

  // Where the bytes ended although there is no room for more.
  static Outcome too_large(const Cursor& cursor) {
    const bool in_target = cursor.stage_ <= Stage::target;
    return {State::error, Fault::too_large, static_cast<std::uint16_t>(in_target ? 414 : 431), cursor.at_};
  }

 private:
  using Stage = Cursor::Stage;
  using State = Outcome::State;

  bool go(Stage stage) {
    cursor_.stage_ = stage;
    return true;
  }
  bool wait(Stage stage) {
    cursor_.stage_ = stage;
    return false;
  }
  bool fault(Fault fault, const char* where, std::uint16_t status = 400) {
    outcome_ = {State::error, fault, status, static_cast<std::uint32_t>(where - base_)};
    return false;
  }
  bool done() {
    outcome_ = {State::done, Fault::none, 0, static_cast<std::uint32_t>(at_ - base_)};
    return wait(Stage::ended);
  }
  void conclude(const Refusal& refusal) {
    if (refusal.fault == Fault::none) return;
    const bool inside = refusal.where >= base_ && refusal.where < end_;
    fault(refusal.fault, inside ? refusal.where : base_, refusal.status);
  }
  Outcome finish() {
    cursor_.at_ = static_cast<std::uint32_t>(at_ - base_);
    return outcome_;
  }
  // Fields in lines of which each is what a writer would make of it.
  bool note_unchanged() {
    if (outcome_.state != State::done || !first_field_ || !usual_ || at_ - first_field_ < 2 || at_[-2] != '\r') return false;
    fields_.came_as({first_field_, at_});
    return true;
  }
  std::uint32_t offset() const { return static_cast<std::uint32_t>(at_ - base_); }
  void skip(std::uint8_t allowed) {
    char* at = at_;
    while (at != end_ && is_in(*at, allowed)) ++at;
    at_ = at;
  }
  bool skip_blanks() {
    while (at_ != end_ && is_blank(*at_)) ++at_;
    return at_ != end_;
  }

  bool request_stage(Request& request) {
    switch (cursor_.stage_) {
      case Stage::start: return start(Stage::method);
      case Stage::method: return method(request);
      case Stage::method_blank:
        if (!skip_blanks()) return wait(Stage::method_blank);
        cursor_.target_ = offset();
        return go(Stage::target);
      case Stage::target: return target(request);
      case Stage::target_blank:
        if (!skip_blanks()) return wait(Stage::target_blank);
        cursor_.mark_ = offset();
        return go(Stage::version);
      case Stage::version: return request_version(request);
      default: return field_stage();
    }
  }

  bool response_stage(Response& response) {
    switch (cursor_.stage_) {
      case Stage::start: return start(Stage::version);
      case Stage::version: return response_version(response);
      case Stage::version_blank:
        if (!skip_blanks()) return wait(Stage::version_blank);
        cursor_.mark_ = offset();
        return go(Stage::status);
      case Stage::status: return status();
      case Stage::status_blank:
        if (!skip_blanks()) return wait(Stage::status_blank);
        cursor_.mark_ = offset();
        return go(Stage::reason);
      case Stage::reason: return reason(response);
      default: return field_stage();
    }
  }

  bool field_stage() {
    switch (cursor_.stage_) {
      case Stage::line_lf:
        if (at_ == end_) return wait(Stage::line_lf);
        if (*at_ != '\n') return fault(Fault::line_end, at_);
        ++at_;
        return go(Stage::field);
      case Stage::field: return field();
      case Stage::name: return name();
      case Stage::value_blank: return value_blank();
      case Stage::value: return value();
      case Stage::value_lf: return value_lf();
      case Stage::value_next: return value_next();
      case Stage::last_lf:
        if (at_ == end_) return wait(Stage::last_lf);
        if (*at_ != '\n') return fault(Fault::line_end, at_);
        ++at_;
        return done();
      default: return false;
    }
  }

  // RFC 9112 2.2: empty lines before a request line are ignored.
  bool start(Stage next) {
    for (; at_ != end_; ++at_) {
      if (*at_ == '\n') continue;
      if (*at_ != '\r') {
        cursor_.mark_ = offset();
        return go(next);
      }
      if (at_ + 1 == end_) return wait(Stage::start);
      if (at_[1] != '\n') return fault(Fault::line_end, at_);
      ++at_;
    }
    return wait(Stage::start);
  }

  bool method(Request& request) {
    skip(chars::token);
    if (at_ == end_) return wait(Stage::method);
    cursor_.method_ = cursor_.mark_;
    cursor_.method_size_ = offset() - cursor_.mark_;
    if (!is_blank(*at_) || cursor_.method_size_ == 0) return fault(Fault::method, at_);
    request.method_text = {base_ + cursor_.method_, cursor_.method_size_};
    request.method = method_of(request.method_text);
    return go(Stage::method_blank);
  }

  bool target(Request& request) {
    const std::uint8_t allowed = options_.relax ? chars::uri_relaxed : chars::uri;
    skip(allowed);
    if (at_ == end_) return wait(Stage::target);
    cursor_.target_size_ = offset() - cursor_.target_;
    if (cursor_.target_size_ == 0) return fault(Fault::target, at_);
    if (is_blank(*at_)) return go(Stage::target_blank);
    if (!is_line_end(*at_)) return fault(*at_ == '#' ? Fault::fragment : Fault::target, at_);
    return simple_request(request);
  }

  // "GET /path" and a line end: HTTP/0.9, which has no fields. Relaxed parsing makes it a 1.0 request.
  bool simple_request(Request& request) {
    if (!options_.relax || request.method != Method::get) return fault(Fault::version, at_);
    if (*at_ == '\r') {
      if (at_ + 1 == end_) return wait(Stage::target);
      if (at_[1] != '\n') return fault(Fault::line_end, at_);
      ++at_;
    }
    ++at_;
    request.version = http_1_0;
    return done();
  }

  bool request_version(Request& request) {
    const char* const begin = base_ + cursor_.mark_;
    if (end_ - begin >= 10 && std::memcmp(begin, "HTTP/1.1\r\n", 10) == 0) {
      request.version = http_1_1;
      at_ = base_ + cursor_.mark_ + 10;
      return go(Stage::field);
    }
    while (at_ != end_ && (is_token_char(*at_) || *at_ == '/')) ++at_;
    if (at_ == end_) return wait(Stage::version);
    if (at_ == begin) return fault(is_line_end(*at_) ? Fault::version : Fault::target, at_);
    const auto version = version_of({begin, at_}, options_);
    if (!is_line_end(*at_) || !version) return fault(Fault::version, at_);
    // HTTP/2's own first line (RFC 9113 3.4) is what an HTTP/1 server cannot read at all.
    if (version->major != 1) return fault(Fault::version_unsupported, begin, request.method_text == "PRI" ? 400 : 505);
    request.version = *version;
    return go(*at_++ == '\r' ? Stage::line_lf : Stage::field);
  }

  bool response_version(Response& response) {
    while (at_ != end_ && (is_token_char(*at_) || *at_ == '/')) ++at_;
    if (at_ == end_) return wait(Stage::version);
    const auto version = version_of({base_ + cursor_.mark_, at_}, options_);
    if (!is_blank(*at_) || !version || version->major == 0) return fault(Fault::version, at_);
    response.version = version->major > 1 ? http_1_1 : *version;  // some servers say HTTP/2.0 in HTTP/1 clothes
    return go(Stage::version_blank);
  }

  bool status() {
    while (at_ != end_ && is_digit(*at_)) ++at_;
    if (at_ == end_) return wait(Stage::status);
    const char* const digits = base_ + cursor_.mark_;
    if (at_ - digits != 3 || *digits == '0') return fault(Fault::status_line, digits);
    cursor_.status_ = static_cast<std::uint16_t>((digits[0] - '0') * 100 + (digits[1] - '0') * 10 + digits[2] - '0');
    if (is_blank(*at_)) return go(Stage::status_blank);
    if (!is_line_end(*at_)) return fault(Fault::status_line, at_);
    return go(*at_++ == '\r' ? Stage::line_lf : Stage::field);
  }

  bool reason(Response& response) {
    at_ = base_ + (find_value_end(at_, end_) - base_);
    if (at_ == end_) return wait(Stage::reason);
    if (*at_ == 0) return fault(Fault::status_line, at_);
    response.reason = {base_ + cursor_.mark_, at_};
    return go(*at_++ == '\r' ? Stage::line_lf : Stage::field);
  }

  // The first byte of a line: the end of the head or a field name. A blank here belongs to no field.
  bool field() {
    char* at = at_;
    while (char* const next = usual_line(at)) at = next;
    at_ = at;
    if (at_ == end_) return wait(Stage::field);
    if (*at_ == '\r') {
      ++at_;
      return go(Stage::last_lf);
    }
    if (*at_ == '\n') {
      ++at_;
      return done();
    }
    if (is_blank(*at_)) return fault(Fault::folding, at_);
    usual_ = false;
    cursor_.name_ = offset();
    return go(Stage::name);
  }

  // The usual_ functions take a line that is all there and has nothing special in it at once. Else nothing has
  // changed (but the case of a name), and a stage looks closer, waits, or complains.

  // "GET /path HTTP/1.1 CRLF".
  void usual_request_line(Request& request) {
    const bool is_get = end_ - at_ > 4 && std::memcmp(at_, "GET ", 4) == 0;
    char* at = is_get ? at_ + 3 : at_;
    while (at != end_ && is_in(*at, chars::token)) ++at;
    if (at == at_ || at == end_ || *at != ' ') return;
    char* const target = at + 1;
    char* const last = target + (find_target_end(target, end_, options_.relax ? chars::uri_relaxed : chars::uri) - target);
    static constexpr std::string_view rest = " HTTP/1.1\r\n";
    if (last == target || end_ - last < static_cast<std::ptrdiff_t>(rest.size()) ||
        std::memcmp(last, rest.data(), rest.size()) != 0)
      return;
    cursor_.method_ = offset();
    cursor_.method_size_ = static_cast<std::uint32_t>(at - at_);
    cursor_.target_ = static_cast<std::uint32_t>(target - base_);
    cursor_.target_size_ = static_cast<std::uint32_t>(last - target);
    request.method_text = {at_, at};
    request.method = is_get ? Method::get : method_of(request.method_text);
    request.version = http_1_1;
    // With one blank between its words it is what a writer would make of it.
    first_line_ = at_;
    first_field_ = at_ = last + rest.size();
    cursor_.stage_ = Stage::field;
  }

  // "HTTP/1.1 200 reason CRLF".
  void usual_status_line(Response& response) {
    static constexpr std::string_view first = "HTTP/1.1 ";
    const char* const digits = at_ + first.size();
    if (end_ - at_ < 16 || std::memcmp(at_, first.data(), first.size()) != 0) return;
    if (!is_digit(digits[0]) || digits[0] == '0' || !is_digit(digits[1]) || !is_digit(digits[2]) || digits[3] != ' ' ||
        is_blank(digits[4]))
      return;
    const char* const reason = digits + 4;
    const char* const line_end = find_value_end(reason, end_);
    if (end_ - line_end < 2 || line_end[0] != '\r' || line_end[1] != '\n') return;
    cursor_.status_ = static_cast<std::uint16_t>((digits[0] - '0') * 100 + (digits[1] - '0') * 10 + digits[2] - '0');
    response.version = http_1_1;
    response.reason = {reason, line_end};
    first_line_ = at_;
    first_field_ = at_ += line_end + 2 - at_;
    cursor_.stage_ = Stage::field;
  }

  // All fields to the end of the head, if all are usual. Else the stages go on behind the last one that was.
  bool usual_fields() {
    char* at = at_;
    for (;;) {
      if (end_ - at < 2) break;
      if (begins_with_crlf(at)) {
        at_ = at + 2;
        done();
        return true;
      }
      char* const next = usual_line(at);
      if (!next) break;
      at = next;
    }
    at_ = at;
    return false;
  }
  static bool begins_with_crlf(const char* at) { return std::memcmp(at, "\r\n", 2) == 0; }

  // "name: value CRLF" with the begin of the next line. The begin of that line, or null.
  [[gnu::always_inline]] char* usual_line(char* const line) {
#ifdef __SSE2__
    const KnownName known(line, end_, base_);
    if (known.id != HeaderId::other) [[likely]] return usual_value(line, line + known.size, known.id);
#endif
    return usual_other_line(line);
  }

  char* usual_other_line(char* const line) {
    const ShortName short_name(line, end_);
    char* at = line + short_name.size;
    if (short_name.size == 0)
      for (char lower_char; at != end_ && (lower_char = chars::lower_token[static_cast<unsigned char>(*at)]) != 0; ++at)
        *at = lower_char;
    const std::string_view name(line, at);
    if (name.empty() || name.size() > 0xffff) return nullptr;
    return usual_value(line, at, header_id_of_lower(name));
  }

  // `at`: where the colon should be.
  [[gnu::always_inline]] char* usual_value(char* const line, char* const at, HeaderId id) {
    char* const end = end_;
    if (end - at < 3 || *at != ':') return nullptr;
    const char* const value = at[1] == ' ' ? at + 2 : at + 1;
    if (is_blank(*value)) return nullptr;
    const char* const line_end = find_value_end(value, end);
    if (end - line_end < 3 || !begins_with_crlf(line_end) || is_blank(line_end[2])) return nullptr;
    const char* last = line_end;
    while (is_blank(last[-1]) && last != value) --last;  // there is at least the colon before it
    if (!fields_.append_within(options_.max_fields, {line, at}, {value, last}, id)) return nullptr;
    if (value != at + 2 || last != line_end) usual_ = false;
    return at + (line_end + 2 - at);
  }

  bool name() {
    char* at = at_;  // not the member: it would be read again after each byte written
    char* const end = end_;
    for (;; ++at) {
      if (at == end) break;
      const char lower_char = chars::lower_token[static_cast<unsigned char>(*at)];
      if (lower_char == 0) {
        if (*at == ':') break;
        // Relaxed parsing takes any visible byte, but never a blank before the colon (RFC 9112 5.1).
        if (!options_.relax || !is_in(*at, chars::uri_relaxed)) return fault(Fault::name, at);
        continue;
      }
      *at = lower_char;
    }
    at_ = at;
    if (at == end) return wait(Stage::name);
    const std::uint32_t size = offset() - cursor_.name_;
    if (size == 0 || size > 0xffff) return fault(Fault::name, base_ + cursor_.name_);
    cursor_.name_size_ = static_cast<std::uint16_t>(size);
    cursor_.folded_ = false;
    ++at_;
    return go(Stage::value_blank);
  }

  bool value_blank() {
    if (!skip_blanks()) return wait(Stage::value_blank);
    cursor_.mark_ = offset();
    return go(Stage::value);
  }

  bool value() {
    at_ = base_ + (find_value_end(at_, end_) - base_);
    if (at_ == end_) return wait(Stage::value);
    if (*at_ == 0) {
      if (!options_.relax) return fault(Fault::value, at_);
      ++at_;
      return go(Stage::value);
    }
    cursor_.value_end_ = offset();
    return go(*at_++ == '\r' ? Stage::value_lf : Stage::value_next);
  }

  bool value_lf() {
    if (at_ == end_) return wait(Stage::value_lf);
    if (*at_ != '\n') return fault(Fault::line_end, at_);
    ++at_;
    return go(Stage::value_next);
  }

  // Behind a line end: a blank continues the value (RFC 9112 5.2), made one line by spaces.
  bool value_next() {
    if (at_ == end_) return wait(Stage::value_next);
    if (is_blank(*at_)) {
      std::memset(base_ + cursor_.value_end_, ' ', offset() - cursor_.value_end_);
      cursor_.folded_ = true;
      return go(Stage::value);
    }
    const char* first = base_ + cursor_.mark_;
    const char* last = base_ + cursor_.value_end_;
    while (last != first && is_blank(last[-1])) --last;
    if (cursor_.folded_)
      while (first != last && is_blank(*first)) ++first;
    const std::string_view name(base_ + cursor_.name_, cursor_.name_size_);
    if (!fields_.append_within(options_.max_fields, name, {first, last}, header_id_of_lower(name)))
      return fault(Fault::too_many_fields, name.data());
    return go(Stage::field);
  }

  Cursor& cursor_;
  char* const base_;
  char* at_;
  char* const end_;
  Fields& fields_;
  const Options& options_;
  Outcome outcome_;
  const char* first_line_ = nullptr;   // where it is if it was taken at once
  const char* first_field_ = nullptr;  // likewise
  bool usual_ = true;                  // all lines were taken by usual_line and are written as they stand there
};

Outcome parse_request_head(Cursor& cursor, std::span<char> bytes, Request& request, const Options& options, Room room) {
  const Outcome outcome = Parser(cursor, bytes, request.fields, options).request(request);
  return outcome.state == Outcome::State::need_more && room == Room::full ? Parser::too_large(cursor) : outcome;
}

Outcome parse_response_head(Cursor& cursor, std::span<char> bytes, Response& response, const Options& options,
                            Room room) {
  const Outcome outcome = Parser(cursor, bytes, response.fields, options).response(response);
  if (outcome.state != Outcome::State::need_more || room != Room::full) return outcome;
  return {Outcome::State::error, Fault::too_large, 502, Parser::too_large(cursor).length};
}

Outcome parse_trailers(Cursor& cursor, std::span<char> bytes, Fields& trailers, const Options& options, Room room) {
  const Outcome outcome = Parser(cursor, bytes, trailers, options).trailers();
  return outcome.state == Outcome::State::need_more && room == Room::full ? Parser::too_large(cursor) : outcome;
}

std::string_view text_of(Fault fault) {
  switch (fault) {
    case Fault::none: return "none";
    case Fault::method: return "invalid method";
    case Fault::target: return "invalid request target";
    case Fault::fragment: return "fragment in the request target";
    case Fault::version: return "invalid protocol version";
    case Fault::version_unsupported: return "unsupported protocol version";
    case Fault::status_line: return "invalid status line";
    case Fault::name: return "invalid character in a header name";
    case Fault::value: return "invalid character in a header value";
    case Fault::line_end: return "invalid line ending";
    case Fault::folding: return "continuation line without a header";
    case Fault::too_many_fields: return "too many headers";
    case Fault::too_large: return "headers too large for the buffer";
    case Fault::content_length: return "invalid Content-Length";
    case Fault::transfer_encoding: return "invalid Transfer-Encoding";
    case Fault::host: return "invalid Host";
    case Fault::websocket: return "websocket handshake without a valid key";
    case Fault::payload: return "body in a HTTP/1.0 request whose method has none";
    case Fault::count_: break;
  }
  return "?";
}

}  // namespace sluice::http::h1
