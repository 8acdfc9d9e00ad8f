#include "proxy/rules/rule_index.hpp"

#include <gtest/gtest.h>

#include "unit/expr/world.hpp"

namespace sluice::proxy {
namespace {

struct Rules {
  bool add(std::string_view words) {
    const std::string name = "r" + std::to_string(acls.size());
    EXPECT_EQ(world.acl(name + " " + std::string(words)), "");
    acls.push_back(world.acls.find(name, world.compiler));
    return !RuleIndex::key(*acls.back()).empty();
  }
  void freeze() {
    for (std::uint32_t i = 0; i < acls.size(); ++i) index.add(*acls[i], i);
    index.freeze();
  }
  std::uint32_t find(std::string_view target) {
    world.request.set_uri(target);
    const std::uint32_t found = index.find(acls[0]->tests[0]->expression(), world.scope);
    std::uint32_t in_turn = RuleIndex::none;
    for (std::uint32_t i = 0; i < acls.size() && in_turn == RuleIndex::none; ++i)
      if (acls[i]->eval(world.scope)) in_turn = i;
    EXPECT_EQ(found, in_turn) << target;
    return found;
  }
  expr::World world;
  std::vector<std::shared_ptr<const expr::Acl>> acls;
  RuleIndex index;
};

TEST(RuleIndex, findsTheFirstRuleThatHoldsWhateverItsMatch) {
  Rules rules;
  for (const char* words : {"path_reg ^/a\\d+$", "path_beg /ab /ac", "path -i /EXACT", "path_end .png .jpg", "path_sub xyz", "path_dir dir",
                            "path_reg -i ^/REG /other$", "path_len 7", "path_beg /", "path_reg ^/c1", "path_reg ^/c2"})
    EXPECT_TRUE(rules.add(words)) << words;
  rules.freeze();
  EXPECT_EQ(rules.find("/a77"), 0u);
  EXPECT_EQ(rules.find("/abc"), 1u);
  EXPECT_EQ(rules.find("/acxyz"), 1u);
  EXPECT_EQ(rules.find("/exact"), 2u);
  EXPECT_EQ(rules.find("/dir/x.png"), 3u);
  EXPECT_EQ(rules.find("/0xyz0"), 4u);
  EXPECT_EQ(rules.find("/dir/x"), 5u);
  EXPECT_EQ(rules.find("/regx"), 6u);
  EXPECT_EQ(rules.find("/x/other"), 6u);
  EXPECT_EQ(rules.find("/nothin"), 7u);
  EXPECT_EQ(rules.find("/nothing"), 8u);
  EXPECT_EQ(rules.find("*"), RuleIndex::none);
}

TEST(RuleIndex, leavesAloneWhatItCannotReplace) {
  Rules rules;
  EXPECT_FALSE(rules.add("path -f virt@list"));
  EXPECT_FALSE(rules.add("rand(2) 1"));
  EXPECT_FALSE(rules.add("path -m found"));
}

TEST(RuleIndex, knowsThatAPatternHasChanged) {
  Rules rules;
  for (const char* words : {"path /a", "path /b", "path /c"}) rules.add(words);
  rules.freeze();
  EXPECT_TRUE(rules.index.is_current());
  ASSERT_TRUE(rules.acls[1]->tests[0]->uses()[0].store().add("/d"));
  EXPECT_FALSE(rules.index.is_current());
}

}  // namespace
}  // namespace sluice::proxy
