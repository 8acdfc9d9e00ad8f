#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "config/dump.hpp"
#include "config/setting/proxy.hpp"
#include "config/setting/timeouts.hpp"
#include "config/setting/tuning.hpp"
#include "keywords.hpp"
#include "support.hpp"

namespace sluice::config::test {
namespace {

constexpr std::string_view quiet = "defaults\n timeout client 1s\n timeout server 1s\n";
std::string proxies(std::string_view text) { return fmt::format("{}{}", quiet, text); }  // text begins in line 4

TEST(Sections, settings_come_from_the_defaults_in_force) {
  const Loaded loaded = load_text(
      "global\n tune.bufsize 32k\ndefaults\n timeout client 5s\n mode http\n retries 7\nfrontend a\n"
      "defaults tcp\n timeout client 1m\nfrontend b\nbackend c\ndefaults late from tcp\n retries 9\nbackend d from tcp\nlisten e\n mode http\n");
  EXPECT_FALSE(loaded.said.failed());
  const Config& config = *loaded.config;
  EXPECT_EQ(config.global()[tune_bufsize].bytes, 32768U);
  EXPECT_EQ(config.global()[tune_maxrewrite].bytes, 1024U);
  const Section& a = *config.frontend("a");
  EXPECT_EQ(a[timeout_client], seconds(5));
  EXPECT_EQ(a[mode], Mode::http);
  EXPECT_EQ(a[retry], 7U);
  EXPECT_TRUE(a.said(timeout_client));
  EXPECT_FALSE(a.said_here(timeout_client));
  EXPECT_EQ(a.place(timeout_client).line, 4U);
  EXPECT_FALSE(a.said(timeout_tunnel));
  EXPECT_EQ(a[timeout_tunnel], std::nullopt);
  EXPECT_EQ((*config.frontend("b"))[timeout_client], seconds(60));
  EXPECT_EQ((*config.frontend("b"))[mode], Mode::tcp);
  EXPECT_EQ((*config.backend("c"))[retry], 3U);
  EXPECT_EQ((*config.backend("d"))[retry], 3U);
  EXPECT_EQ((*config.frontend("e"))[retry], 9U);
  EXPECT_EQ((*config.frontend("e"))[timeout_client], seconds(60));
  EXPECT_EQ(config.frontend("e"), config.backend("e"));
  EXPECT_EQ(config.frontend("c"), nullptr);
  EXPECT_EQ(config.frontends().size(), 3U);
  EXPECT_EQ(config.backends().size(), 3U);
  EXPECT_LT(a.number(), config.frontend("b")->number());
}

TEST(Sections, headers) {
  EXPECT_EQ(said("frontend\n"), "alert 1:9+1 'frontend' expects a name\nwarning 1:1+8 missing timeouts for frontend '': set 'client' to a "
                                "non-zero value, or connections that died unnoticed stay for ever\n");
  EXPECT_EQ(said("global x\n"), "alert 1:8+1 'global' cannot handle unexpected argument 'x'\n");
  EXPECT_EQ(said("backend a b\n"), "alert 1:11+1 'backend' cannot handle unexpected argument 'b'\n");
  EXPECT_EQ(said("backend a!b\n"), "alert 1:10+1 character '!' is not permitted in 'backend' name 'a!b'; use letters, digits, '-', '_', '.' and ':'\n");
  EXPECT_EQ(said("backend aüb\n"), "alert 1:10+2 character 'ü' is not permitted in 'backend' name 'aüb'; use letters, digits, '-', '_', '.' and ':'\n");
  EXPECT_EQ(said("backend a from\n"), "alert 1:15+1 'from' expects the name of a 'defaults' section\n");
  EXPECT_EQ(said("defaults tcp\nbackend a from tpc\n"), "alert 2:16+3 defaults section 'tpc' not found for backend 'a'; did you mean 'tcp' maybe ?\n");
  EXPECT_EQ(said("defaults\nbackend a from \"\"\n"), "alert 2:16+2 defaults section '' not found for backend 'a'\n");
  EXPECT_EQ(said("defaults d\ndefaults d\nbackend a from d\n"), "alert 3:16+1 ambiguous defaults section name 'd' exists at least at t.cfg:1 and t.cfg:2\n");
  EXPECT_EQ(said("peers p\n peer a 1.1.1.1:1\n.if 0\n.endif\nbackend b\n"),
            "alert 1:1+5 section 'peers' is not implemented in this version; its lines are skipped\n");
  EXPECT_EQ(said("foo\nfrontnd a\n"), "alert 1:1+3 unknown keyword 'foo' out of section; a section must begin first\n"
                                     "alert 2:1+7 unknown keyword 'frontnd' out of section; did you mean 'frontend' maybe ?\n");
}

TEST(Sections, defaults_used_both_ways) {
  EXPECT_EQ(said("defaults d\n timeout client 1s\nfrontend a from d\nfrontend b\nfrontend c\n"),
            "warning 4:10+1 defaults section 'd' (declared at t.cfg:1) is named by another proxy with 'from' and used here because it "
            "is the last one; write 'from d' here too\n");
  EXPECT_EQ(said("backend a\nglobal\n"), "diag 2:1+6 a 'global' section after other sections: what it changes does not reach back\n");
}

TEST(Sections, double_names_warn_with_both_places) {
  EXPECT_EQ(said("backend a\nbackend b\nbackend a\n"),
            "warning 3:9+1 backend 'a' has the same name as backend 'a' declared at t.cfg:1; references by name find the first one\n");
  EXPECT_EQ(said(proxies("frontend a\nbackend a\n")), "");
  EXPECT_EQ(said(proxies("frontend a\nlisten a\n")),
            "warning 5:8+1 listen 'a' has the same name as frontend 'a' declared at t.cfg:4; references by name find the first one\n");
  EXPECT_EQ(said("userlist a\nuserlist a\nbackend a\n"),
            "warning 2:10+1 userlist 'a' has the same name as userlist 'a' declared at t.cfg:1; references by name find the first one\n");
}

TEST(Sections, an_address_on_the_header_becomes_a_bind) {
  const Loaded loaded = load_text(proxies("listen a 10.0.0.1:80\nfrontend b from x :81\ndefaults x\n"));
  EXPECT_EQ(brief(loaded.said),
            "warning 4:10+11 an address on the line of a 'listen' is an old form; write 'bind 10.0.0.1:80' below it\n"
            "alert 5:17+1 defaults section 'x' not found for frontend 'b'\n"
            "warning 5:19+3 an address on the line of a 'frontend' is an old form; write 'bind :81' below it\n");
  EXPECT_EQ((*loaded.config->frontend("a"))[binds], std::vector<std::string>{"10.0.0.1:80"});
  EXPECT_EQ((*loaded.config->frontend("b"))[binds], std::vector<std::string>{":81"});
}

TEST(Keywords, unknown_ones_get_a_suggestion) {
  EXPECT_EQ(said("global\n foo bar\n"), "alert 2:2+3 unknown keyword 'foo' in 'global' section\n");
  EXPECT_EQ(said("global\n tune.bufsiz 1\n"), "alert 2:2+11 unknown keyword 'tune.bufsiz' in 'global' section; did you mean 'tune.bufsize' maybe ?\n");
  EXPECT_EQ(said("defaults\n timout server 1s\n"), "alert 2:2+6 unknown keyword 'timout' in 'defaults' section; did you mean 'timeout server' maybe ?\n");
  EXPECT_EQ(said("defaults\n timeout sever 1s\n"),
            "alert 2:10+5 'timeout' supports 'client', 'client-fin', 'http-keep-alive', 'http-request', 'server', 'server-fin', 'tarpit' "
            "and 'tunnel' (got 'sever'); did you mean 'timeout server' maybe ?\n");
  EXPECT_EQ(said("backend b\n timeout\n"),
            "alert 2:9+1 'timeout' expects 'http-keep-alive', 'http-request', 'server', 'server-fin', 'tarpit' or 'tunnel' as argument\n");
  EXPECT_EQ(said("defaults\n option httplogg\n"), "alert 2:9+8 unknown option 'httplogg'; did you mean 'option httplog' maybe ?\n");
  EXPECT_EQ(said("defaults\n backnd b\n"), "alert 2:2+6 unknown keyword 'backnd' in 'defaults' section; did you mean 'backend' maybe ?\n");
  EXPECT_EQ(said("global\n mde http\n"), "alert 2:2+3 unknown keyword 'mde' in 'global' section; did you mean 'mode' in any proxy ?\n");
}

TEST(Keywords, of_another_section) {
  EXPECT_EQ(said("global\n bind :80\n"), "alert 2:2+4 'bind' is not allowed in a 'global' section; it belongs to 'frontend' and 'listen'\n");
  EXPECT_EQ(said("defaults\n bind :80\n"), "alert 2:2+4 'bind' is not allowed in a 'defaults' section; it belongs to 'frontend' and 'listen'\n");
  EXPECT_EQ(said("backend b\n bind :80\n timeout client 1s\n"),
            "warning 2:2+4 'bind' is ignored because backend 'b' has no frontend capability; it belongs to 'frontend' and 'listen'\n"
            "warning 3:2+14 'timeout client' is ignored because backend 'b' has no frontend capability; it belongs to 'defaults', 'frontend' and 'listen'\n");
  EXPECT_EQ(said(proxies("frontend f\n server a b:1\n retries 3\n")),
            "alert 5:2+6 'server' is not allowed in a 'frontend' section; it belongs to 'backend' and 'listen'\n"
            "warning 6:2+7 'retries' is ignored because frontend 'f' has no backend capability; it belongs to 'backend', 'defaults' and 'listen'\n");
  EXPECT_EQ(said("defaults\n http-request deny\n"),
            "alert 2:2+12 'http-request' is not allowed in an anonymous 'defaults' section; give the section a name\n");
  EXPECT_EQ(said("defaults d\n http-request deny\n"), "");
}

TEST(Keywords, longest_name_wins_and_rules_keep_their_line) {
  const Loaded loaded = load_text(proxies("frontend f\n mode http\n tcp-request inspect-delay 5s\n http-request deny if { path /x }\n"));
  EXPECT_EQ(brief(loaded.said), "");
  const std::vector<Line>& kept = (*loaded.config->frontend("f"))[rules];
  ASSERT_EQ(kept.size(), 2U);
  EXPECT_EQ(kept[0].keyword(), "tcp-request inspect-delay");
  EXPECT_EQ(kept[1].keyword(), "http-request");
  EXPECT_EQ(kept[1].rest().size(), 6U);
  EXPECT_EQ(kept[1].place().line, 7U);
}

TEST(Keywords, no_and_default) {
  const Loaded loaded = load_text("defaults\n option httpclose\nbackend a\n no option httpclose\nbackend b\n default option httpclose\nbackend c\n");
  EXPECT_EQ(brief(loaded.said), "");
  EXPECT_FALSE((*loaded.config->backend("a"))[close_all]);
  EXPECT_TRUE(loaded.config->backend("a")->said_here(close_all));
  EXPECT_FALSE((*loaded.config->backend("b"))[close_all]);
  EXPECT_FALSE(loaded.config->backend("b")->said(close_all));
  EXPECT_TRUE((*loaded.config->backend("c"))[close_all]);
  EXPECT_EQ(said("defaults\n no timeout client\n default retries\n no foo\n no\n"),
            "alert 2:5+7 'no' cannot stand before 'timeout client'\nalert 3:10+7 'default' cannot stand before 'retries'\n"
            "alert 4:5+3 unknown keyword 'foo' in 'defaults' section\nalert 5:2+2 unknown keyword 'no' in 'defaults' section\n");
}

TEST(Keywords, the_mode_counts_where_the_section_ends) {
  EXPECT_EQ(said(proxies("frontend f\n option httplog\n http-request deny\n no option httplog\n")),
            "warning 5:2+14 'option httplog' is ignored for frontend 'f' as it requires HTTP mode\n"
            "warning 6:2+12 'http-request' is ignored for frontend 'f' as it requires HTTP mode\n");
  EXPECT_EQ(said(proxies("frontend f\n option httplog\n mode http\n")), "");
  EXPECT_EQ(said(proxies(" option httplog\nfrontend f\n")), "");
}

TEST(Keywords, rules_that_come_too_late) {
  EXPECT_EQ(said(proxies("frontend f\n mode http\n tcp-request content accept\n http-request deny\n http-request allow\n"
                         " tcp-request connection accept\n tcp-request inspect-delay 1s\n")),
            "warning 9:2+22 a 'tcp-request connection' rule placed after a 'http-request' rule (line 8) will still be processed before\n");
}

TEST(Keywords, deprecated_unused_and_removed_ones) {
  EXPECT_EQ(said("global\n old-name x\n no-use\n"), "warning 2:2+8 'old-name' is deprecated; use 'names <name>' instead\n"
                                                   "diag 3:2+6 'no-use' changes nothing here: workers find out themselves\n");
  EXPECT_EQ(said("defaults\n clitimeout 5s\n cliexp X\n option http-tunnel\n"),
            "warning 2:2+10 'clitimeout' is deprecated; use 'timeout client <time>' instead\n"
            "alert 3:2+6 unknown keyword 'cliexp' in 'defaults' section\n"
            "warning 4:2+6 'option http-tunnel' is deprecated; use 'option http-keep-alive' instead\n");
}

TEST(Values, are_checked_with_a_caret_under_the_mistake) {
  struct Case {
    std::string_view line, expected;
  };
  constexpr std::string_view time = "a time in milliseconds or with a unit (us, ms, s, m, h, d)";
  const Case cases[] = {
      {"timeout client", "alert 2:16+1 'timeout client' expects {time}\n"},
      {"timeout client 5z", "alert 2:18+1 unexpected character 'z' in 'timeout client', which expects {time}\n"},
      {"timeout client 1s x", "alert 2:20+1 'timeout client' cannot handle unexpected argument 'x'\n"},
      {"timeout client 25d", "alert 2:17+1 timer overflow (maximum value is 2147483647 ms or ~24.8 days) in 'timeout client', which expects {time}\n"},
      {"maxconn", "alert 2:9+1 'maxconn' expects an integer (<connections>)\n"},
      {"maxconn -1", "alert 2:10+2 'maxconn' value must be between 0 and 4294967295 (was -1)\n"},
      {"maxconn 5k", "alert 2:11+1 unexpected character 'k' in 'maxconn', which expects an integer (<connections>)\n"},
      {"maxconn 4294967296", "alert 2:10+10 'maxconn' value must be between 0 and 4294967295 (was 4294967296)\n"},
      {"mode", "alert 2:6+1 'mode' expects 'tcp', 'http', 'health' or 'log'\n"},
      {"mode htpp", "alert 2:7+4 'mode' expects 'tcp', 'http', 'health' or 'log' (got 'htpp'); did you mean 'http' maybe ?\n"},
      {"disabled x", "alert 2:11+1 'disabled' cannot handle unexpected argument 'x'\n"},
  };
  for (const Case& one : cases) {
    std::string expected(one.expected);
    if (const auto at = expected.find("{time}"); at != std::string::npos) expected.replace(at, 6, time);
    EXPECT_EQ(said(fmt::format("defaults\n {}\n", one.line)), expected) << one.line;
  }
  EXPECT_EQ(said("global\n pause 61\n tune.switched maybe\n names\n tune.bufsize 1\n tune.maxaccept -2\n"),
            "alert 2:8+1 time too long (maximum value is 1m) in 'pause', which expects a time in seconds or with a unit (us, ms, s, m, h, d)\n"
            "alert 3:16+5 'tune.switched' expects 'on' or 'off' (got 'maybe')\n"
            "alert 4:7+1 'names' expects an argument (<name> ...)\n"
            "alert 5:15+1 'tune.bufsize' must be at least 1024 (was 1)\n"
            "alert 6:17+2 'tune.maxaccept' value must be between -1 and 100000 (was -2)\n");
  EXPECT_EQ(said("backend b\n server\n server s\n server s a:1 inter\n server s a:1 inter 3x\n"),
            "alert 2:8+1 'server' expects a name and an address\nalert 3:10+1 'server' expects a name and an address\n"
            "alert 4:20+1 'inter' expects a time\nalert 5:22+1 unexpected character 'x' in 'inter', which expects a time\n"
            "warning 1:9+1 missing timeouts for backend 'b': set 'connect' and 'server' to a non-zero value, or connections that "
            "died unnoticed stay for ever\n");
}

TEST(Mistakes, mayStandInComments) {
  using namespace std::string_literals;
  EXPECT_NE(said("global\n maxconn 1 # \0 here\n"s), "");
}

TEST(Values, are_stored) {
  const Loaded loaded = load_text("global\n pause 3\n tune.switched on\n names a b c\ndefaults\n timeout client 0\nbackend b\n"
                                  " description one two\n id 7\n disabled\n enabled\n");
  EXPECT_EQ(brief(loaded.said), "");
  const Section& global = loaded.config->global();
  EXPECT_EQ(global[pause], seconds(3));
  EXPECT_TRUE(global[switched]);
  EXPECT_EQ(global[names], (std::vector<std::string>{"a", "b", "c"}));
  const Section& b = *loaded.config->backend("b");
  EXPECT_EQ(b[description], "one two");
  EXPECT_EQ(b[id], 7U);
  EXPECT_FALSE(b[disabled]);
  EXPECT_EQ(b[timeout_client], std::nullopt);
  EXPECT_TRUE(b.said(timeout_client));
  EXPECT_EQ(deadline(Instant{5}, b[timeout_client]), never);
}

TEST(Environment, changes_are_seen_by_the_lines_that_follow) {
  const Loaded loaded = load_text(
      "global\n setenv X 1\n presetenv X 2\n presetenv Y 3\n.notice \"$X$Y\"\n unsetenv X\n.notice \"${X-gone}\"\n"
      " resetenv Y\n.if defined(A)\n.notice a\n.endif\n setenv\n setenv A\n setenv = b\n unsetenv\n");
  EXPECT_EQ(brief(loaded.said),
            "notice 5:1+7 '13'\nnotice 7:1+7 'gone'\nalert 12:8+1 'setenv' expects a name and a value\n"
            "alert 13:10+1 'setenv' expects a name and a value\nalert 14:9+1 '=' is no name of a variable\n"
            "alert 15:10+1 'unsetenv' expects at least one variable name\n");
  EXPECT_EQ(loaded.config->environment().find("Y"), "3");
  EXPECT_EQ(loaded.config->environment().find("A"), std::nullopt);
}

TEST(Files, sections_end_with_their_file_and_places_name_it) {
  Diagnostics said;
  const auto config = load({{"one.cfg", "global\n foo\n.if 1\n"}, {"two.cfg", " tune.bufsize 2k\nbackend b\n.notice \"${.FILE} ${.SECTION}\"\n"}}, {}, said);
  ASSERT_EQ(said.all().size(), 4U);
  EXPECT_EQ(said.all()[0].place.file, "one.cfg");
  EXPECT_EQ(said.all()[1].text, "non-terminated '.if' block");
  EXPECT_EQ(said.all()[2].text, "unknown keyword 'tune.bufsize' out of section");
  EXPECT_EQ(said.all()[2].place.file, "two.cfg");
  EXPECT_EQ(said.all()[3].text, "'two.cfg b'");
  EXPECT_EQ(config->files(), (std::vector<std::string>{"one.cfg", "two.cfg"}));
}

class Folder : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = std::filesystem::temp_directory_path() / fmt::format("sluice-config-{}", ::getpid());
    std::filesystem::create_directories(path_ / "sub.cfg");
    for (const char* name : {"b.cfg", "a.cfg", ".hidden.cfg", "c.txt", "B.cfg"}) write(name, fmt::format("# {}\n", name));
  }
  void TearDown() override { std::filesystem::remove_all(path_); }
  void write(const std::string& name, std::string_view text) { std::ofstream(path_ / name) << text; }
  std::filesystem::path path_;
};

