// Arguments of this layer's fetches: backends, servers and frontends by name, looked up while expressions are compiled.
#pragma once
#include <expected>
#include <string>
#include <string_view>

#include "backend/backend.hpp"
#include "expr/entries.hpp"
#include "proxy/build.hpp"
#include "proxy/frontend.hpp"

namespace sluice::proxy {

struct BackendArg {
  const backend::Backend* backend = nullptr;
};
struct ServerArg {
  const backend::Server* server = nullptr;
};
// A frontend may be made after the expression, so it is looked up when asked for.
struct FrontendArg {
  std::string name;
};

}  // namespace sluice::proxy

namespace sluice::catalog {
template <>
struct Argument<proxy::BackendArg> {
  static constexpr std::string_view name = "backend";
  static std::expected<proxy::BackendArg, std::string> read(std::string_view text, expr::Compiler& compiler) {
    const backend::Backend* const found = compiler.find_backend ? compiler.find_backend(text) : nullptr;
    if (!found) return std::unexpected(fmt::format("unable to find backend '{}'", text));
    return proxy::BackendArg{found};
  }
};
template <>
struct Argument<proxy::ServerArg> {
  static constexpr std::string_view name = "server";
  static std::expected<proxy::ServerArg, std::string> read(std::string_view text, expr::Compiler& compiler) {
    const auto slash = text.find('/');
    const std::string_view backend = slash == text.npos ? std::string_view() : text.substr(0, slash);
    const std::string_view server = slash == text.npos ? text : text.substr(slash + 1);
    const backend::Server* const found = compiler.find_server ? compiler.find_server(backend, server) : nullptr;
    if (!found) return std::unexpected(fmt::format("unable to find server '{}'", text));
    return proxy::ServerArg{found};
  }
};
template <>
struct Argument<proxy::FrontendArg> {
  static constexpr std::string_view name = "frontend";
  static std::expected<proxy::FrontendArg, std::string> read(std::string_view text, expr::Compiler&) {
    return proxy::FrontendArg{std::string(text)};
  }
};
}  // namespace sluice::catalog
