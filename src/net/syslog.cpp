#include "net/syslog.hpp"

#include <unistd.h>

#include <algorithm>

#include "base/text.hpp"
#include "net/syslog_ring.hpp"

namespace sluice::net {
namespace {

constexpr std::string_view severities[] = {"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"};
constexpr std::string_view facilities[] = {"kern",   "user",   "mail",   "daemon", "auth",   "syslog", "lpr",    "news",
                                           "uucp",   "cron",   "auth2",  "ftp",    "ntp",    "audit",  "alert",  "cron2",
                                           "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"};
constexpr std::string_view dresses[] = {"",         "local", "rfc3164", "rfc5424", "priority",
                                        "short",    "timed", "iso",     "raw"};

template <std::size_t n>
std::optional<std::size_t> position(const std::string_view (&names)[n], std::string_view name) {
  const auto at = std::ranges::find(names, name);
  if (name.empty() || at == std::end(names)) return std::nullopt;
  return static_cast<std::size_t>(at - names);
}

std::optional<std::uint32_t> sample_number(std::string_view text) {
  const auto value = parse_uint(text);
  if (!value || *value == 0 || *value > 0xffffffff) return std::nullopt;
  return static_cast<std::uint32_t>(*value);
}

}  // namespace

std::optional<Severity> severity_of(std::string_view name) {
  const auto at = position(severities, name);
  return at ? std::optional(static_cast<Severity>(*at)) : std::nullopt;
}
std::optional<unsigned> facility_of(std::string_view name) {
  const auto at = position(facilities, name);
  return at ? std::optional(static_cast<unsigned>(*at)) : std::nullopt;
}
std::optional<LogDress> log_dress_of(std::string_view name) {
  const auto at = position(dresses, name);
  return at ? std::optional(static_cast<LogDress>(*at)) : std::nullopt;
}
std::vector<std::string_view> severity_names() { return {std::begin(severities), std::end(severities)}; }
std::vector<std::string_view> facility_names() { return {std::begin(facilities), std::end(facilities)}; }
std::vector<std::string_view> log_dress_names() { return {std::begin(dresses) + 1, std::end(dresses)}; }

std::expected<LogSample, std::string> LogSample::parse(std::string_view text) {
  LogSample sample;
  const std::size_t colon = text.find(':');
  if (colon == text.npos) return std::unexpected("expects <ranges>:<size>");
  const auto size = sample_number(text.substr(colon + 1));
  if (!size) return std::unexpected("expects a sample size of at least 1 after ':'");
  sample.size = *size;
  std::string_view ranges = text.substr(0, colon);
  for (;;) {
    const std::size_t comma = ranges.find(',');
    const std::string_view range = ranges.substr(0, comma);
    const std::size_t dash = range.find('-');
    const auto first = sample_number(range.substr(0, dash));
    const auto last = dash == range.npos ? first : sample_number(range.substr(dash + 1));
    if (!first || !last || *first > *last)
      return std::unexpected("'" + std::string(range) + "' is not a range of numbers from 1 on");
    if (*last > *size) return std::unexpected("a range ends behind the sample size");
    for (const Range& other : sample.ranges)
      if (*first <= other.last && other.first <= *last) return std::unexpected("ranges overlap");
    sample.ranges.push_back({*first, *last});
    if (comma == ranges.npos) return sample;
    ranges.remove_prefix(comma + 1);
  }
}

bool LogSample::takes(std::uint32_t line) const {
  const std::uint32_t number = line % size + 1;
  return std::ranges::any_of(ranges, [&](const Range& r) { return r.first <= number && number <= r.last; });
}

namespace {

// A ring of its own that is forwarded there.
std::expected<LogTarget, std::string> to_stream(std::string_view text) {
  auto endpoint = parse_endpoint(text, {.resolve = true, .port_required = false, .port_allowed = true});
  if (!endpoint) return std::unexpected(endpoint.error());
  Address address = endpoint->address;
  if (address.is_ip() && !endpoint->port_given) address = address.with_port(514);
  LogTarget target;
  target.ring = std::make_shared<LogRing>(std::string(text));
  target.ring->implicit = true;
  target.ring->servers.push_back({.name = std::string(text), .address = address, .framing = LogRing::Framing::lines});
  return target;
}

}  // namespace

std::expected<LogTarget, std::string> LogTarget::parse_address(std::string_view text) {
  LogTarget target;
  if (text == "stdout" || text == "stderr") {
    target.descriptor = text == "stdout" ? STDOUT_FILENO : STDERR_FILENO;
    return target;
  }
  if (text.starts_with("ring@")) {
    target.ring_name = std::string(text.substr(5));
    if (target.ring_name.empty()) return std::unexpected("the name of a ring is missing behind 'ring@'");
    return target;
  }
  if (text.starts_with("backend@")) {
    target.backend_name = std::string(text.substr(8));
    if (target.backend_name.empty()) return std::unexpected("the name of a backend is missing behind 'backend@'");
    return target;
  }
  if (text.starts_with("quic")) return std::unexpected("logs cannot be sent over QUIC");
  for (const std::string_view form : {"tcp@", "tcp4@", "tcp6@", "uxst@", "stream+ip@", "stream+ipv4@", "stream+ipv6@", "stream+unix@", "stream+abns"})
    if (text.starts_with(form)) return to_stream(text);
  auto endpoint = parse_endpoint(text, {.resolve = true, .port_required = false, .port_allowed = true});
  if (!endpoint) return std::unexpected(endpoint.error());
  if (endpoint->form == Endpoint::Form::descriptor) {
    target.descriptor = endpoint->descriptor;
    return target;
  }
  if (endpoint->form != Endpoint::Form::address) return std::unexpected("not an address logs can be sent to");
  target.address = endpoint->address;
  if (target.address.is_ip() && !endpoint->port_given) target.address = target.address.with_port(514);
  return target;
}

}  // namespace sluice::net
