#include "table/table.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace sluice::table {
namespace {

Instant at(int second) { return Instant{} + seconds(1000 + second); }
Affinity server(std::uint32_t id) { return {id, id * 1000ULL}; }

TEST(Table, RemembersUntilItIsNotUsedForTooLong) {
  Table table("t", {.type = KeyType::string, .length = 32, .size = 100, .expire = seconds(10)});
  EXPECT_FALSE(table.match("a", at(0)));
  EXPECT_TRUE(table.store("a", server(1), at(0)));
  EXPECT_EQ(table.match("a", at(9)), server(1));   // a use: lives until 19
  EXPECT_EQ(table.look_up("a", at(18))->affinity, server(1));  // no use
  EXPECT_EQ(table.used(at(18)), 1U);
  EXPECT_FALSE(table.look_up("a", at(19)));
  EXPECT_FALSE(table.match("a", at(19)));
  EXPECT_EQ(table.used(at(19)), 0U);
}

TEST(Table, WithoutExpireEntriesStay) {
  Table table("t", {.type = KeyType::integer, .size = 10});
  table.store("1234", server(1), at(0));
  EXPECT_EQ(table.match("1234", at(1000000)), server(1));
}

TEST(Table, AFullTableForgetsWhatWasUnusedForLongest) {
  Table table("t", {.type = KeyType::string, .length = 8, .size = 3, .expire = seconds(1000)});
  table.store("a", server(1), at(0));
  table.store("b", server(2), at(1));
  table.store("c", server(3), at(2));
  EXPECT_TRUE(table.match("a", at(3)));
  EXPECT_TRUE(table.store("d", server(4), at(4)));
  EXPECT_FALSE(table.look_up("b", at(5)));
  EXPECT_TRUE(table.look_up("a", at(5)));
  EXPECT_TRUE(table.look_up("c", at(5)));
  EXPECT_EQ(table.look_up("d", at(5))->affinity, server(4));
  EXPECT_EQ(table.available(at(5)), 0U);
}

TEST(Table, NopurgeTakesNothingNewUntilSomethingExpires) {
  Table table("t", {.type = KeyType::string, .length = 8, .size = 2, .expire = seconds(10), .nopurge = true});
  EXPECT_TRUE(table.store("a", server(1), at(0)));
  EXPECT_TRUE(table.store("b", server(2), at(5)));
  EXPECT_FALSE(table.store("c", server(3), at(6)));
  EXPECT_TRUE(table.store("b", server(4), at(7)));  // is there already
  EXPECT_TRUE(table.store("c", server(3), at(11)));
  EXPECT_FALSE(table.look_up("a", at(11)));
}

TEST(Table, ManyEntriesKeepTheirServers) {
  constexpr std::uint32_t count = 20000;
  Table table("t", {.type = KeyType::string, .length = 16, .size = count, .expire = seconds(100)});
  for (std::uint32_t i = 1; i <= count; ++i) ASSERT_TRUE(table.store(fmt::format("key{}", i), server(i), at(0)));
  EXPECT_EQ(table.used(at(1)), count);
  for (std::uint32_t i = 1; i <= count; ++i) ASSERT_EQ(table.look_up(fmt::format("key{}", i), at(1)).value().affinity, server(i)) << i;
  // Twice as many: never more than fit, and every slot is used.
  for (std::uint32_t i = 1; i <= count; ++i) ASSERT_TRUE(table.store(fmt::format("other{}", i), server(i), at(2)));
  EXPECT_EQ(table.used(at(2)), count);
}

TEST(Table, KeysAreCutAndPadded) {
  Arena arena;
  Table text("t", {.type = KeyType::string, .length = 4, .size = 10});
  EXPECT_EQ(text.key_of(expr::Sample::text("abcdef"), arena), "abcd");
  EXPECT_EQ(text.key_of(expr::Sample::integer(12), arena), "12");
  EXPECT_FALSE(text.key_of({}, arena));
  Table block("b", {.type = KeyType::binary, .length = 4, .size = 10});
  EXPECT_EQ(block.key_of(expr::Sample::binary("ab"), arena), std::string_view("ab\0\0", 4));
  EXPECT_EQ(block.key_of(expr::Sample::binary("abcdef"), arena), "abcd");
  Table address("i", {.type = KeyType::ip, .length = 4, .size = 10});
  EXPECT_EQ(address.key_of(expr::Sample::text("10.0.0.1"), arena), address.key_of(expr::Sample::address(expr::Ipv4{0x0a000001}), arena));
  EXPECT_FALSE(address.key_of(expr::Sample::text("nonsense"), arena));
  Table six("s", {.type = KeyType::ipv6, .length = 16, .size = 10});
  EXPECT_EQ(six.key_of(expr::Sample::text("::ffff:10.0.0.1"), arena), six.key_of(expr::Sample::address(expr::Ipv4{0x0a000001}), arena));
}

TEST(Table, WorkersShareIt) {
  constexpr std::uint32_t size = 4096;
  Table table("t", {.type = KeyType::string, .length = 16, .size = size, .expire = seconds(100)});
  std::vector<std::thread> workers;
  for (std::uint32_t worker = 0; worker < 4; ++worker) {
    workers.emplace_back([&table, worker] {
      for (std::uint32_t i = 0; i < 10000; ++i) {
        table.store(fmt::format("k{}", (i * 7 + worker) % 6000), server(worker + 1), at(static_cast<int>(i / 1000)));
        table.match(fmt::format("k{}", i % 6000), at(static_cast<int>(i / 1000)));
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_LE(table.used(at(10)), size);
  EXPECT_GT(table.used(at(10)), size / 2);
  EXPECT_EQ(table.used(at(200)), 0U);
}

TEST(Tables, AreFoundAgainWhenDefinedAlike) {
  Tables tables;
  const Definition definition{.type = KeyType::string, .length = 8, .size = 10};
  const auto table = tables.get("t", definition);
  table->store("a", server(1), at(0));
  EXPECT_EQ(tables.get("t", definition), table);
  Definition other = definition;
  other.length = 9;
  EXPECT_FALSE(tables.get("t", other)->look_up("a", at(0)));
}

}  // namespace
}  // namespace sluice::table
