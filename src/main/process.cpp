#include "main/process.hpp"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <malloc.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace sluice::process {
namespace {

std::unexpected<std::string> failed(std::string_view what) {
  return std::unexpected(fmt::format("{}: {}", what, std::strerror(errno)));
}

}  // namespace

std::size_t descriptor_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<std::size_t>(limit.rlim_cur);
}

std::expected<std::size_t, std::string> raise_descriptor_limit(std::size_t wanted) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= wanted) return static_cast<std::size_t>(limit.rlim_cur);
  rlimit raised{.rlim_cur = wanted, .rlim_max = std::max<rlim_t>(limit.rlim_max, wanted)};
  if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) return wanted;
  raised = {.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
  if (::setrlimit(RLIMIT_NOFILE, &raised) != 0) return failed("setrlimit(NOFILE)");
  return static_cast<std::size_t>(limit.rlim_max);
}

Outcome limit_memory(std::size_t megabytes) {
  const rlimit limit{.rlim_cur = megabytes << 20, .rlim_max = megabytes << 20};
  if (::setrlimit(RLIMIT_DATA, &limit) != 0) return failed(fmt::format("cannot limit the memory to {} MB", megabytes));
  return {};
}

void poison_memory(int byte) { ::mallopt(M_PERTURB, byte); }

std::expected<PidFile, std::string> PidFile::create(const std::string& path) {
  ::unlink(path.c_str());
  const int fd = ::open(path.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return failed(fmt::format("Cannot create pidfile {}", path));
  return PidFile(fd);
}

PidFile::~PidFile() {
  if (fd_ >= 0) ::close(fd_);
}

void PidFile::write(pid_t pid) const {
  const std::string text = fmt::format("{}\n", pid);
  [[maybe_unused]] const auto written = ::write(fd_, text.data(), text.size());
}

std::expected<uid_t, std::string> find_user(const std::string& name) {
  if (const passwd* entry = ::getpwnam(name.c_str())) return entry->pw_uid;
  return std::unexpected(fmt::format("cannot find user id for '{}'", name));
}

std::expected<gid_t, std::string> find_group(const std::string& name) {
  if (const group* entry = ::getgrnam(name.c_str())) return entry->gr_gid;
  return std::unexpected(fmt::format("cannot find group id for '{}'", name));
}

Outcome go_to_background(std::optional<Background>& background) {
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) return failed("Cannot open /dev/null");
  int ready[2];
  if (::pipe2(ready, O_CLOEXEC) != 0) return failed("Cannot create a pipe");
  const pid_t child = ::fork();
  if (child < 0) return failed("Cannot fork");
  if (child > 0) {
    ::close(ready[1]);
    char byte = 0;
    ssize_t got = -1;
    do got = ::read(ready[0], &byte, 1);
    while (got < 0 && errno == EINTR);
    ::_exit(got == 1 ? 0 : 1);
  }
  ::close(ready[0]);
  ::setsid();
  background.emplace(null, ready[1]);
  return {};
}

void Background::is_ready() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(null_, fd);
  [[maybe_unused]] const auto written = ::write(ready_, "!", 1);
}

Background::~Background() {
  if (null_ > STDERR_FILENO) ::close(null_);
  if (ready_ >= 0) ::close(ready_);
}

namespace {

// Permits these capabilities alone, and makes them effective.
Outcome keep_capabilities(std::uint64_t capabilities) {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct data[2]{};
  for (unsigned half = 0; half < 2; ++half)
    data[half].effective = data[half].permitted = static_cast<std::uint32_t>(capabilities >> (32 * half));
  if (::syscall(SYS_capset, &header, data) != 0) return failed("Cannot keep the capabilities of 'setcap'");
  return {};
}

}  // namespace

Outcome set_priority(int nice) {
  if (::setpriority(PRIO_PROCESS, 0, nice) != 0) return failed(fmt::format("Cannot set the priority to {}", nice));
  return {};
}

int priority() { return ::getpriority(PRIO_PROCESS, 0); }

Outcome enter_jail_and_become(const std::string& chroot_directory, const Identity& identity, std::uint64_t capabilities) {
  if (!chroot_directory.empty() && (::chroot(chroot_directory.c_str()) != 0 || ::chdir("/") != 0))
    return failed(fmt::format("Cannot chroot({})", chroot_directory));
  if (identity.gid) {
    // Only root may and need give up its supplementary groups.
    if (::geteuid() == 0 && ::setgroups(0, nullptr) != 0) return failed("Cannot drop supplementary groups");
    if (::setgid(*identity.gid) != 0) return failed(fmt::format("Cannot set gid {}", *identity.gid));
  }
  const bool leaves_root = identity.uid && *identity.uid != 0;
  if (capabilities && leaves_root) ::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
  if (identity.uid && ::setuid(*identity.uid) != 0) return failed(fmt::format("Cannot set uid {}", *identity.uid));
  if (capabilities && (leaves_root || ::geteuid() != 0)) return keep_capabilities(capabilities);
  return {};
}

void give_up_setuid_programs() { ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }

void allow_core_dumps() {
  const rlimit limit{.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
  for (const auto resource : {RLIMIT_CORE, RLIMIT_FSIZE}) ::setrlimit(resource, &limit);
  ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

void preallocate_descriptors() {
  const int last = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, static_cast<int>(descriptor_limit()) - 1);
  if (last >= 0) ::close(last);
}

void run_on(std::uint64_t cpus) {
  if (cpus == 0) return;
  cpu_set_t allowed, wanted;
  ::sched_getaffinity(0, sizeof allowed, &allowed);
  CPU_ZERO(&wanted);
  for (unsigned cpu = 0; cpu < 64; ++cpu)
    if ((cpus >> cpu & 1) && CPU_ISSET(cpu, &allowed)) CPU_SET(cpu, &wanted);
  if (CPU_COUNT(&wanted) != 0) ::sched_setaffinity(0, sizeof wanted, &wanted);
}

void signal_all(std::span<const pid_t> pids, int signal) {
  for (const pid_t pid : pids) ::kill(pid, signal);
}

}  // namespace sluice::process
