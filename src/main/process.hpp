// What the process asks of the system at start: limits, background, identity. Called once, before any thread runs,
// in the order of the declarations. A failure is a sentence to print after "[haproxy.main()] ".
#pragma once
#include <sys/types.h>

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace sluice::process {

using Outcome = std::expected<void, std::string>;

// Raises the soft limit of open files to `wanted` (and the hard one if allowed). The value in force afterwards.
std::expected<std::size_t, std::string> raise_descriptor_limit(std::size_t wanted);
std::size_t descriptor_limit();
Outcome limit_memory(std::size_t megabytes);

// Freed and fresh heap memory is filled with this byte: mistakes show early (-dM).
void poison_memory(int byte);

// An open pid file, made before chroot and fork so that errors are seen.
class PidFile {
 public:
  static std::expected<PidFile, std::string> create(const std::string& path);
  PidFile(PidFile&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  PidFile& operator=(PidFile&&) = delete;
  ~PidFile();
  void write(pid_t pid) const;

 private:
  explicit PidFile(int fd) : fd_(fd) {}
  int fd_;
};

// Who to become. Names are looked up before chroot.
struct Identity {
  std::optional<uid_t> uid;
  std::optional<gid_t> gid;
};
std::expected<uid_t, std::string> find_user(const std::string& name);
std::expected<gid_t, std::string> find_group(const std::string& name);

// The child's side of a start in the background. The parent waits for is_ready() and then exits with 0; a child that
// ends before makes it exit with 1, so that failures after the fork still are in the exit code.
class Background {
 public:
  Background(int null, int ready) : null_(null), ready_(ready) {}
  Background(Background&& other) noexcept : null_(std::exchange(other.null_, -1)), ready_(std::exchange(other.ready_, -1)) {}
  Background& operator=(Background&&) = delete;
  ~Background();
  void is_ready();  // the standard streams are /dev/null from here on

 private:
  int null_, ready_;  // /dev/null (opened before chroot), the pipe to the parent
};

// Forks; only the child returns, in a session of its own.
Outcome go_to_background(std::optional<Background>& background);

// The capabilities (capabilities(7), bit n is number n) are kept over a change of the user, which loses them otherwise.
// A process that was not started as root needs to have them already.
Outcome enter_jail_and_become(const std::string& chroot_directory, const Identity& identity, std::uint64_t capabilities = 0);
// -20..19, of the whole process (nice(2)).
Outcome set_priority(int nice);
int priority();

// Programs started later gain nothing by their setuid bits.
void give_up_setuid_programs();
void allow_core_dumps();
// The kernel's table of descriptors grows to its full size now.
void preallocate_descriptors();
// The calling thread runs on these processors only; none of them: wherever it may. Bit 0 is the first one.
void run_on(std::uint64_t cpus);

// SIGUSR1 ("finish") or SIGTERM ("terminate") to processes of an earlier start; one that is gone is no error.
void signal_all(std::span<const pid_t> pids, int signal);

}  // namespace sluice::process
