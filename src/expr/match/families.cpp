// ACL keywords that are a fetch and a match (manual 7.3: "ACL derivatives").
#include "expr/entries.hpp"

namespace sluice::expr {
namespace {

const catalog::Add base{AclFamily{.name = "base", .fetch = "base", .matches = {"str", "beg", "dir", "dom", "end", "len", "reg", "sub"}, .doc = "Host and path."}};
const catalog::Add cook{AclFamily{.name = "cook", .fetch = "req.cook", .matches = {"str", "beg", "dir", "dom", "end", "len", "reg", "sub"}, .doc = "A cookie of the request."}};
const catalog::Add hdr{AclFamily{.name = "hdr", .fetch = "req.hdr", .matches = {"str", "beg", "dir", "dom", "end", "len", "reg", "sub"}, .doc = "A header of the request."}};
const catalog::Add path{AclFamily{.name = "path", .fetch = "path", .matches = {"str", "beg", "dir", "dom", "end", "len", "reg", "sub"}, .doc = "The path of the request."}};
const catalog::Add scook{AclFamily{.name = "scook", .fetch = "res.cook", .matches = {"str", "beg", "dir", "dom", "end", "len", "reg", "sub"}, .doc = "A cookie the response sets."}};
const catalog::Add shdr{AclFamily{.name = "shdr", .fetch = "res.hdr", .matches = {"str", "beg", "dir", "dom", "end", "len", "reg", "sub"}, .doc = "A header of the response."}};
const catalog::Add url{AclFamily{.name = "url", .fetch = "url", .matches = {"str", "beg", "dir", "dom", "end", "len", "reg", "sub"}, .doc = "The request target."}};
const catalog::Add urlp{AclFamily{.name = "urlp", .fetch = "urlp", .matches = {"str", "beg", "dir", "dom", "end", "len", "reg", "sub"}, .doc = "A parameter of the query string."}};
const catalog::Add method{AclFamily{.name = "method", .fetch = "method", .matches = {"str"}, .doc = "The request method."}};
const catalog::Add payload{AclFamily{.name = "payload", .fetch = "req.payload", .matches = {"bin"}, .doc = "Bytes of the request buffer."}};
const catalog::Add payload_lv{AclFamily{.name = "payload_lv", .fetch = "req.payload_lv", .matches = {"bin"}, .doc = "Bytes of the request buffer with a length before them."}};
const catalog::Add req_ssl{AclFamily{.name = "req.ssl_ver", .fetch = "req.ssl_ver", .matches = {"int"}, .doc = "The TLS version of a client hello."}};
const catalog::Add req_rdp_cookie{AclFamily{.name = "req_rdp_cookie", .fetch = "req.rdp_cookie", .matches = {"str"}, .doc = "The RDP cookie."}};
const catalog::Add req_rdp_cookie_cnt{AclFamily{.name = "req_rdp_cookie_cnt", .fetch = "req.rdp_cookie_cnt", .matches = {"int"}, .doc = "How many RDP cookies there are."}};
const catalog::Add req_ssl_sni{AclFamily{.name = "req_ssl_sni", .fetch = "req.ssl_sni", .matches = {"str"}, .doc = "The server name of a client hello."}};
const catalog::Add req_ssl_ver{AclFamily{.name = "req_ssl_ver", .fetch = "req.ssl_ver", .matches = {"int"}, .doc = "The TLS version of a client hello."}};
const catalog::Add req_ver{AclFamily{.name = "req_ver", .fetch = "req.ver", .matches = {"str"}, .doc = "The HTTP version of the request."}};
const catalog::Add resp_ver{AclFamily{.name = "resp_ver", .fetch = "res.ver", .matches = {"str"}, .doc = "The HTTP version of the response."}};
const catalog::Add ssl_fc_sni{AclFamily{.name = "ssl_fc_sni", .fetch = "ssl_fc_sni", .matches = {"end", "reg"}, .doc = "The server name the client asked for."}};

}  // namespace
}  // namespace sluice::expr
