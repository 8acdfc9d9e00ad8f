#include "main/process.hpp"

#include <fcntl.h>
#include <grp.h>
#include <malloc.h>
#include <pwd.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
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

Outcome go_to_background(const PidFile* pidfile, Output output) {
  const pid_t child = ::fork();
  if (child < 0) return failed("Cannot fork");
  if (child > 0) {
    if (pidfile) pidfile->write(child);
    ::_exit(0);
  }
  ::setsid();
  const int null = ::open("/dev/null", O_RDWR);
  if (null < 0) return failed("Cannot open /dev/null");
  ::dup2(null, STDIN_FILENO);
  if (output == Output::discard) {
    ::dup2(null, STDOUT_FILENO);
    ::dup2(null, STDERR_FILENO);
  }
  if (null > STDERR_FILENO) ::close(null);
  return {};
}

Outcome enter_jail_and_become(const std::string& chroot_directory, const Identity& identity) {
  if (!chroot_directory.empty() && (::chroot(chroot_directory.c_str()) != 0 || ::chdir("/") != 0))
    return failed(fmt::format("Cannot chroot({})", chroot_directory));
  if (identity.gid) {
    // Only root may and need give up its supplementary groups.
    if (::geteuid() == 0 && ::setgroups(0, nullptr) != 0) return failed("Cannot drop supplementary groups");
    if (::setgid(*identity.gid) != 0) return failed(fmt::format("Cannot set gid {}", *identity.gid));
  }
  if (identity.uid && ::setuid(*identity.uid) != 0) return failed(fmt::format("Cannot set uid {}", *identity.uid));
  return {};
}

void signal_all(std::span<const pid_t> pids, int signal) {
  for (const pid_t pid : pids) ::kill(pid, signal);
}

}  // namespace sluice::process
