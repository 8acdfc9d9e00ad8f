// The statistics page as HTML, row by row: nothing here ever holds more than one row.
#pragma once
#include "admin/column.hpp"
#include "admin/setting/stats_page.hpp"
#include "admin/stats_request.hpp"

namespace sluice::admin {

struct StatsView {
  const StatsPage& page;
  const StatsRequest& request;
  bool admin = false;  // buttons are shown
};

void append_page_head(const StatsView& view, const World& world, Instant now, std::string& out);
// Where a proxy begins and ends; `row` is its first one.
void append_proxy_head(const StatsView& view, const Row& row, std::string& out);
void append_page_row(const StatsView& view, const Row& row, std::string& out);
void append_proxy_foot(const StatsView& view, const Row& last, std::string& out);
void append_page_foot(std::string& out);

}  // namespace sluice::admin
