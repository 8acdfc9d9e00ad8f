#include "admin/stats_json_schema.hpp"

namespace sluice::admin {

std::string_view stats_json_schema() {
  return R"({"$schema":"http://json-schema.org/draft-04/schema#","title":"Statistics",)"
         R"("anyOf":[{"title":"Info","type":"array","items":{"$ref":"#/definitions/item"}},)"
         R"({"title":"Stat","type":"array","items":{"type":"array","items":{"$ref":"#/definitions/statItem"}}}],)"
         R"("definitions":{)"
         R"("field":{"type":"object","properties":{"pos":{"type":"integer","minimum":0},"name":{"type":"string"}},"required":["pos","name"]},)"
         R"("tags":{"type":"object","properties":{)"
         R"("origin":{"enum":["Metric","Status","Key","Config","Product","Unknown"]},)"
         R"("nature":{"enum":["Gauge","Limit","Min","Max","Rate","Counter","Duration","Age","Time","Name","Output","Avg","Unknown"]},)"
         R"("scope":{"enum":["Cluster","Process","Service","System","Unknown"]}},"required":["origin","nature","scope"]},)"
         R"("value":{"oneOf":[)"
         R"({"type":"object","properties":{"type":{"enum":["s32","s64","u32","u64"]},"value":{"type":"integer"}},"required":["type","value"]},)"
         R"({"type":"object","properties":{"type":{"enum":["str"]},"value":{"type":"string"}},"required":["type","value"]}]},)"
         R"("item":{"type":"object","properties":{"field":{"$ref":"#/definitions/field"},"processNum":{"type":"integer","minimum":1},)"
         R"("tags":{"$ref":"#/definitions/tags"},"value":{"$ref":"#/definitions/value"}},"required":["field","processNum","tags","value"]},)"
         R"("statItem":{"allOf":[{"$ref":"#/definitions/item"},{"properties":{)"
         R"("objType":{"enum":["Frontend","Backend","Listener","Server"]},"proxyId":{"type":"integer","minimum":0},)"
         R"("id":{"type":"integer","minimum":0}},"required":["objType","proxyId","id"]}]}}})"
         "\n";
}

}  // namespace sluice::admin
