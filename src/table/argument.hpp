// The name of a table as an argument of fetches and converters; left out, it is the table of the proxy the expression
// stands in.
#pragma once
#include "expr/entries.hpp"
#include "table/table.hpp"

namespace sluice::table {

struct TableArg {
  const Table* table = nullptr;
};

}  // namespace sluice::table

namespace sluice::catalog {
template <>
struct Argument<table::TableArg> {
  static constexpr std::string_view name = "table";
  static std::expected<table::TableArg, std::string> read(std::string_view text, expr::Compiler& compiler) {
    const table::Table* const found = compiler.find_table ? compiler.find_table(text) : nullptr;
    if (!found) return std::unexpected(fmt::format("unable to find stick-table '{}'", text));
    return table::TableArg{found};
  }
  static std::expected<table::TableArg, std::string> left_out(expr::Compiler& compiler) { return read(compiler.proxy, compiler); }
};
template <>
struct IsDefaulted<table::TableArg> : std::true_type {};
}  // namespace sluice::catalog
