#include <gtest/gtest.h>

#include <fstream>

#include "unit/expr/world.hpp"

namespace sluice::expr {
namespace {

struct Case {
  std::string_view words;
  std::string_view result;
};

class Conditions : public testing::TestWithParam<Case> {};
TEST_P(Conditions, evaluate) {
  World world;
  ASSERT_EQ(world.acl("img path_beg /img /static"), "");
  ASSERT_EQ(world.acl("img hdr_beg(host) static."), "");
  ASSERT_EQ(world.acl("local src 127.0.0.0/8"), "");
  EXPECT_EQ(world.condition(GetParam().words), GetParam().result) << GetParam().words;
}
INSTANTIATE_TEST_SUITE_P(
    All, Conditions,
    testing::Values(
        Case{"if img", "yes"}, Case{"if !img", "no"}, Case{"unless img", "no"}, Case{"if ! local img", "yes"},
        Case{"if local or img", "yes"}, Case{"if local || !img", "no"}, Case{"if !!img", "yes"},
        Case{"if { path_beg /img }", "yes"}, Case{"if !{ path_beg /img }", "no"},
        Case{"if { path_end .PNG }", "no"}, Case{"if { path_end -i .PNG }", "yes"},
        Case{"if { path -m reg ^/img/.*[.]png$ }", "yes"}, Case{"if { path_reg -i ^/IMG }", "yes"},
        Case{"if { path_sub ogo }", "yes"}, Case{"if { path_dir img }", "yes"}, Case{"if { path_dir im }", "no"},
        Case{"if { path_dir /img/logo.png }", "yes"}, Case{"if { path_dom logo }", "yes"},
        Case{"if { hdr_dom(host) example.com }", "yes"}, Case{"if { hdr_dom(host) xample.com }", "no"},
        Case{"if { hdr(x-list) two }", "yes"}, Case{"if { hdr(x-list) four }", "no"},
        Case{"if { req.fhdr(x-list) two }", "no"}, Case{"if { hdr_cnt(x-list) 3 }", "yes"},
        Case{"if { hdr_cnt(x-list) gt 2 }", "yes"}, Case{"if { hdr_cnt(x-list) lt 3 }", "no"},
        Case{"if { hdr_cnt(x-list) 1:2 4: }", "no"}, Case{"if { src_port 1024:65535 }", "yes"},
        Case{"if { path_len 13 }", "yes"}, Case{"if { path_len ge 14 }", "no"},
        Case{"if { src 192.0.2.0/24 }", "yes"}, Case{"if { src 10.0.0.0/8 192.0.2.7 }", "yes"},
        Case{"if { src ::ffff:192.0.2.0/120 }", "yes"}, Case{"if { src 192.0/16 }", "yes"},
        Case{"if { req.cook(a) 1 }", "yes"}, Case{"if { cook(a) -m found }", "yes"}, Case{"if { cook(zz) -m found }", "no"},
        Case{"if { req.hdr_val(x-n) -m bool }", "yes"}, Case{"if { path,lower,length 13 }", "yes"},
        Case{"if { path -m bin 2f696d672f6c6f676f2e706e67 }", "yes"}, Case{"if { method GET POST }", "yes"},
        Case{"if { url_param(a) 1 } { req.ver 1.1 }", "yes"}, Case{"if { src,ipmask(24) 192.0.2.0 }", "yes"},
        Case{"if { var(txn.number) -m int ge 10 }", "yes"}, Case{"if { var(txn.unset) -m found }", "no"},
        Case{"if METH_GET", "yes"}, Case{"if METH_POST", "no"}, Case{"if TRUE", "yes"}, Case{"if FALSE", "no"},
        Case{"if HTTP", "yes"}, Case{"if HTTP_1.1", "yes"}, Case{"if HTTP_1.0", "no"}, Case{"if LOCALHOST", "no"},
        Case{"if HTTP_URL_SLASH", "yes"}, Case{"if HTTP_URL_STAR", "no"}, Case{"if HTTP_URL_ABS", "no"},
        Case{"if HTTP_CONTENT", "no"}, Case{"if WAIT_END", "yes"},
        // What is wrong is said.
        Case{"if imgs", "error: no such ACL: 'imgs'"}, Case{"if", "no"}, Case{"unless", "yes"},
        Case{"if img or", "yes"}, Case{"if or img", "yes"}, Case{"unless img or", "no"}, Case{"if FALSE or or", "no"},
        Case{"if { path_beg /img", "error: '}' is missing behind the anonymous ACL"},
        Case{"if { pathbeg /img }", "error: unknown fetch method 'pathbeg'"},
        Case{"if { path_beg,nothing /img }", "error: unknown converter 'nothing'"},
        Case{"if { path -m nothing /img }", "error: unknown match method 'nothing'"},
        Case{"if { hdr_cnt(host) many }", "error: 'many' is neither a number nor a range of numbers"},
        Case{"if { req.payload(0,3) abc }", "error: 'req.payload(0,3)' gives bin: say with '-m <method>' how to match it"}));

TEST(Condition, readsPatternFiles) {
  const std::string path = testing::TempDir() + "sluice_patterns.lst";
  std::ofstream(path) << "# comment\n\n  /img\r\n/other\n";
  World world;
  EXPECT_EQ(world.condition("if { path_beg -f " + path + " }"), "yes");
  EXPECT_EQ(world.condition("if { path -f " + path + " }"), "no");
  EXPECT_EQ(world.condition("if { path -i -f " + path + " /IMG/LOGO.PNG }"), "yes");
  EXPECT_TRUE(world.condition("if { path -f /no/such/file }").starts_with("error: cannot open '/no/such/file'"));
}

TEST(Condition, manyPatternsAreFoundByHash) {
  World world;
  std::string words = "if { path_beg";
  for (int i = 0; i < 500; ++i) words += " /p" + std::to_string(i) + "/";
  EXPECT_EQ(world.condition(words + " }"), "no");
  EXPECT_EQ(world.condition(words + " /img/ }"), "yes");
  EXPECT_EQ(world.condition(words + " -- }"), "no");
}

TEST(Condition, waitsForBytesThatMayCome) {
  World world;
  world.bytes = {"\0\4ab", false};
  config::Diagnostics diagnostics;
  config::Line line = line_of("if { req.payload(0,6) -m found }", diagnostics);
  const auto condition = Condition::parse(line, world.compiler);
  ASSERT_TRUE(condition);
  EXPECT_EQ(condition->test(world.scope), Verdict::later);
  world.bytes.complete = true;
  EXPECT_EQ(condition->test(world.scope), Verdict::no);
  world.bytes.bytes = std::string_view("\0\4abcd", 6);
  EXPECT_EQ(condition->test(world.scope), Verdict::yes);
}

TEST(Condition, showsItsStructure) {
  World world;
  ASSERT_EQ(world.acl("a path_beg -i /x /y"), "");
  config::Diagnostics diagnostics;
  config::Line line = line_of("if a", diagnostics);
  auto condition = Condition::parse(line, world.compiler);
  ASSERT_TRUE(condition);
  const AclTest* const test = condition->single_test();
  ASSERT_TRUE(test);
  EXPECT_EQ(test->match(), "beg");
  EXPECT_EQ(test->expression().source(), "path");
  ASSERT_EQ(test->uses().size(), 1u);
  const auto patterns = test->uses()[0].store().list(0, 9);
  ASSERT_EQ(patterns.size(), 2u);
  EXPECT_EQ(patterns[1].key, "/y");
  EXPECT_EQ(test->uses()[0].how().letters, Letters::any_case);
  EXPECT_FALSE(condition->drop_impossible(bit(Checkpoint::frontend_request)));
  EXPECT_TRUE(condition->single_test());
  EXPECT_EQ(condition->drop_impossible(bit(Checkpoint::frontend_connection)), "path");
  EXPECT_FALSE(condition->single_test());
}

}  // namespace
}  // namespace sluice::expr
