// table_avl table_cnt: how full a table is.
#include "table/argument.hpp"

namespace sluice::table {
namespace {
using catalog::Add;
using catalog::typed;
using expr::Fetch;
using expr::Int;

Int table_avl(expr::Ambient& ambient, const TableArg& table) { return static_cast<Int>(table.table->available(ambient.now())); }
Int table_cnt(expr::Ambient& ambient, const TableArg& table) { return static_cast<Int>(table.table->used(ambient.now())); }

const Add avl{Fetch{.name = "table_avl", .args = {"table"}, .run = typed<table_avl>,
                    .doc = "How many more entries the table can hold, by default that of the proxy the expression stands in.",
    .examples = {{"table_avl(farm)", "9"}}}};
const Add cnt{Fetch{.name = "table_cnt", .args = {"table"}, .run = typed<table_cnt>,
                    .doc = "How many entries the table holds, by default that of the proxy the expression stands in.",
    .examples = {{"table_cnt(farm)", "1"}}}};
}  // namespace
}  // namespace sluice::table
