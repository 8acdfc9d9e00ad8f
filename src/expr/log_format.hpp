// LogFormat (manual 8.2.6): a text with %aliases, %[expressions] and %{flags}, compiled once. Used for log lines, header
// values, redirects, bodies, unique-id, backend names. Immutable; any worker may write with it; no heap: texts made on the
// way are in the scope's arena.
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "expr/expression.hpp"
#include "expr/writer.hpp"

namespace sluice::expr {

// How one item is written; also given to aliases that write themselves.
struct LogStyle {
  enum class Encoding : std::uint8_t { text, json, cbor };
  Encoding encoding = Encoding::text;
  bool quoted = false;      // +Q
  bool hex = false;         // +X: addresses, ports, %Ts, %rt and %pid
  bool escaped = false;     // +E
  bool binary = false;      // +bin: bytes as they are
  bool mandatory = false;   // +M: "-" for what is empty
  bool http = false;        // values of HTTP headers and the like, not log lines
};
// A sample as `style` wants it; no sample: what stands for "nothing" there.
void write_sample(Writer& to, const Sample& sample, const LogStyle& style, Arena& arena);
// A text as `style` wants it: quoted, escaped, "-" if empty. What aliases use for their parts.
void write_text(Writer& to, std::string_view text, const LogStyle& style);
// Several texts: separated by blanks, or as an array.
void write_list(Writer& to, std::span<const std::string_view> texts, const LogStyle& style);

class LogFormat {
 public:
  // http: header values, redirects, bodies: nothing stands for empty items, and expressions are never quoted (as 2.6 has it).
  // variable: what set-var-fmt makes, the same but for the quotes. unique_id: the same as http, but blanks separate as in logs.
  enum class For : std::uint8_t { log, http, variable, unique_id };
  // One word is the format. Nothing: diagnosed, caret inside the word.
  static std::optional<LogFormat> parse(config::Line& line, Compiler& compiler, For purpose);
  static std::optional<LogFormat> parse(std::string_view text, Compiler& compiler, For purpose, std::string* error = nullptr);

  // Appends to `to`, cutting at its end.
  void write(const Scope& scope, Writer& to) const;
  // In the arena. The most it can be is `limit` bytes.
  std::string_view text(const Scope& scope, std::size_t limit = 16384) const;

  std::string_view source() const { return source_; }
  // The text if nothing in it depends on traffic.
  std::optional<std::string_view> constant() const;
  // Is there an item of this name, an alias or a fetch?
  bool mentions(std::string_view name) const;
  // An alias that means something in mode http only.
  std::optional<std::string_view> item_of_http() const;
  bool needs_http() const;

 private:
  struct Item {
    std::string literal;                     // if nothing below is set
    std::optional<Expression> expression;
    std::unique_ptr<BoundFetch> value;       // of an alias
    const LogAlias* alias = nullptr;
    std::string name;                        // %(name)...
    Type as = Type::none;                    // %(name:type)
    LogStyle style;
  };
  friend class LogFormatParser;
  void write_item(const Item& item, const Scope& scope, Writer& to) const;
  void write_named(const Scope& scope, Writer& to) const;
  static bool vanishes(const Item& item);
  Sample sample_of(const Item& item, const Scope& scope) const;

  std::vector<Item> items_;
  LogStyle global_;
  std::string source_;
};

}  // namespace sluice::expr