TEST_F(Folder, gives_its_cfg_files_in_order) {
  Diagnostics said;
  const std::vector<std::string> paths{(path_ / "c.txt").string(), path_.string(), "/nonexistent"};
  const std::vector<std::string> files = config_files(paths, said);
  const auto in = [&](const char* name) { return (path_ / name).string(); };
  EXPECT_EQ(files, (std::vector<std::string>{in("c.txt"), in("B.cfg"), in("a.cfg"), in("b.cfg")}));
  EXPECT_EQ(brief(said), "alert Cannot open configuration file/directory /nonexistent : No such file or directory\n");
  const std::vector<Input> inputs = read_files(files, said);
  ASSERT_EQ(inputs.size(), 4U);
  EXPECT_EQ(inputs[1].text, "# B.cfg\n");
}

TEST_F(Folder, relative_files_start_where_default_path_says) {
  write("page.http", "HTTP/1.0 400 x\r\n\r\n");
  Diagnostics said;
  const std::string name = (path_ / "main.cfg").string();
  load({{name, fmt::format("global\n default-path config\nhttp-errors e\n errorfile 400 page.http\n"
                           "global\n default-path origin {0}\nhttp-errors f\n errorfile 400 page.http\n"
                           "global\n default-path parent\nhttp-errors g\n errorfile 400 {1}/page.http\n"
                           "global\n default-path current\nhttp-errors h\n errorfile 400 page.http\n default-path foo\n",
                           path_.string(), path_.filename().string())}}, {}, said);
  EXPECT_EQ(said.count(Severity::diagnostic), 3U);
  EXPECT_EQ(brief(said).substr(brief(said).find("alert")),
            "alert 16:16+9 'errorfile': error opening file 'page.http' : No such file or directory\n"
            "alert 17:2+12 'default-path' is not allowed in a 'http-errors' section; it belongs to 'global'\n");
}

