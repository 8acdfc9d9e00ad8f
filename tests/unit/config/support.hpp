// Short forms for the tests of the configuration language.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "config/lexer.hpp"
#include "config/load.hpp"

namespace sluice::config::test {

// One diagnostic as a line: "alert 2:3+4 what is said; what is suggested".
inline std::string brief(const Diagnostic& d) {
  static constexpr std::string_view names[] = {"diag", "notice", "warning", "alert"};
  std::string out = fmt::format("{} ", names[static_cast<std::size_t>(d.severity)]);
  if (d.place) out += fmt::format("{}:{}+{} ", d.place.line, d.place.column, d.place.width);
  out += d.text;
  if (!d.suggestion.empty()) out += "; " + d.suggestion;
  return out;
}

inline std::string brief(const Diagnostics& all) {
  std::string out;
  for (const Diagnostic& d : all.all()) out += brief(d) + "\n";
  return out;
}

inline Environment variables() {
  Environment out;
  out.set("A", "x y  z");
  out.set("NAME", "web");
  out.set("EMPTY", "");
  return out;
}

// The statements of a text, words separated by '|', statements by a newline; then what was said.
inline std::string cut(std::string text) {
  Sources sources;
  Diagnostics said(sources);
  const Environment environment = variables();
  Lexer lexer(sources.add("t.cfg", std::move(text)), environment, said);
  std::string out;
  while (const auto words = lexer.next()) {
    for (std::size_t i = 0; i < words->size(); ++i) out += (i > 0 ? "|" : "") + (*words)[i].text;
    out += '\n';
  }
  return out + brief(said);
}

struct Loaded {
  Diagnostics said;
  std::shared_ptr<const Config> config;
};

inline Loaded load_text(std::string text) {
  Loaded out;
  LoadOptions options{.environment = variables(),
                      .facts = {.version = "3.5.0", .features = {"OPENSSL", "PCRE2"}, .enabled = {"EPOLL"},
                                .ssl_library = "OpenSSL 3.0.17 1 Jul 2025"}};
  out.config = load({{"t.cfg", std::move(text)}}, std::move(options), out.said);
  return out;
}

// What a configuration makes it say.
inline std::string said(std::string text) { return brief(load_text(std::move(text)).said); }

}  // namespace sluice::config::test
