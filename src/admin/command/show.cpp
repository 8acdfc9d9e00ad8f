// Small show commands: names, environment, sockets, libraries.
#include <dirent.h>
#include <link.h>
#include <sys/socket.h>

#include "admin/command.hpp"
#include "admin/setting/stats.hpp"
#include "base/text.hpp"
#include "base/version.hpp"

extern "C" char** environ;

namespace sluice::admin {
namespace {
using catalog::Add;

void run_version(Call& call) { call.answer += full_version() + "\n"; }

void run_env(Call& call) {
  bool found = call.words.empty();
  for (char** entry = environ; *entry; ++entry) {
    const std::string_view text = *entry;
    if (!call.words.empty() && text.substr(0, text.find('=')) != call.word(0)) continue;
    found = true;
    call.answer += fmt::format("{}\n", text);
  }
  if (!found) call.fail("Variable not found");
}

void run_backend(Call& call) {
  call.answer += "# name\n";
  for (const auto& destination : call.world.proxies->destinations) call.answer += fmt::format("{}\n", destination->backend->name());
}

void run_sockets(Call& call) {
  call.answer += "# socket lvl processes\n";
  for (const proxy::Bind& bind : call.world.proxies->config->global()[stats_sockets])
    for (const proxy::Bind::Where& where : bind.places) {
      const std::string_view kind = where.descriptor >= 0           ? "fd@"
                                    : where.address.is_unix()         ? "unix@"
                                    : where.address.family() == net::Family::ipv6 ? "ipv6@"
                                                                      : "ipv4@";
      call.answer += fmt::format("{}{} {} all\n", kind, where.descriptor >= 0 ? std::to_string(where.descriptor) : where.address.text(),
                                 bind.level.empty() ? "operator" : bind.level);
    }
}

// One line per object: where its segments are, and its file.
int append_library(dl_phdr_info* object, std::size_t, void* out) {
  std::uintptr_t low = ~std::uintptr_t{0}, high = 0;
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD) continue;
    low = std::min<std::uintptr_t>(low, object->dlpi_addr + segment.p_vaddr);
    high = std::max<std::uintptr_t>(high, object->dlpi_addr + segment.p_vaddr + segment.p_memsz);
  }
  char self[4096];
  std::string_view name = object->dlpi_name;
  if (name.empty()) {
    const ssize_t size = ::readlink("/proc/self/exe", self, sizeof self);
    name = size > 0 ? std::string_view(self, static_cast<std::size_t>(size)) : "?";
  }
  if (low < high) *static_cast<std::string*>(out) += fmt::format("{:#018x}-{:#018x} ({:#09x}) {}\n", low, high - 1, high - low, name);
  return 0;
}
void run_libs(Call& call) { dl_iterate_phdr(append_library, &call.answer); }

net::Address address_of(int fd, int (*ask)(int, sockaddr*, socklen_t*)) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  return ask(fd, reinterpret_cast<sockaddr*>(&storage), &size) == 0 ? net::Address::from(reinterpret_cast<sockaddr*>(&storage), size)
                                                                    : net::Address{};
}

std::string describe_descriptor(int fd) {
  char target[4096];
  const std::string path = fmt::format("/proc/self/fd/{}", fd);
  const ssize_t size = ::readlink(path.c_str(), target, sizeof target);
  if (size < 0) return {};
  std::string out = fmt::format("{:7} : {}", fd, std::string_view(target, static_cast<std::size_t>(size)));
  int listening = 0;
  socklen_t length = sizeof listening;
  if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) != 0) return out + "\n";
  if (listening) out += " listening";
  if (const net::Address local = address_of(fd, ::getsockname)) out += fmt::format(" local={}", local.text());
  if (const net::Address remote = address_of(fd, ::getpeername)) out += fmt::format(" peer={}", remote.text());
  return out + "\n";
}

void run_fd(Call& call) {
  if (!call.word(0).empty()) {
    const auto fd = parse_int(call.word(0));
    if (!fd || *fd < 0 || *fd > 0x7fffffff) return call.fail("usage: show fd [<number>]");
    call.answer += describe_descriptor(static_cast<int>(*fd));
    return;
  }
  DIR* const folder = ::opendir("/proc/self/fd");
  if (!folder) return call.fail("cannot read /proc/self/fd");
  std::vector<int> all;
  while (const dirent* const entry = ::readdir(folder))
    if (const auto fd = parse_int(entry->d_name); fd && *fd != ::dirfd(folder)) all.push_back(static_cast<int>(*fd));
  ::closedir(folder);
  std::ranges::sort(all);
  for (const int fd : all) call.answer += describe_descriptor(fd);
}

void run_startup_logs(Call& call) { call.answer += call.world.startup_messages; }

void run_echo(Call& call) {
  for (std::size_t i = 0; i < call.words.size(); ++i) call.answer += (i ? " " : "") + call.words[i];
  call.answer += '\n';
}

const Add version_entry{Command{.name = "show version", .run = run_version, .doc = "version of this program"}};
const Add env_entry{Command{.name = "show env", .args = "[<name>]", .level = Level::operator_, .run = run_env,
                            .doc = "environment variables of the process"}};
const Add backend_entry{Command{.name = "show backend", .run = run_backend, .doc = "names of the backends"}};
const Add sockets_entry{Command{.name = "show cli sockets", .run = run_sockets, .doc = "sockets of the runtime API"}};
const Add libs_entry{Command{.name = "show libs", .level = Level::operator_, .run = run_libs, .doc = "object files and libraries in memory"}};
const Add fd_entry{Command{.name = "show fd", .args = "[<number>]", .level = Level::operator_, .run = run_fd, .doc = "open file descriptors"}};
const Add logs_entry{Command{.name = "show startup-logs", .run = run_startup_logs, .doc = "what was said at the start"}};
const Add echo_entry{Command{.name = "echo", .args = "<text>", .run = run_echo, .doc = "repeats what it is given"}};

}  // namespace
}  // namespace sluice::admin