TEST(Diagnostics, are_printed_in_the_known_shape_with_the_line_below) {
  const Loaded loaded = load_text("global\n\tfoo ü\tbar\n# ä\nbackend ä\n.alert x\n");
  const auto& all = loaded.said.all();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(printed(all[0], 42),
            "[ALERT]    (42) : config : parsing [t.cfg:2] : unknown keyword 'foo' in 'global' section\n"
            "  t.cfg:2:2 | \tfoo ü\tbar\n"
            "            | \t^~~\n");
  EXPECT_EQ(printed(all[1], 42),
            "[ALERT]    (42) : config : parsing [t.cfg:4] : character 'ä' is not permitted in 'backend' name 'ä'; use letters, "
            "digits, '-', '_', '.' and ':'\n"
            "  t.cfg:4:9 | backend ä\n"
            "            |         ^\n");
  EXPECT_EQ(printed({Severity::warning, {}, "no place", "do this", {}}, 7), "[WARNING]  (7) : config : no place; do this\n");
  EXPECT_EQ(printed({Severity::notice, {}, "n", {}, {}}, 7), "[NOTICE]   (7) : config : n\n");
  EXPECT_TRUE(loaded.said.failed());
  EXPECT_EQ(loaded.said.count(Severity::alert), 3U);
}

