#include "admin/stats_request.hpp"

#include <gtest/gtest.h>

namespace sluice::admin {
namespace {

TEST(StatsRequest, readsOptionsInAnyOrder) {
  const StatsRequest request = parse_stats_request(";norefresh;csv;up;no-maint;st=DONE");
  EXPECT_EQ(request.format, StatsFormat::csv);
  EXPECT_TRUE(request.hide_down && request.hide_maintenance && request.no_refresh);
  EXPECT_EQ(request.outcome, "DONE");
  EXPECT_EQ(view_options(request), ";up;no-maint;norefresh");
  EXPECT_EQ(parse_stats_request(";json-schema").format, StatsFormat::schema);
  EXPECT_EQ(parse_stats_request(";json").format, StatsFormat::json);
  EXPECT_EQ(parse_stats_request(";typed").format, StatsFormat::typed);
  EXPECT_EQ(parse_stats_request("").format, StatsFormat::html);
}

TEST(StatsRequest, whatIsShownAgainHasNoMarkup) {
  EXPECT_EQ(parse_stats_request("?scope=a%3Cb%3E%22").name_part, "ab");
  EXPECT_EQ(parse_stats_request(";scope=web_1.x;csv").name_part, "web_1.x");
  EXPECT_EQ(parse_stats_request(";xscope=web").name_part, "");
  EXPECT_EQ(parse_stats_request(";scope=" + std::string(500, 'a')).name_part.size(), 64u);
}

TEST(StatsForm, decodesFields) {
  const StatsForm form = parse_stats_form("s=web+1&b=%2312&s=web%2F2&action=drain&other=x");
  EXPECT_EQ(form.backend, "#12");
  EXPECT_EQ(form.action, "drain");
  EXPECT_EQ(form.servers, (std::vector<std::string>{"web 1", "web/2"}));
  EXPECT_FALSE(parse_stats_form("s=x").has_action);
  EXPECT_TRUE(parse_stats_form("action=").has_action);
  EXPECT_EQ(parse_stats_form("s=%4").servers, (std::vector<std::string>{"%4"}));
}

}  // namespace
}  // namespace sluice::admin
