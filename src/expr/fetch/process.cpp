// What the process and its clock know (manual 7.3.2).
#include <cstdlib>

#include "expr/arguments.hpp"
#include "expr/entries.hpp"

namespace sluice::expr {
// The value an environment variable has when the configuration is read.
struct EnvArg {
  std::optional<std::string> value;
};
}  // namespace sluice::expr
namespace sluice::catalog {
template <>
struct Argument<expr::EnvArg> {
  static constexpr std::string_view name = "string";
  static std::expected<expr::EnvArg, std::string> read(std::string_view text) {
    const char* const value = std::getenv(std::string(text).c_str());
    return expr::EnvArg{value ? std::optional<std::string>(value) : std::nullopt};
  }
};
}  // namespace sluice::catalog

namespace sluice::expr {
namespace {
using catalog::typed;

Int date(Ambient& ambient, std::optional<Int> offset, std::optional<UnitArg> unit) {
  const Int per_second = unit ? unit->per_second : 1;
  const Int now = ambient.wall().us / (1'000'000 / per_second);
  return now + offset.value_or(0);
}
Int date_us(Ambient& ambient) { return ambient.wall().us % 1'000'000; }
Int random(Ambient& ambient, std::optional<Int> range) {
  const std::uint64_t value = ambient.random();
  const auto word = static_cast<std::uint32_t>(value >> 32);
  if (!range || *range <= 0) return word;
  return static_cast<Int>(std::uint64_t{word} * static_cast<std::uint64_t>(*range) >> 32);
}
std::optional<std::string_view> env(const EnvArg& variable) {
  if (!variable.value) return std::nullopt;
  return std::string_view(*variable.value);
}
std::string_view hostname(Ambient& ambient) { return ambient.hostname; }
Int nbproc() { return 1; }
bool quic_enabled() { return false; }  // this program does not speak it
Int pid(Ambient& ambient) { return ambient.pid; }
Int thread(Ambient& ambient) { return ambient.thread - 1; }
Int uptime(Ambient& ambient) { return (ambient.now() - ambient.started).seconds(); }
bool wait_end(const Scope& scope) {
  // Holds once nothing more will be waited for; until then the answer may change.
  const Received* const seen = scope.direction == Direction::request ? scope.request_bytes : scope.response_bytes;
  if (!seen || seen->complete) return true;
  scope.wants_more = true;
  return false;
}
struct UuidVersion {
  Int number = 4;
};
std::optional<std::string_view> uuid(Ambient& ambient, Arena& arena, std::optional<UuidVersion> version) {
  const Int wanted = version.value_or(UuidVersion{}).number;
  std::uint64_t high = ambient.random();
  std::uint64_t low = ambient.random();
  if (wanted == 7) {
    const auto ms = static_cast<std::uint64_t>(ambient.wall().us / 1000);
    high = ms << 16 | (high & 0xfff) | 0x7000;
  } else {
    high = (high & ~std::uint64_t{0xf000}) | 0x4000;
  }
  low = (low & 0x3fffffffffffffffu) | 0x8000000000000000u;
  char* const text = arena.allocate(36);
  std::size_t at = 0;
  for (int digit = 0; digit < 32; ++digit) {
    if (digit == 8 || digit == 12 || digit == 16 || digit == 20) text[at++] = '-';
    const std::uint64_t half = digit < 16 ? high : low;
    text[at++] = "0123456789abcdef"[half >> (60 - 4 * (digit % 16)) & 15];
  }
  return std::string_view(text, 36);
}

}  // namespace
}  // namespace sluice::expr

template <>
struct sluice::catalog::Argument<sluice::expr::UuidVersion> {
  static constexpr std::string_view name = "integer";
  static std::expected<sluice::expr::UuidVersion, std::string> read(std::string_view text) {
    if (text == "4") return sluice::expr::UuidVersion{4};
    if (text == "7") return sluice::expr::UuidVersion{7};
    return std::unexpected("'" + std::string(text) + "' is no version of UUIDs made here, only 4 and 7 are");
  }
};

namespace sluice::expr {
namespace {

const catalog::Add a{Fetch{.name = "date", .args = {"offset", "unit"}, .run = typed<date>,
                           .doc = "The time since 1970 in seconds (or {unit}: s, ms, us), {offset} added.",
                           .examples = {{"date", "1600000000"}, {"date(60)", "1600000060"}, {"date(0,ms)", "1600000000123"}}}};
const catalog::Add b{Fetch{.name = "date_us", .run = typed<date_us>, .doc = "The microseconds of the current second.",
                           .examples = {{"date_us", "123456"}}}};
const catalog::Add c{Fetch{.name = "rand", .args = {"range"}, .run = typed<random>,
                           .doc = "A random integer below {range}, or of 32 bits.", .examples = {{"rand(1)", "0"}}}};
const catalog::Add d{Fetch{.name = "env", .args = {"name"}, .run = typed<env>,
                           .doc = "An environment variable as it was at start.",
                           .examples = {{"env(NO_SUCH_VARIABLE_1)", catalog::undefined}}}};
const catalog::Add e{Fetch{.name = "hostname", .run = typed<hostname>, .doc = "The host name.", .examples = {{"hostname", "host1"}}}};
const catalog::Add f{Fetch{.name = "nbproc", .run = typed<nbproc>, .doc = "How many processes there are: one.", .examples = {{"nbproc", "1"}}}};
const catalog::Add f2{Fetch{.name = "quic_enabled", .run = typed<quic_enabled>, .doc = "True if QUIC can be used: it cannot.", .examples = {{"quic_enabled", "0"}}}};
const catalog::Add g{Fetch{.name = "pid", .run = typed<pid>, .doc = "The process id.", .examples = {{"pid", "4711"}}}};
const catalog::Add h{Fetch{.name = "thread", .run = typed<thread>, .doc = "The number of this thread, from 0.", .examples = {{"thread", "0"}}}};
const catalog::Add i{Fetch{.name = "uptime", .run = typed<uptime>, .doc = "Seconds since the process started.", .examples = {{"uptime", "90"}}}};
const catalog::Add j{Fetch{.name = "wait_end", .run = typed<wait_end>, .origin = Origin::process,
                           .doc = "True once the inspection delay is over or nothing more will come.", .examples = {{"wait_end", "1"}}}};
const catalog::Add k{Fetch{.name = "uuid", .args = {"version"}, .run = typed<uuid>, .doc = "A new UUID of version 4 or 7.",
                           .examples = {{"uuid,length", "36"}}}};
}  // namespace
}  // namespace sluice::expr
