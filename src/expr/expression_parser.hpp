// ExpressionParser: reads `fetch(args),converter(args),...` out of a text and stops where the expression ends, so that
// it serves whole words as well as the inside of %[...]. Lives for one parse; private to expr.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "expr/expression.hpp"

namespace sluice::expr {

class ExpressionParser {
 public:
  ExpressionParser(std::string_view text, std::size_t at, Compiler& compiler) : compiler_(compiler), text_(text), at_(at) {}

  // Parses from at() on; nothing: error() says why.
  std::optional<Expression> parse();
  // More converters, for an expression that goes on in the next word.
  bool parse_converters(Expression& expression);
  std::size_t at() const { return at_; }

  struct Trouble {
    std::string text;
    std::string suggestion;
    std::size_t at = 0;
    std::size_t width = 1;
  };
  const Trouble& error() const { return error_; }
  // The name standing at `at`, up to what cannot belong to a name.
  static std::string_view name_at(std::string_view text, std::size_t at);

 private:
  bool read_arguments(std::string_view name, std::size_t least);
  bool complain(std::size_t at, std::size_t width, std::string text, std::string suggestion = {});
  bool complain(const catalog::ArgumentError& error, std::string_view kind, std::string_view name, const Names& names);
  bool add_fetch(Expression& expression);
  bool add_converter(Expression& expression);

  Compiler& compiler_;
  std::string_view text_;
  std::size_t at_;
  std::vector<std::string> arguments_;
  std::vector<std::size_t> argument_places_;
  Trouble error_;
};

}  // namespace sluice::expr
