#include "config/setting/tuning.hpp"

namespace sluice::config {

const Setting<Size> tune_bufsize{{
    .name = "tune.bufsize", .args = "<size>", .sections = in::global, .initial = {16384}, .min = 1024, .max = 1 << 28,
    .doc = "The size of a buffer. A message head must fit in it and leave tune.maxrewrite free."}};
const Setting<Size> tune_bufsize_large{{
    .name = "tune.bufsize.large", .args = "<size>", .sections = in::global, .min = 1024, .max = 1 << 28,
    .doc = "The size of the buffers that bodies move to which do not fit in one of tune.bufsize, where a rule asks for it "
           "(use-large-buffer). There are none by default."}};
const Setting<Size> tune_maxrewrite{{
    .name = "tune.maxrewrite", .args = "<size>", .sections = in::global, .initial = {1024}, .max = 1 << 28,
    .doc = "What of a buffer a message head must leave free, at most half of it; the largest head is tune.bufsize without this."}};
const Setting<Size> tune_pipesize{{
    .name = "tune.pipesize", .args = "<size>", .sections = in::global, .max = 1 << 30,
    .doc = "The size of the pipes used to forward bodies without copying."}};
const Setting<Size> tune_rcvbuf_client{{
    .name = "tune.rcvbuf.client", .args = "<size>", .sections = in::global, .max = 1 << 30,
    .doc = "The kernel's receive buffer of client connections."}};
const Setting<Size> tune_sndbuf_client{{
    .name = "tune.sndbuf.client", .args = "<size>", .sections = in::global, .max = 1 << 30,
    .doc = "The kernel's send buffer of client connections."}};
const Setting<Size> tune_rcvbuf_server{{
    .name = "tune.rcvbuf.server", .args = "<size>", .sections = in::global, .max = 1 << 30,
    .doc = "The kernel's receive buffer of connections to servers."}};
const Setting<Size> tune_sndbuf_server{{
    .name = "tune.sndbuf.server", .args = "<size>", .sections = in::global, .max = 1 << 30,
    .doc = "The kernel's send buffer of connections to servers."}};
const Setting<Size> tune_sndbuf_logs{{
    .name = "tune.sndbuf.backend", .args = "<size>", .sections = in::global, .max = 1 << 30,
    .doc = "The kernel's send buffer of the sockets that log lines leave by as datagrams (UDP, UNIX)."}};
const Setting<std::uint32_t> tune_http_maxhdr{{
    .name = "tune.http.maxhdr", .args = "<number>", .sections = in::global, .initial = 101, .min = 1, .max = 32767,
    .doc = "The largest number of header fields of a message."}};
const Setting<std::uint16_t> tune_http_cookielen{{
    .name = "tune.http.cookielen", .args = "<number>", .sections = in::global, .initial = 63, .min = 1, .max = 32767,
    .doc = "The most that `capture cookie` keeps of a cookie, whatever its len says."}};
const Setting<Size> tune_vars_sess{{
    .name = "tune.vars.sess-max-size", .args = "<size>", .sections = in::global,
    .doc = "Bytes that the variables of a session may take, those of its transactions, requests and responses included; 0 is no limit."}};
const Setting<Size> tune_vars_txn{{
    .name = "tune.vars.txn-max-size", .args = "<size>", .sections = in::global,
    .doc = "Bytes that the variables of a transaction may take, those of its request and response included; 0 is no limit."}};
const Setting<Size> tune_vars_reqres{{
    .name = "tune.vars.reqres-max-size", .args = "<size>", .sections = in::global,
    .doc = "Bytes that the variables of a request or a response may take; 0 is no limit."}};
const Setting<Size> tune_vars_check{{
    .name = "tune.vars.check-max-size", .args = "<size>", .sections = in::global,
    .doc = "Bytes that the variables of scope check may take in one health check; 0 is no limit."}};
const Setting<Size> tune_vars_proc{{
    .name = "tune.vars.proc-max-size", .args = "<size>", .sections = in::global,
    .doc = "Bytes that the variables of scope proc and those of all sessions may take together; 0 is no limit."}};
const Setting<Size> tune_vars_global{{
    .name = "tune.vars.global-max-size", .args = "<size>", .sections = in::global,
    .doc = "Bytes that all variables may take together, those of health checks included; 0 is no limit."}};
const Setting<Size> tune_unsent_client{{
    .name = "tune.notsent-lowat.client", .args = "<size>", .sections = in::global, .max = 1 << 30,
    .doc = "How many bytes the kernel keeps for a client that are not on their way yet."}};
const Setting<Size> tune_unsent_server{{
    .name = "tune.notsent-lowat.server", .args = "<size>", .sections = in::global, .max = 1 << 30,
    .doc = "How many bytes the kernel keeps for a server that are not on their way yet."}};
const Setting<std::int32_t> tune_maxaccept{{
    .name = "tune.maxaccept", .args = "<number>", .sections = in::global, .initial = 16, .min = -1, .max = 100000,
    .doc = "How many connections a worker accepts before it looks after the others; -1 is no limit."}};

}  // namespace sluice::config