TEST(Diagnostics, long_lines_are_shown_around_the_caret) {
  const std::string text = printed(load_text("global\n foo " + std::string(1000, 'x') + "\n names a " + std::string(1000, 'y') + "\n tune.maxaccept 1 " +
                                             std::string(500, 'z') + "\n").said.all()[1], 1);
  EXPECT_LT(text.size(), 1200U);
  EXPECT_NE(text.find("|  tune.maxaccept 1 zzz"), std::string::npos) << text;
}

TEST(Dump, names_what_is_registered_and_does_something) {
  const std::vector<DumpName> others{{in::front, "bind <addr> accept-proxy"}, {in::global, "stats socket"}};
  const std::string dump = keyword_dump(others);
  EXPECT_TRUE(dump.starts_with("# List of registered configuration keywords:\nglobal\n\tdefault-path\n")) << dump;
  EXPECT_NE(dump.find("\n\tbacklog\n\tbind\n\tbind <addr> accept-proxy\n"), std::string::npos) << dump;
  EXPECT_NE(dump.find("\tstats socket\n"), std::string::npos);
  EXPECT_NE(dump.find("\nuserlist\n\tgroup\n\tuser\n"), std::string::npos);
  EXPECT_EQ(dump.find("no-use"), std::string::npos);
  EXPECT_EQ(dump.find("frontend\n"), std::string::npos);
}

}  // namespace
}  // namespace sluice::config::test
