#include "backend/server_formats.hpp"

#include "expr/compiler.hpp"

namespace sluice::backend {
namespace {

std::unique_ptr<ServerFormats> compile(const ServerSettings& settings, expr::Compiler& compiler) {
  auto formats = std::make_unique<ServerFormats>();
  if (settings.pool_name) {
    config::Line line = *settings.pool_name;
    formats->pool_name = expr::Expression::parse(line, compiler);
  }
  if (!settings.tlvs) return formats;
  for (const TlvLine& one : *settings.tlvs) {
    config::Line line = one.format;
    if (auto format = expr::LogFormat::parse(line, compiler, expr::LogFormat::For::http))
      formats->tlvs.emplace_back(one.type, std::move(*format));
  }
  return formats;
}

}  // namespace

void compile_formats(Backend& backend, expr::Compiler& compiler) {
  const expr::EvaluatedAt here(compiler, bit(expr::Checkpoint::backend_request));
  for (const auto& server : backend.servers())
    if (server->settings().pool_name || server->settings().tlvs) server->set_formats(compile(server->settings(), compiler));
}

std::string_view pool_name_of(const Server& server, const expr::Scope& scope) {
  const ServerFormats* const formats = server.formats();
  if (!formats || !formats->pool_name) return {};
  return formats->pool_name->text(scope).value_or(std::string_view());
}

}  // namespace sluice::backend
