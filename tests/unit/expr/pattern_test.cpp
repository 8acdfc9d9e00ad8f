#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>

#include "expr/pattern_store.hpp"
#include "unit/expr/world.hpp"

namespace sluice::expr {
namespace {

const Match& match(std::string_view name) { return *catalog::entries<Match>().find(name); }

std::uint32_t first_in_turn(std::string_view how, Letters letters, const std::vector<std::string>& patterns, std::string_view text) {
  const auto delimiters = how == "dir" ? std::string_view("/?") : std::string_view("/?.:");
  const auto is_delimiter = [&](char c) { return delimiters.contains(c); };
  const std::string folded = letters == Letters::any_case ? lower(text) : std::string(text);
  std::uint32_t best = no_pattern;
  std::size_t longest = 0;
  for (std::uint32_t i = 0; i < patterns.size(); ++i) {
    std::string p = letters == Letters::any_case ? lower(patterns[i]) : patterns[i];
    bool hit = false;
    if (how == "str") hit = folded == p;
    if (how == "beg") hit = folded.starts_with(p);
    if (how == "end") hit = folded.ends_with(p);
    if (how == "sub") hit = folded.contains(p);
    if (how == "dir" || how == "dom") {
      while (!p.empty() && is_delimiter(p.front())) p.erase(0, 1);
      while (!p.empty() && is_delimiter(p.back())) p.pop_back();
      hit = p.empty() && folded.empty();
      for (std::size_t at = 0; !p.empty() && (at = folded.find(p, at)) != folded.npos; ++at)
        hit = hit || ((at == 0 || is_delimiter(folded[at - 1])) && (at + p.size() == folded.size() || is_delimiter(folded[at + p.size()])));
    }
    if (!hit) continue;
    if (how == "beg" && letters == Letters::exact) {
      if (best == no_pattern || p.size() > longest) best = i, longest = p.size();
    } else if (best == no_pattern) {
      best = i;
    }
  }
  return best;
}

// Every index gives what comparing in turn gives, whatever its size.
TEST(Matchers, agreeWithComparingInTurn) {
  World world;
  std::mt19937 random(11);
  const auto word = [&](std::size_t most) {
    std::string text;
    const std::size_t size = random() % (most + 1);
    for (std::size_t i = 0; i < size; ++i) text += "abAB/.?\xff"[random() % 8];
    return text;
  };
  for (int round = 0; round < 300; ++round) {
    const std::string_view how = std::array<std::string_view, 6>{"str", "beg", "end", "sub", "dir", "dom"}[random() % 6];
    const Letters letters = random() % 2 ? Letters::exact : Letters::any_case;
    std::vector<std::string> texts;
    PatternList list;
    const std::size_t count = 1 + random() % 40;
    for (std::size_t i = 0; i < count; ++i) {
      texts.push_back(word(5));
      list.add(texts.back());
    }
    list.freeze();
    PatternError error;
    const auto matcher = match(how).make(list.patterns(), {letters, Pick::best}, error);
    ASSERT_TRUE(matcher);
    for (int probe = 0; probe < 40; ++probe) {
      const std::string text = word(9);
      EXPECT_EQ(matcher->find(Sample::text(text), world.scope).index, first_in_turn(how, letters, texts, text))
          << how << " '" << text << "' round " << round;
    }
  }
}

TEST(Matchers, findTheSmallestNetwork) {
  World world;
  std::mt19937 random(5);
  for (int round = 0; round < 100; ++round) {
    PatternList list;
    struct Net {
      std::uint32_t address;
      int bits;
    };
    std::vector<Net> nets;
    const std::size_t count = 1 + random() % 30;
    for (std::size_t i = 0; i < count; ++i) {
      const int bits = static_cast<int>(random() % 33);
      const std::uint32_t mask = bits ? ~0u << (32 - bits) : 0;
      const auto draw = static_cast<std::uint32_t>(random());
      nets.push_back({draw & 0x030000ff & mask, bits});
      list.add(fmt::format("{}.{}.{}.{}/{}", nets[i].address >> 24, nets[i].address >> 16 & 255, nets[i].address >> 8 & 255, nets[i].address & 255, bits));
    }
    list.freeze();
    PatternError error;
    const auto matcher = match("ip").make(list.patterns(), {}, error);
    ASSERT_TRUE(matcher);
    for (int probe = 0; probe < 60; ++probe) {
      const auto draw = static_cast<std::uint32_t>(random());
      const std::uint32_t address = draw & 0x030000ff;
      std::uint32_t best = no_pattern;
      for (std::uint32_t i = 0; i < nets.size(); ++i) {
        const std::uint32_t mask = nets[i].bits ? ~0u << (32 - nets[i].bits) : 0;
        if ((address & mask) == nets[i].address && (best == no_pattern || nets[i].bits > nets[best].bits)) best = i;
      }
      EXPECT_EQ(matcher->find(Sample::address(Ipv4{address}), world.scope).index, best);
    }
  }
}

// What the prefilter makes of expressions must not differ from PCRE2's, odd ones included.
TEST(Matchers, regularExpressionsAgreeWithTryingThemInTurn) {
  World world;
  const std::vector<std::string> texts = {"^/a[0-9]+", "b$", "(x)\\1", "^$", "a|b|", "\\bfoo\\b", "(?i)Bar", "^/[^/]{2,4}/", "(?=z)z.", "x{3,}",
                                          "\\.(jpg|png)$", "(?<!a)b", "^(?:/v\\d+)?/api", "[[:upper:]]{2}", "a.c", "\\s", "(a+)+$", "\\x41", "^.*q", "(?>ab|a)c"};
  const std::vector<std::string> probes = {"", "/a12", "ab", "xx", "foo", "a foo b", "foobar", "BAR", "/abc/", "zz", "xxxx", "/i.png", "/i.png\n", "b", "cb",
                                           "/v2/api", "/api", "AB", "a\nc", "a c", "A", "q\nq", "abc", "ac", "\n", "b\n", std::string("a\0c", 3), "\xff\xfe"};
  for (const Letters letters : {Letters::exact, Letters::any_case}) {
    PatternList list;
    std::vector<Regex> alone;
    for (std::size_t i = texts.size(); i-- > 0;) {
      list.add(texts[i]);
      alone.push_back(*Regex::compile(texts[i], letters));
    }
    list.freeze();
    PatternError error;
    const auto matcher = match("reg").make(list.patterns(), {letters, Pick::best}, error);
    ASSERT_TRUE(matcher) << error.text;
    for (const std::string& text : probes) {
      std::uint32_t expected = no_pattern;
      for (std::uint32_t i = 0; i < alone.size() && expected == no_pattern; ++i)
        if (alone[i].matches(text)) expected = i;
      EXPECT_EQ(matcher->find(Sample::text(text), world.scope).index, expected) << text;
    }
  }
}

struct Store {
  explicit Store(std::string_view how, PatternUse::VerifyValue verify = nullptr)
      : store(std::make_shared<PatternStore>("t.map", "t.map", PatternStore::Columns::two)) {
    use = std::move(*PatternUse::make(store, match(how), {}, verify));
  }
  std::string find(std::string_view text) {
    const ReadSection section;
    const auto hit = use.find(Sample::text(text), world.scope);
    return hit ? std::string(hit.entry->text()) + "=" + std::string(hit.entry->value()) : "-";
  }
  World world;
  std::shared_ptr<PatternStore> store;
  PatternUse use;
};

TEST(PatternStore, changesWhileItIsUsed) {
  Store t("beg");
  EXPECT_EQ(t.find("/a/b"), "-");
  ASSERT_TRUE(t.store->add("/a", "1"));
  ASSERT_TRUE(t.store->add("/a/b", "2"));
  ASSERT_TRUE(t.store->add("/a", "3"));
  EXPECT_EQ(t.find("/a/b/c"), "/a/b=2");
  EXPECT_EQ(t.find("/a"), "/a=1");
  EXPECT_EQ(t.store->set("/a", "9"), 2u);
  EXPECT_EQ(t.find("/a"), "/a=9");
  EXPECT_EQ(t.store->remove("/a/b"), 1u);
  EXPECT_EQ(t.find("/a/b/c"), "/a=9");
  EXPECT_EQ(t.store->remove("/a"), 2u);
  EXPECT_EQ(t.store->remove("/a"), 0u);
  EXPECT_EQ(t.find("/a/b/c"), "-");
  ASSERT_TRUE(t.store->put("/x", "1"));
  ASSERT_TRUE(t.store->put("/x", "2"));
  EXPECT_EQ(t.find("/xy"), "/x=2");
  EXPECT_EQ(t.store->size(), 1u);
  const auto lines = t.store->list(0, 9);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_TRUE(*t.store->set_entry(lines[0].id, "7"));
  EXPECT_EQ(t.find("/xy"), "/x=7");
  EXPECT_TRUE(t.store->remove_entry(lines[0].id));
  EXPECT_FALSE(t.store->remove_entry(lines[0].id));
  EXPECT_EQ(t.find("/xy"), "-");
}

TEST(PatternStore, hasVersions) {
  Store t("str");
  ASSERT_TRUE(t.store->add("a", "old"));
  const auto version = t.store->prepare();
  EXPECT_EQ(version, 1u);
  ASSERT_TRUE(t.store->add(std::array{PatternRow{"a", "new"}, PatternRow{"b", "new"}}, version));
  EXPECT_FALSE(t.store->add(std::array{PatternRow{"a", "new"}}, 2));
  EXPECT_EQ(t.find("a"), "a=old");
  EXPECT_EQ(t.find("b"), "-");
  EXPECT_EQ(t.store->list(0, 9, version).size(), 2u);
  EXPECT_FALSE(t.store->commit(2));
  ASSERT_TRUE(t.store->commit(version));
  EXPECT_EQ(t.find("a"), "a=new");
  EXPECT_EQ(t.find("b"), "b=new");
  EXPECT_EQ(t.store->current_version(), 1u);
  EXPECT_EQ(t.store->size(), 2u);
  const auto empty = t.store->prepare();
  ASSERT_TRUE(t.store->add(std::array{PatternRow{"c"}}, empty));
  t.store->clear(empty);
  EXPECT_TRUE(t.store->list(0, 9, empty).empty());
  t.store->clear();
  EXPECT_EQ(t.find("a"), "-");
  EXPECT_EQ(t.store->size(), 0u);
}

TEST(PatternStore, refusesWhatItsUsersCannotRead) {
  Store t("ip", [](std::string_view value) { return value == "bad" ? std::optional<std::string>("bad value") : std::nullopt; });
  EXPECT_FALSE(t.store->add("nonsense", "1"));
  EXPECT_FALSE(t.store->add("10.0.0.0/8", "bad"));
  ASSERT_TRUE(t.store->add("10.0.0.0/8", "good"));
  EXPECT_FALSE(t.store->put("10.0.0.0/8", "bad"));
  EXPECT_EQ(t.store->size(), 1u);
  const auto answers = t.store->look(Sample::text("10.1.2.3"), t.world.scope);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_TRUE(answers[0].found);
  EXPECT_EQ(answers[0].value, "good");
}

// Against a plain model, over many changes, so that runs are merged and cleaned.
TEST(PatternStore, agreesWithAModel) {
  Store t("str");
  std::map<std::string, std::string> model;
  std::mt19937 random(3);
  for (int step = 0; step < 3000; ++step) {
    const std::string key = std::to_string(random() % 300);
    const std::string value = std::to_string(step);
    switch (random() % 4) {
      case 0:
      case 1:
        ASSERT_TRUE(t.store->put(key, value));
        model[key] = value;
        break;
      case 2: EXPECT_EQ(t.store->remove(key), model.erase(key)); break;
      default: {
        const auto known = model.find(key);
        EXPECT_EQ(t.find(key), known == model.end() ? "-" : key + "=" + known->second);
      }
    }
    ASSERT_EQ(t.store->size(), model.size());
  }
}

// Readers beside a writer; a sanitizer sees what goes wrong.
TEST(PatternStore, isReadByManyThreadsWhileItChanges) {
  Store t("beg");
  ASSERT_TRUE(t.store->add("/fixed", "1"));
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i)
    readers.emplace_back([&] {
      World world;
      while (!stop) {
        const ReadSection section;
        const auto hit = t.use.find(Sample::text("/fixed/x"), world.scope);
        if (!hit || hit.entry->value().size() != 1) ++wrong;
        const auto other = t.use.find(Sample::text("/k5/x"), world.scope);
        if (other && other.entry->value() != "12345678") ++wrong;
      }
    });
  for (int step = 0; step < 400; ++step) {
    const std::string key = "/k" + std::to_string(step % 20);
    EXPECT_TRUE(t.store->put(key, "12345678"));
    EXPECT_EQ(t.store->set("/fixed", step % 2 ? "1" : "2"), 1u);
    if (step % 3 == 0) t.store->remove(key);
  }
  stop = true;
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
}

TEST(PatternFiles, areSharedAndNumbered) {
  World world;
  PatternFiles& files = world.files;
  const auto a = files.open("virt@x", "virt@x", PatternFiles::Columns::two);
  const auto b = files.open("virt@x", "virt@x", PatternFiles::Columns::one);
  ASSERT_TRUE(a && b);
  EXPECT_EQ(*a, *b);
  EXPECT_FALSE(files.open("none.map", "/nonexistent/none.map", PatternFiles::Columns::two));
  EXPECT_TRUE(files.open("opt@none.map", "/nonexistent/opt@none.map", PatternFiles::Columns::two));
  EXPECT_EQ(world.acl("first path -u 0 /x"), "");
  const auto link = files.link("virt@x", "virt@x");
  files.number();
  EXPECT_EQ((*a)->id(), 1u);
  EXPECT_EQ(files.find("#1"), *a);
  EXPECT_EQ(files.find("virt@x"), *a);
  EXPECT_EQ(files.find("#0")->description(), "acl 'path' file '' line 0");
  EXPECT_EQ(link->store, a->get());
  EXPECT_EQ(files.find("nothing"), nullptr);
}

// One file used by two ACLs and a map is one store: what is added is seen by all.
TEST(PatternFiles, changesAreSeenEverywhere) {
  World world;
  EXPECT_EQ(world.acl("here path -M -f virt@paths"), "");
  EXPECT_EQ(world.condition("if here"), "no");
  const auto map = Expression::parse("path,map(virt@paths)", world.compiler);
  ASSERT_TRUE(map);
  EXPECT_FALSE(map->eval(world.scope));
  const auto here = [&] {
    config::Diagnostics diagnostics;
    config::Line line = line_of("if here", diagnostics);
    return Condition::parse(line, world.compiler);
  }();
  ASSERT_TRUE(world.files.find("virt@paths")->add("/img/logo.png", "logo"));
  EXPECT_TRUE(here->eval(world.scope));
  EXPECT_EQ(map->text(world.scope), "logo");
}

}  // namespace
}  // namespace sluice::expr
