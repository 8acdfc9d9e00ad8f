// The outside world of fuzzers: files are not there, names unknown, sockets and processes refused (ld's --wrap).
#include <netdb.h>
#include <sys/types.h>

#include <cerrno>

extern "C" {

int __wrap_open(const char*, int, ...);
int __wrap_socket(int, int, int);
int __wrap_getaddrinfo(const char*, const char*, const addrinfo*, addrinfo**);
int __wrap_posix_spawn(pid_t*, const char*, const void*, const void*, char* const*, char* const*);

int __wrap_open(const char*, int, ...) {
  errno = ENOENT;
  return -1;
}
int __wrap_socket(int, int, int) {
  errno = EACCES;
  return -1;
}
int __wrap_getaddrinfo(const char*, const char*, const addrinfo*, addrinfo**) { return EAI_NONAME; }
int __wrap_posix_spawn(pid_t*, const char*, const void*, const void*, char* const*, char* const*) { return EACCES; }
}
