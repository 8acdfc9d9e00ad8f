// Network namespaces (manual "namespace" of bind and server): where a socket is made decides which network it is in. The
// files are those `ip netns` keeps. Any thread; entering one concerns the calling thread alone.
#pragma once
#include <expected>
#include <string>

namespace sluice::net {

// A descriptor for the namespace, kept open as long as the process runs; the same one for the same name.
std::expected<int, std::string> open_network_namespace(const std::string& name);

// What it was opened as; empty for -1.
std::string network_namespace_name(int descriptor);

// The calling thread is in that namespace while this lives; -1: stays where it is. One that cannot be entered is told by
// entered(): no socket must be made then.
class VisitNamespace {
 public:
  explicit VisitNamespace(int descriptor);
  ~VisitNamespace();
  VisitNamespace(const VisitNamespace&) = delete;
  VisitNamespace& operator=(const VisitNamespace&) = delete;
  bool entered() const { return entered_; }

 private:
  const bool away_;
  bool entered_ = true;
};

}  // namespace sluice::net
