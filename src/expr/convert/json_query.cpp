// json_query (manual 7.3.1).
#include "expr/json.hpp"

#include "expr/entries.hpp"

namespace sluice::expr {
namespace {
using catalog::typed;
using catalog::undefined;

const catalog::Add entry{Converter{.name = "json_query", .args = {"json_path", "output_type"}, .run = typed<json_query>, .out = Type::any,
    .doc = "The value at {json_path} of a JSON text: strings, numbers, booleans and (as text) arrays.",
    .examples = {{"str('{\"a\":{\"b\":[1,2,{\"c\":true}]}}'),json_query('$.a.b[2].c')", "1"},
                 {"str('{\"s\":\"te\\\"xt\"}'),json_query('$.s')", "te\"xt"}, {"str('{\"i\":41}'),json_query('$.i','int'),add(1)", "42"},
                 {"str('{\"n\":1.5}'),json_query('$.n')", "1.5"}, {"str('{\"my.key\":\"v\"}'),json_query('$.my\\.key')", "v"},
                 {"str('{\"a\":1}'),json_query('$.b')", undefined}, {"str('{\"a\":'),json_query('$.a')", undefined}}}};
}  // namespace
}  // namespace sluice::expr
