#include "catalog/add.hpp"

#include <gtest/gtest.h>

namespace sluice::catalog {
namespace {

struct Fruit {
  std::string_view name;
  int price = 0;
  std::string_view doc;
  Examples examples;
};

const Add pear{Fruit{.name = "pear", .price = 3, .doc = "A pear."}};
const Add apple{Fruit{.name = "apple", .price = 2, .doc = "An apple.", .examples = {{"a", "b"}, {"c", undefined}}}};

TEST(Catalog, findsWhatWasRegistered) {
  const Index<Fruit>& fruit = entries<Fruit>();
  ASSERT_EQ(fruit.size(), 2u);
  EXPECT_EQ((*fruit.begin())->name, "apple");
  ASSERT_NE(fruit.find("pear"), nullptr);
  EXPECT_EQ(fruit.find("pear")->price, 3);
  EXPECT_EQ(fruit.find("plum"), nullptr);
  EXPECT_FALSE(fruit.find("apple")->examples[1].has_output);
}

}  // namespace
}  // namespace sluice::catalog
