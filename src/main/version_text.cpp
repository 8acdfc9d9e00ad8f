#include "main/version_text.hpp"

#include <openssl/crypto.h>
#include <sys/utsname.h>
#include <thread>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/version.hpp"

namespace sluice {
namespace {

std::string kernel() {
  utsname name{};
  ::uname(&name);
  return fmt::format("{} {} {} {}", name.sysname, name.release, name.version, name.machine);
}

std::string pcre_version() {
  char text[64]{};
  pcre2_config_8(PCRE2_CONFIG_VERSION, text);
  return text;
}

std::string feature_list() {
  std::string out = "Feature list :";
  for (const Feature& f : features()) out += fmt::format(" {}{}", f.built_in ? '+' : '-', f.name);
  return out + "\n";
}

}  // namespace

std::string version_line() {
  return fmt::format("HAProxy version {} {} - sluice, compatible with HAProxy {}\n", full_version(), version_date(),
                     compatibility_branch);
}

std::string version_text() {
  return version_line() + "Status: development version of sluice, not made by the HAProxy project\n" +
         fmt::format("Running on: {}\n", kernel());
}

std::string build_options() {
  std::string out = version_text();
  out += "Build options :\n  TARGET  = linux-glibc\n";
#ifdef __clang__
  out += fmt::format("  CC      = clang {}\n", __clang_version__);
#else
  out += fmt::format("  CC      = g++ {}\n", __VERSION__);
#endif
  out += "  OPTIONS = USE_EPOLL=1 USE_PCRE2=1 USE_PCRE2_JIT=1 USE_THREAD=1 USE_LINUX_SPLICE=1\n\n";
  out += feature_list();
  out += "\nDefault settings :\n  bufsize = 16384, maxrewrite = 1024, maxpollevents = 200\n\n";
  out += fmt::format("Built with multi-threading support (MAX_TGROUPS=1, MAX_THREADS=64, default={}).\n",
                     std::max(1u, std::thread::hardware_concurrency()));
  out += fmt::format("Built with PCRE2 version : {}\nPCRE2 library supports JIT : yes\n", pcre_version());
  out += fmt::format("Hashes by {} (no TLS yet)\n", ::OpenSSL_version(OPENSSL_VERSION));
  out += "Built with the Prometheus exporter as a service\n";
  out += "Encrypted password support via crypt(3): yes\n\n";
  out += "Available polling systems :\n      epoll : pref=300,  test result OK\nTotal: 1 (1 usable), will use epoll.\n\n";
  out += "Available multiplexer protocols :\n(protocols marked as <default> cannot be specified using 'proto' keyword)\n"
         "  <default> : mode=HTTP  side=FE|BE  mux=H1    flags=\n"
         "  <default> : mode=TCP   side=FE|BE  mux=PASS  flags=\n\n"
         "Available services : prometheus-exporter\n\nAvailable filters : none\n";
  return out;
}

}  // namespace sluice
