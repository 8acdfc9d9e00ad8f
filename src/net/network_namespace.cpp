#include "net/network_namespace.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>

namespace sluice::net {
namespace {

int own_namespace() {
  static const int descriptor = ::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  return descriptor;
}

std::mutex mutex;
std::map<std::string, int>& known_namespaces() {
  static std::map<std::string, int> all;
  return all;
}

}  // namespace

std::string network_namespace_name(int descriptor) {
  if (descriptor < 0) return {};
  const std::lock_guard lock(mutex);
  for (const auto& [name, its] : known_namespaces())
    if (its == descriptor) return name;
  return {};
}

std::expected<int, std::string> open_network_namespace(const std::string& name) {
  std::map<std::string, int>& known = known_namespaces();
  const std::lock_guard lock(mutex);
  if (const auto found = known.find(name); found != known.end()) return found->second;
  if (own_namespace() < 0) return std::unexpected(fmt::format("cannot open /proc/self/ns/net ({})", std::strerror(errno)));
  const int descriptor = ::open(fmt::format("/var/run/netns/{}", name).c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return std::unexpected(fmt::format("cannot open network namespace '{}' ({})", name, std::strerror(errno)));
  known.emplace(name, descriptor);
  return descriptor;
}

VisitNamespace::VisitNamespace(int descriptor) : away_(descriptor >= 0) {
  if (away_) entered_ = ::setns(descriptor, CLONE_NEWNET) == 0;
}

VisitNamespace::~VisitNamespace() {
  if (away_ && entered_) ::setns(own_namespace(), CLONE_NEWNET);
}

}  // namespace sluice::net
