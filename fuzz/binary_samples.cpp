// Parsers of what clients send in binary: hellos, packets, messages of other protocols, tokens. Any bytes are read without
// reading beyond them.
#include <cstdint>
#include <cstdlib>

#include "unit/expr/world.hpp"

using namespace sluice;
using namespace sluice::expr;

namespace {

constexpr const char* expressions[] = {
    "req.ssl_hello_type", "req.ssl_sni", "req.ssl_alpn", "req.ssl_ver", "req.ssl_st_ext", "req.ssl_keyshare_groups", "req.rdp_cookie",
    "distcc_param(DOTI)", "distcc_body(ARGV,2)", "req.payload(0,0),mqtt_is_valid", "req.payload(0,0),mqtt_field_value(connect,will_payload)",
    "req.payload(0,0),mqtt_field_value(connack,31)", "req.payload(0,0),mqtt_field_value(connect,17)", "req.payload(0,0),fix_is_valid",
    "req.payload(0,0),fix_tag_value(35)", "req.payload(0,0),protobuf(1.2)", "req.payload(0,0),protobuf(1,sint64)", "req.payload(0,0),ungrpc(2,double)",
    "req.payload(0,0),eth.vlan", "req.payload(0,0),eth.data,ip.data,tcp.options_list", "req.payload(0,0),ip.src", "req.payload(0,0),ip.hdr",
    "req.payload(0,0),tcp.options.mss", "req.payload(0,0),tcp.options.tsval", "req.payload(0,0),rfc7239_is_valid", "req.payload(0,0),rfc7239_field(for),rfc7239_n2np",
    "req.payload(0,0),rfc7239_n2nn", "req.payload(0,0),jwt_header_query", "req.payload(0,0),jwt_payload_query('$.a[1].b')", "req.payload(0,0),jwt_verify(HS256,k)",
    "req.payload(0,0),json_query('$.a.b[2]')", "req.payload(0,0),language(en;fr)", "req.payload(0,0),date", "req.payload(0,0),url_dec,json(utf8s)",
    "req.payload(0,0),b64dec,hex", "req.payload(0,0),reverse_dom", "req.payload(0,0),param(a)", "req.payload_lv(0,2)"};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static World* const world = new World;
  static const auto* const compiled = [] {
    auto* const all = new std::vector<Expression>;
    for (const char* const text : expressions) {
      auto expression = Expression::parse(text, world->compiler);
      if (!expression) std::abort();
      all->push_back(std::move(*expression));
    }
    return all;
  }();
  world->bytes = {std::string_view(reinterpret_cast<const char*>(bytes), size), (size & 1) != 0};
  for (const Expression& expression : *compiled) {
    const Sample sample = expression.eval(world->scope);
    if (sample) text_of(sample, world->arena);
  }
  world->arena.reset();
  world->store.begin(world->arena, 100);
  return 0;
}
