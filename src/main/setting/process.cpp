#include "main/setting/process.hpp"

namespace sluice {

using catalog::Add;
using config::Keyword;
using config::Setting;
namespace in = config::in;

const Setting<bool> global_daemon{{.name = "daemon", .sections = in::global, .prefixes = config::Prefixes::no,
                                   .doc = "Goes to the background once everything is listening. Undone by -db and -d."}};
const Setting<std::string> global_pidfile{{.name = "pidfile", .args = "<file>", .sections = in::global,
                                           .doc = "Where the process id is written before privileges are dropped."}};
const Setting<std::string> global_user{{.name = "user", .args = "<name>", .sections = in::global,
                                        .doc = "User the process becomes after it has opened its listeners."}};
const Setting<std::string> global_group{{.name = "group", .args = "<name>", .sections = in::global,
                                         .doc = "Group the process becomes after it has opened its listeners."}};
const Setting<std::string> global_chroot{{.name = "chroot", .args = "<directory>", .sections = in::global,
                                          .doc = "Directory that becomes the process's root before it drops privileges."}};
const Setting<std::optional<std::int64_t>> global_uid{{.name = "uid", .args = "<number>", .sections = in::global,
                                                       .min = 0, .max = 4294967294, .doc = "As user, by number."}};
const Setting<std::optional<std::int64_t>> global_gid{{.name = "gid", .args = "<number>", .sections = in::global,
                                                       .min = 0, .max = 4294967294, .doc = "As group, by number."}};
const Setting<std::optional<std::int64_t>> global_descriptors{
    {.name = "ulimit-n", .args = "<number>", .sections = in::global, .min = 16, .max = 1 << 30,
     .doc = "Limit of file descriptors. Computed from maxconn if it is not given."}};
const Setting<std::optional<std::int64_t>> global_threads{
    {.name = "nbthread", .args = "<number>", .sections = in::global, .min = 1, .max = 64,
     .doc = "Number of worker threads; as many as there are usable processors if it is not given."}};
const Setting<std::optional<std::int64_t>> global_maxconn{
    {.name = "maxconn", .args = "<number>", .sections = in::global, .min = 0, .max = 1 << 29,
     .doc = "Client connections of the whole process; computed from the limit of file descriptors if it is not given."}};
const Setting<std::optional<Duration>> global_hard_stop_after{
    {.name = "hard-stop-after", .args = "<time>", .sections = in::global,
     .doc = "How long a soft stop waits for sessions to end before it ends them."}};
const Setting<std::string> global_node{{.name = "node", .args = "<name>", .sections = in::global,
                                        .doc = "Name of this node in statistics; the host's name if it is not given."}};
const Setting<std::vector<std::string>> global_description{
    {.name = "description", .args = "<text>", .sections = in::global, .doc = "Text shown in statistics."}};
const Setting<bool> global_zero_warning{{.name = "zero-warning", .sections = in::global,
                                         .doc = "A warning about the configuration stops the start, as -dW does."}};
const Setting<bool> global_quiet{{.name = "quiet", .sections = in::global, .doc = "As -q: no messages at the start."}};
const Setting<bool> global_no_splice{{.name = "nosplice", .sections = in::global, .doc = "As -dS: never uses splice()."}};
const Setting<bool> global_no_reuseport{{.name = "noreuseport", .sections = in::global,
                                         .doc = "As -dR: all threads share one listening socket per address."}};

const Setting<bool> global_expose_experimental{{.name = "expose-experimental-directives", .sections = in::global,
                                                .unused = "nothing that is implemented is hidden behind it",
                                                .doc = "Accepted for compatibility."}};
const Setting<bool> global_expose_deprecated{{.name = "expose-deprecated-directives", .sections = in::global,
                                              .unused = "nothing that is implemented is hidden behind it",
                                              .doc = "Accepted for compatibility."}};

namespace {

// nbproc: threads have replaced processes. The number is read so that a wrong one is still an error.
void parse_nbproc(config::Line& line, config::Section&) {
  if (line.take_integer("a number of processes", 1, 64)) line.finish();
}
const Add nbproc{Keyword{.name = "nbproc", .args = "<number>", .sections = in::global, .parse = parse_nbproc,
                         .deprecated = "nbthread <number>",
                         .doc = "Number of processes in old versions. There is one process with several threads here."}};

// Knobs of machinery this design does not have: accepted, reported by -dD.
void parse_knob(config::Line& line, config::Section&) { line.finish(); }
void parse_knob_number(config::Line& line, config::Section&) {
  if (line.take_integer("a number", 0)) line.finish();
}
const Add noepoll{Keyword{.name = "noepoll", .sections = in::global, .parse = parse_knob,
                          .unused = "epoll is the only poller", .doc = "Without effect: there is no other poller."}};
const Add nopoll{Keyword{.name = "nopoll", .sections = in::global, .parse = parse_knob,
                         .unused = "there is no poll() poller", .doc = "Without effect: epoll is the only poller."}};
const Add nokqueue{Keyword{.name = "nokqueue", .sections = in::global, .parse = parse_knob,
                           .unused = "there is no kqueue poller", .doc = "Without effect: epoll is the only poller."}};
const Add noevports{Keyword{.name = "noevports", .sections = in::global, .parse = parse_knob,
                            .unused = "there is no event ports poller", .doc = "Without effect: epoll is the only poller."}};
const Add busy_polling{Keyword{.name = "busy-polling", .sections = in::global, .parse = parse_knob,
                               .prefixes = config::Prefixes::no, .unused = "workers sleep in epoll when they have nothing to do",
                               .doc = "Without effect."}};
const Add maxpollevents{Keyword{.name = "tune.maxpollevents", .args = "<number>", .sections = in::global,
                                .parse = parse_knob_number, .unused = "the number of events per turn is fixed",
                                .doc = "Without effect."}};

}  // namespace

}  // namespace sluice
