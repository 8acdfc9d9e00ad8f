// in_table table_expire table_idle table_server_id: what a table knows of the value; none of them counts as use.
#include "table/argument.hpp"

namespace sluice::table {
namespace {
using catalog::Add;
using catalog::typed;
using expr::Ambient;
using expr::Converter;
using expr::Int;
using expr::Sample;

std::optional<Table::Found> found(const Sample& value, Ambient& ambient, Arena& arena, const TableArg& table) {
  const auto key = table.table->key_of(value, arena);
  return key ? table.table->look_up(*key, ambient.now()) : std::nullopt;
}

bool in_table(Sample in, Ambient& ambient, Arena& arena, const TableArg& table) {
  return found(in, ambient, arena, table).has_value();
}
Int table_server_id(Sample in, Ambient& ambient, Arena& arena, const TableArg& table) {
  const auto entry = found(in, ambient, arena, table);
  return entry ? entry->affinity.server_id : 0;
}
std::optional<Int> table_expire(Sample in, Ambient& ambient, Arena& arena, const TableArg& table, std::optional<Int> fallback) {
  const auto entry = found(in, ambient, arena, table);
  return entry ? std::optional<Int>(entry->left.ms()) : fallback;
}
std::optional<Int> table_idle(Sample in, Ambient& ambient, Arena& arena, const TableArg& table, std::optional<Int> fallback) {
  const auto entry = found(in, ambient, arena, table);
  return entry ? std::optional<Int>(entry->idle.ms()) : fallback;
}

const Add in{Converter{.name = "in_table", .args = {"table"}, .run = typed<in_table>, .in = expr::Type::any,
                       .doc = "True if the table has an entry for the value.",
    .examples = {{"str(known),in_table(farm)", "1"}, {"str(other),in_table(farm)", "0"}}}};
const Add server_id{Converter{.name = "table_server_id", .args = {"table"}, .run = typed<table_server_id>, .in = expr::Type::any,
                              .doc = "The number of the server that is stored for the value, 0 if none is.",
    .examples = {{"str(known),table_server_id(farm)", "1"}, {"str(other),table_server_id(farm)", "0"}}}};
const Add expire{Converter{.name = "table_expire", .args = {"table", "default"}, .run = typed<table_expire>, .in = expr::Type::any,
                           .doc = "In how many milliseconds the value's entry is forgotten; without an entry the default, or nothing.",
    .examples = {{"str(known),table_expire(farm),div(3000000)", "1"}, {"str(other),table_expire(farm)", catalog::undefined}, {"str(other),table_expire(farm,-1)", "-1"}}}};
const Add idle{Converter{.name = "table_idle", .args = {"table", "default"}, .run = typed<table_idle>, .in = expr::Type::any,
                         .doc = "For how many milliseconds the value's entry has not been used; without an entry the default, or nothing.",
    .examples = {{"str(known),table_idle(farm),div(5000)", "0"}, {"str(other),table_idle(farm)", catalog::undefined}}}};
}  // namespace
}  // namespace sluice::table
