// The `tune.*` settings that are honoured (manual, section 3.2).
#pragma once
#include <cstdint>

#include "config/setting.hpp"

namespace sluice::config {

extern const Setting<Size> tune_bufsize;
extern const Setting<Size> tune_bufsize_large;  // 0: there are none
extern const Setting<Size> tune_maxrewrite;
extern const Setting<Size> tune_pipesize;  // 0: 256 KB
extern const Setting<Size> tune_rcvbuf_client, tune_sndbuf_client, tune_rcvbuf_server, tune_sndbuf_server, tune_sndbuf_logs;  // 0: the kernel's
extern const Setting<std::uint32_t> tune_http_maxhdr;
extern const Setting<std::uint16_t> tune_http_cookielen;
extern const Setting<Size> tune_vars_sess, tune_vars_txn, tune_vars_reqres, tune_vars_check, tune_vars_proc, tune_vars_global;  // 0: no limit
extern const Setting<Size> tune_unsent_client, tune_unsent_server;           // 0: the kernel's
extern const Setting<std::int32_t> tune_maxaccept;  // -1: no limit

}  // namespace sluice::config
