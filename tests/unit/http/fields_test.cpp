#include "http/fields.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "http/chars.hpp"
#include "http/short_name.hpp"

namespace sluice::http {
namespace {

TEST(HeaderIds, everyNameFindsItselfInAnyCase) {
  for (std::size_t i = 1; i < header_names.size(); ++i) {
    std::string name(header_names[i]);
    EXPECT_EQ(header_id_of_lower(name), static_cast<HeaderId>(i)) << name;
    for (char& c : name) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    EXPECT_EQ(header_id(name), static_cast<HeaderId>(i)) << name;
    EXPECT_EQ(header_id(name + "x"), HeaderId::other);
  }
  EXPECT_EQ(header_id(""), HeaderId::other);
  EXPECT_EQ(header_id(std::string(300, 'a')), HeaderId::other);
}

TEST(HeaderIds, shortNamesAreTwoWords) {
  for (std::size_t i = 1; i < header_names.size(); ++i) {
    if (header_names[i].size() > 15) continue;
    std::uint64_t words[2] = {};
    for (std::size_t k = 0; k < header_names[i].size(); ++k)
      words[k / 8] |= std::uint64_t{static_cast<unsigned char>(header_names[i][k])} << (k % 8 * 8);
    EXPECT_EQ(header_id_of_words(words[0], words[1]), static_cast<HeaderId>(i)) << header_names[i];
    EXPECT_EQ(header_id_of_words(words[0], words[1] + (std::uint64_t{'x'} << 56)), HeaderId::other);
    EXPECT_EQ(header_id_of_words(words[0] ^ 1, words[1]), HeaderId::other);
  }
  EXPECT_EQ(header_id_of_words(0, 0), HeaderId::other);
}

struct FieldsTest : testing::Test {
  Arena arena;
  Fields fields{arena};
  std::string text() const {
    std::string out;
    for (const Field& f : fields) out += std::string(f.name()) + "=" + std::string(f.value()) + "|";
    return out;
  }
};

TEST_F(FieldsTest, keepsOrderAndFindsKnownAndUnknownNames) {
  fields.add("Host", "a");
  fields.add("X-One", "1");
  fields.add("x-ONE", "2");
  EXPECT_EQ(text(), "host=a|x-one=1|x-one=2|");
  EXPECT_TRUE(fields.has(HeaderId::host));
  EXPECT_FALSE(fields.has(HeaderId::cookie));
  EXPECT_EQ(fields.find("HOST")->value(), "a");
  EXPECT_EQ(fields.find("X-one")->value(), "1");
  EXPECT_EQ(fields.find("x-one", 2)->value(), "2");
  EXPECT_EQ(fields.find("x-none"), nullptr);
  EXPECT_EQ(fields.count("x-one"), 2u);
  EXPECT_EQ(fields.count(HeaderName{}), 3u);
}

TEST_F(FieldsTest, setRemovesAllAndAddsAtTheEnd) {
  fields.add("x", "1");
  fields.add("host", "a");
  fields.add("X", "2");
  fields.set("x", fields[0].value());  // a view of what is removed
  EXPECT_EQ(text(), "host=a|x=1|");
  fields.set("Host", "b");
  EXPECT_EQ(text(), "x=1|host=b|");
  EXPECT_EQ(fields.find(HeaderId::host)->value(), "b");
}

TEST_F(FieldsTest, removingKeepsTheIndexOfKnownNames) {
  fields.add("cookie", "1");
  fields.add("host", "a");
  fields.add("cookie", "2");
  EXPECT_EQ(fields.remove(HeaderId::cookie), 2u);
  EXPECT_FALSE(fields.has(HeaderId::cookie));
  EXPECT_EQ(fields.find(HeaderId::host), fields.begin());
  EXPECT_EQ(fields.remove("nothing"), 0u);
  fields.replace_value(0, "b");
  EXPECT_EQ(text(), "host=b|");
}

TEST_F(FieldsTest, growsIntoTheArena) {
  for (int i = 0; i < 200; ++i) fields.add("x-" + std::to_string(i), std::to_string(i));
  fields.add("host", "a");
  EXPECT_EQ(fields.size(), 201u);
  EXPECT_EQ(*fields.value("x-137"), "137");
  EXPECT_EQ(fields.find(HeaderId::host), fields.end() - 1);
  EXPECT_FALSE(fields.append_within(201, "y", "z", HeaderId::other));
}

// The table of values as HAProxy 2.6 gives them for req.hdr(x,n) and req.hdr_cnt(x).
TEST_F(FieldsTest, elementsAreCountedAsReqHdrDoes) {
  struct Case {
    std::vector<std::string_view> values;
    std::vector<std::string_view> elements;
  };
  const Case cases[] = {
      {{"a,,b"}, {"a", "", "b"}},
      {{"\"q,r\",s"}, {"\"q,r\"", "s"}},
      {{"a, b ,c,"}, {"a", "b", "c", ""}},
      {{",a"}, {"", "a"}},
      {{""}, {""}},
      {{","}, {"", ""}},
      {{"a", "b, c"}, {"a", "b", "c"}},
      {{"a", ""}, {"a", ""}},
      {{"\"unterminated, b"}, {"\"unterminated, b"}},
      {{"a;q=\"\\\",\", b"}, {"a;q=\"\\\",\"", "b"}},
      {{"'a,b', c"}, {"'a", "b'", "c"}},
      {{}, {}},
  };
  for (const Case& c : cases) {
    fields.clear();
    fields.add("y", "other");
    for (const std::string_view value : c.values) fields.add("X", value);
    ASSERT_EQ(fields.count_elements("x"), c.elements.size());
    const int n = static_cast<int>(c.elements.size());
    for (int i = 1; i <= n; ++i) {
      EXPECT_EQ(fields.element("x", i), c.elements[static_cast<std::size_t>(i - 1)]);
      EXPECT_EQ(fields.element("x", -i), c.elements[static_cast<std::size_t>(n - i)]);
    }
    EXPECT_EQ(fields.element("x", n + 1), std::nullopt);
    EXPECT_EQ(fields.element("x", -n - 1), std::nullopt);
  }
}

TEST_F(FieldsTest, wholeValuesByOccurrence) {
  fields.add("x", "a,b");
  fields.add("x", "c");
  EXPECT_EQ(fields.value("x", 1), "a,b");
  EXPECT_EQ(fields.value("x", 2), "c");
  EXPECT_EQ(fields.value("x", 3), std::nullopt);
  EXPECT_EQ(fields.value("x"), "c");
  EXPECT_EQ(fields.value("x", -2), "a,b");
  EXPECT_EQ(fields.value("x", -3), std::nullopt);
  EXPECT_TRUE(fields.has_token("x", "B"));
  EXPECT_FALSE(fields.has_token("x", "a,b"));
}

TEST(Chars, tokensAndTargets) {
  EXPECT_TRUE(is_token("X-Foo_1!"));
  for (const std::string_view bad : {"", "a b", "a:", "a(", "\xff", "a\x7f"}) EXPECT_FALSE(is_token(bad));
  for (const char c : std::string_view("#\x7f\x80 \t\r\n")) EXPECT_FALSE(is_in(c, chars::uri)) << int(c);
  EXPECT_TRUE(is_in('#', chars::uri_relaxed));
  EXPECT_FALSE(is_in(' ', chars::uri_relaxed));
}

TEST(ArenaTest, keepsWhatWasGivenApart) {
  char first[64];
  Arena arena(first);
  const auto a = arena.copy("hello");
  EXPECT_EQ(static_cast<const void*>(a.data()), first);
  const auto big = arena.copy(std::string(10000, 'x'));
  const auto b = arena.copy("world");
  EXPECT_EQ(b.data(), a.data() + 5);  // a giant does not end the chunk in use
  const auto items = arena.array<std::uint64_t>(1000);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(items.data()) % alignof(std::uint64_t), 0u);
  EXPECT_EQ(arena.join(a, b), "helloworld");
  EXPECT_EQ(big.size(), 10000u);
  char* const worst = arena.allocate(32);
  arena.shrink(worst, 32, 4);
  EXPECT_EQ(arena.allocate(1), worst + 4);
  arena.reset();
  EXPECT_EQ(arena.chunk_bytes(), 0u);
  EXPECT_EQ(static_cast<void*>(arena.allocate(1)), first);
}

// Whatever is done to them in whatever order, they are what a plain list of pairs would be.
TEST_F(FieldsTest, areWhatAPlainListIs) {
  constexpr std::string_view names[] = {"host", "cookie", "x-a", "x-b", "te", "x-aa"};
  std::vector<std::pair<std::string, std::string>> plain;
  std::uint32_t random = 7;
  const auto draw = [&](std::uint32_t below) {
    random = random * 1664525 + 1013904223;
    return (random >> 16) % below;
  };
  const auto named = [](std::string_view name) { return [name](const auto& pair) { return pair.first == name; }; };
  for (int step = 0; step < 20000; ++step) {
    const std::string_view name = names[draw(6)];
    const std::string value = std::to_string(step);
    switch (draw(5)) {
      case 0:
      case 1:
        if (plain.size() > 12) break;
        fields.add(name, value);
        plain.emplace_back(name, value);
        break;
      case 2:
        fields.set(name, value);
        std::erase_if(plain, named(name));
        plain.emplace_back(name, value);
        break;
      case 3: EXPECT_EQ(fields.remove(name), std::erase_if(plain, named(name))); break;
      default:
        EXPECT_EQ(fields.remove_if([](const Field& f) { return f.value().ends_with("77"); }),
                  std::erase_if(plain, [](const auto& pair) { return pair.second.ends_with("77"); }));
    }
    std::string wanted;
    for (const auto& [n, v] : plain) wanted += n + "=" + v + "|";
    ASSERT_EQ(text(), wanted) << step;
    for (const std::string_view one : names) {
      const auto first = std::ranges::find_if(plain, named(one));
      ASSERT_EQ(fields.count(one), static_cast<std::size_t>(std::ranges::count_if(plain, named(one))));
      ASSERT_EQ(fields.find(one) != nullptr, first != plain.end());
      if (first == plain.end()) continue;
      ASSERT_EQ(fields.find(one)->value(), first->second);
      ASSERT_EQ(*fields.value(one, 1), first->second);
      ASSERT_EQ(*fields.value(one, -1), std::find_if(plain.rbegin(), plain.rend(), named(one))->second);
    }
    if (step % 500 == 0) {
      fields.clear();
      plain.clear();
      arena.reset();
    }
  }
}

}  // namespace
}  // namespace sluice::http
