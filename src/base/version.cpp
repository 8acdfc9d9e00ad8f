#include "base/version.hpp"

#include <algorithm>

namespace sluice {
namespace {

// true only for what works; TLS, Lua, QUIC and others turn true with the code that brings them.
constexpr Feature all_features[] = {
    {"51DEGREES", false},   {"ACCEPT4", true},      {"BACKTRACE", false},   {"CLOSEFROM", false},
    {"CPU_AFFINITY", false}, {"CRYPT_H", true},     {"DEVICEATLAS", false}, {"DL", false},
    {"ECH", false},         {"ENGINE", false},      {"EPOLL", true},        {"EVPORTS", false},
    {"GETADDRINFO", true},  {"KQUEUE", false},      {"KTLS", false},        {"LIBCRYPT", true},
    {"LINUX_CAP", false},   {"LINUX_SPLICE", true}, {"LINUX_TPROXY", true}, {"LUA", false},
    {"MATH", true},         {"MEMORY_PROFILING", false}, {"NETFILTER", false}, {"NS", false},
    {"OPENSSL", false},     {"OT", false},          {"OTEL", false},        {"PCRE", false},
    {"PCRE2", true},        {"PCRE2_JIT", true},    {"PCRE_JIT", false},    {"POLL", false},
    {"PRCTL", true},        {"PROCCTL", false},     {"PROMEX", true},      {"PTHREAD_EMULATION", false},
    {"QUIC", false},        {"RT", true},           {"SHM_OPEN", false},    {"SLZ", false},
    {"SSL", false},         {"STATIC_PCRE", false}, {"STATIC_PCRE2", false}, {"SYSTEMD", false},
    {"TFO", true},          {"THREAD", true},       {"THREAD_DUMP", false}, {"TPROXY", true},
    {"WURFL", false},       {"ZLIB", false},
};

// __DATE__ is "Nov 21 2026"; HAProxy prints 2026/11/21.
std::string build_date() {
  constexpr std::string_view date = __DATE__;
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const std::size_t month = months.find(date.substr(0, 3)) / 3 + 1;
  const char tens = date[4] == ' ' ? '0' : date[4];
  return fmt::format("{}/{:02}/{}{}", date.substr(7), month, tens, date[5]);
}

}  // namespace

std::string full_version() { return fmt::format("{}-sluice-{}", compatibility_version, version); }

std::string_view version_date() {
  static const std::string date = build_date();
  return date;
}

std::span<const Feature> features() { return all_features; }

bool has_feature(std::string_view name) {
  return std::ranges::any_of(all_features, [&](const Feature& f) { return f.name == name && f.built_in; });
}

}  // namespace sluice
