// One request and its answer with everything around them, fixed, so that every example of a catalog entry has one result.
#pragma once
#include "config/userlist.hpp"
#include "expr/compiler.hpp"
#include "expr/condition.hpp"
#include "expr/expression.hpp"
#include "expr/log_format.hpp"
#include "http/message.hpp"
#include "net/address.hpp"
#include "net/syslog_ring.hpp"

namespace sluice::expr {

class FixedAmbient : public Ambient {
 public:
  FixedAmbient() {
    hostname = node = "host1";
    pid = 4711;
  }
  Instant now() const override { return {90'000'000}; }
  WallTime wall() const override { return {1'600'000'000'123'456}; }
  std::uint64_t random() override { return state_ = state_ * 6364136223846793005u + 1442695040888963407u; }

 private:
  std::uint64_t state_ = 1;
};

struct World {
  World() {
    request.set_method("GET");
    request.set_uri("/img/logo.png?a=1&b=x%20y");
    const std::pair<const char*, const char*> headers[] = {
        {"Host", "www.example.com"}, {"X-List", "one, two"}, {"X-List", "three"}, {"Cookie", "a=1; b=2; a=3"},
        {"X-Forwarded-For", "203.0.113.9"}, {"X-N", "42"}, {"User-Agent", "t/1"}};
    for (const auto& [name, value] : headers) request.fields.add(name, value);
    response.set_status(200);
    response.fields.add("Server", "test");
    response.fields.add("Content-Length", "5");
    response.fields.add("Set-Cookie", "s=1; path=/");
    client.source = client.real_source = &source;
    client.destination = client.real_destination = &destination;
    client.frontend = "web";
    client.frontend_id = 2;
    client.listener = "main";
    client.listener_id = 3;
    client.accepted_at = ambient.wall();
    scope.arena = &arena;
    scope.ambient = &ambient;
    scope.variables = &variables;
    scope.client = &client;
    scope.request = &request;
    scope.response = &response;
    scope.captured = &captured;
    scope.request_body = &body;
    scope.request_bytes = &bytes;
    scope.request_captures = captures;
    compiler.variables = &names;
    compiler.files = &files;
    compiler.acls = &acls;
    compiler.find_userlist = [](std::string_view) {
      static const config::Userlist nobody;
      return &nobody;
    };
    compiler.find_ring = [](std::string_view name) { return std::make_shared<net::LogRing>(std::string(name)); };
    variables.names = &names;
    variables.process = &process;
    for (const char* name : {"txn.set", "txn.number", "txn.unset"}) names.intern(name);
    store.begin(arena, 100);
    variables.transaction = &store;
    variables.set(*names.find("txn.set"), Sample::text("value"));
    variables.set(*names.find("txn.number"), Sample::integer(10));
  }

  // What "%[expression]" would print; "<error: ...>" if it does not compile, "<none>" if there is no sample.
  std::string value(std::string_view expression) {
    std::string error;
    const auto compiled = Expression::parse(expression, compiler, &error);
    if (!compiled) return "<error: " + error + ">";
    const Sample sample = compiled->eval(scope);
    if (!sample) return "<none>";
    if (sample.type() == Type::bin) return std::string(sample.view());
    return std::string(compiled->text(scope).value_or("<no text>"));
  }
  // Of a condition such as "if { path_beg /img }".
  std::string condition(std::string_view words) {
    config::Diagnostics diagnostics;
    config::Line line = line_of(words, diagnostics);
    const auto compiled = Condition::parse(line, compiler);
    if (!compiled) return "error: " + (diagnostics.all().empty() ? std::string("?") : diagnostics.all()[0].text);
    return compiled->eval(scope) ? "yes" : "no";
  }
  std::string acl(std::string_view words) {
    config::Diagnostics diagnostics;
    config::Line line = line_of(words, diagnostics);
    if (acls.add(line, compiler)) return {};
    return diagnostics.all().empty() ? "?" : diagnostics.all()[0].text;
  }
  std::string format(std::string_view text, LogFormat::For purpose = LogFormat::For::log) {
    std::string error;
    const auto compiled = LogFormat::parse(text, compiler, purpose, &error);
    if (!compiled) return "<error: " + error + ">";
    return std::string(compiled->text(scope));
  }

  Arena arena;
  FixedAmbient ambient;
  net::Address source = net::Address::ipv4(0xc0000207, 40000);
  net::Address destination = net::Address::ipv4(0xc0000201, 80);
  Client client;
  http::Request request{arena};
  http::Response response{arena};
  CapturedLine captured{"GET", "/img/logo.png?a=1&b=x%20y", "HTTP/1.1"};
  Received body{"q=z&n=7", true};
  Received bytes{std::string_view("\0\4abcd", 6), true};
  std::string_view captures[2] = {"captured", {}};
  VariableNames names;
  VariableStore store;
  ProcessVariables process;
  Variables variables;
  PatternFiles files;
  AclSet acls;
  Compiler compiler;
  Scope scope;
};

}  // namespace sluice::expr
