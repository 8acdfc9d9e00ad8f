#include <gtest/gtest.h>

#include "support.hpp"

namespace sluice::config::test {
namespace {

struct Case {
  std::string_view text, expected;
};

void check_all(std::initializer_list<Case> cases) {
  for (const Case& one : cases) EXPECT_EQ(cut(std::string(one.text)), one.expected) << "cutting " << one.text;
}

TEST(Lexer, cuts_at_blanks_and_stops_at_comments) {
  check_all({{"a b\tc\n", "a|b|c\n"},
             {"\n  \n\t\n# all of it\n  # again\n", ""},
             {"global#this is it\n daemon #x\n", "global\ndaemon\n"},
             {"a\r\nb\r\n", "a\nb\n"},
             {"a ü 健康 # 健康\n", "a|ü|健康\n"},
             {"\\# a\\#b\n", "#|a#b\n"}});
}

TEST(Lexer, quotes_and_escapes_as_the_manual_tabulates_them) {
  check_all({{R"~(log-format %{+Q}o\ %t\ %s\ %{-Q}r)~" "\n", "log-format|%{+Q}o %t %s %{-Q}r\n"},
             {R"~(log-format "%{+Q}o %t %s %{-Q}r")~" "\n", "log-format|%{+Q}o %t %s %{-Q}r\n"},
             {R"~(log-format '%{+Q}o %t %s %{-Q}r')~" "\n", "log-format|%{+Q}o %t %s %{-Q}r\n"},
             {R"~(log-format "%{+Q}o %t"' %s %{-Q}r')~" "\n", "log-format|%{+Q}o %t %s %{-Q}r\n"},
             {R"~(log-format "%{+Q}o %t"' %s'\ %{-Q}r)~" "\n", "log-format|%{+Q}o %t %s %{-Q}r\n"},
             {R"~(a "b # c" 'd # e')~" "\n", "a|b # c|d # e\n"},
             {R"~(\x41\x20b "\x22" '\x41')~" "\n", "A b|\"|\\x41\n"},
             {R"~(a\tb\rc\nd)~" "\n", "a\tb\rc\nd\n"},
             {R"~("a\"b" "it's" 'say "x"' \"q\" \'q\')~" "\n", "a\"b|it's|say \"x\"|\"q\"|'q'\n"},
             {R"~(a\db "a\db" 'a\db' "my/\1")~" "\n", "a\\db|a\\db|a\\db|my/\\1\n"},
             {R"~("" '' x)~" "\n", "||x\n"},
             {R"~('%[path,regsub("^/(here)(/|$)","my/\1",g)]')~" "\n", "%[path,regsub(\"^/(here)(/|$)\",\"my/\\1\",g)]\n"},
             {R"~(path,regsub(\"(foo|bar)\",blah,g))~" "\n", "path,regsub(\"(foo|bar)\",blah,g)\n"}});
}

TEST(Lexer, variables_live_in_double_quotes_only) {
  check_all({{R"~(a$NAME '$NAME' "$NAME" "${NAME}s" a\$NAME)~" "\n", "a$NAME|$NAME|web|webs|a\\$NAME\n"},
             {R"~("\$NAME" "$NAME-x" "$A")~" "\n", "$NAME|web-x|x y  z\n"},
             {R"~("${NO-def ault}" "${NO-}x" "${EMPTY-def}x")~" "\n", "def ault|x|x\n"},
             {R"~("${NO}" after)~" "\n", "|after\ndiag 1:2+5 environment variable 'NO' is not set\n"},
             {R"~("${.FILE}:${.LINE}:${.SECTION}" "$.LINE")~" "\n", "t.cfg:1:|1\n"},
             {"\n\n a \"${.LINE}\"\n", "a|3\n"}});
}

TEST(Lexer, lists_expand_to_words) {
  check_all({{R"~(a "${A[*]}" b)~" "\n", "a|x|y|z|b\n"},
             {R"~("pre${A[*]}post")~" "\n", "prex|y|zpost\n"},
             {R"~(a "${EMPTY[*]}" b)~" "\n", "a|b\n"},
             {R"~(a "x${EMPTY[*]}" b)~" "\n", "a|x|b\n"},
             {R"~(a "${NO[*]-p q}")~" "\n", "a|p|q\n"}});
}

TEST(Lexer, says_where_a_line_cannot_be_cut) {
  check_all({{" \"unclosed\nb\n", "b\nalert 1:2+9 unmatched quote; a \" is missing\n"},
             {"a 'x\n", "alert 1:3+2 unmatched quote; a ' is missing\n"},
             {"a \\xg1\n", "alert 1:3+4 truncated or invalid hexadecimal sequence; write \\x and two hexadecimal digits\n"},
             {"a \"\\x4\"\n", "alert 1:4+4 truncated or invalid hexadecimal sequence; write \\x and two hexadecimal digits\n"},
             {"a \"${A\"\n", "alert 1:4+3 unmatched brace in environment variable name\n"},
             {"a \"$\"\n", "alert 1:5+1 forbidden first character in environment variable name; write \\$ for a dollar sign\n"},
             {"a \"$1\"\n", "alert 1:5+1 forbidden first character in environment variable name; write \\$ for a dollar sign\n"},
             {"a \"${.FOO}\"\n", "a|\nwarning 1:4+7 unknown pseudo-variable '.FOO'\n"},
             {"a\nb", "a\nb\nalert 2:2+1 missing LF on last line, the file might have been truncated\n"},
             {std::string_view("a\0b\nc\n", 6), "c\nalert 1:2+1 stray NUL character\n"},
             {"a \x01 b\n", "a|\x01|b\nwarning 1:3+1 control character \\x01\n"},
             {"\xef\xbb\xbfglobal\n", "alert 1:1+1 the file begins with a byte order mark; save it as UTF-8 without one\n"},
             {"a “b”\n", "a|“b”\nwarning 1:3+3 this is a typographic quote, and part of the word; use \" or '\n"},
             {"a # “b”\n", "a\n"}});
}

constexpr std::string_view continued =
    "the line is continued by a trailing backslash, which HAProxy does not know; write the statement in one line\n";

TEST(Lexer, a_trailing_backslash_continues_the_line_with_a_warning) {
  EXPECT_EQ(cut("server a \\\n  inter 3s \\    # every 3 s\n  rise 2 \\  \n  fall 3\nnext\n"),
            fmt::format("server|a|inter|3s|rise|2|fall|3\nnext\nwarning 1:10+1 {}", continued));
  EXPECT_EQ(cut("a b\\\nc\n"), fmt::format("a|b|c\nwarning 1:4+1 {}", continued));
  EXPECT_EQ(cut("a \\\n"), fmt::format("a\nwarning 1:3+1 {}", continued));
  EXPECT_EQ(cut("# comment \\\nb\n"), "b\n");
  EXPECT_EQ(cut("a b\\ \\ \nc\n"), "a|b  \nc\n") << "escaped blanks at the end";
  EXPECT_EQ(cut("a b\\ # escaped, not continued\nc\n"), "a|b \nc\n");
}

TEST(Lexer, words_know_the_place_of_every_byte) {
  Sources sources;
  Diagnostics said(sources);
  const Environment environment = variables();
  Lexer lexer(sources.add("t.cfg", "a b\\ \"$NAME\"c \\\n   d\n"), environment, said);
  const auto words = lexer.next();
  ASSERT_TRUE(words);
  ASSERT_EQ(words->size(), 3U);
  const Word& middle = (*words)[1];
  EXPECT_EQ(middle.text, "b webc");
  EXPECT_EQ(middle.place.column, 3U);
  EXPECT_EQ(middle.place.width, 11U);
  EXPECT_EQ(middle.at(0).column, 3U);
  EXPECT_EQ(middle.at(1).column, 4U);  // the escaped space
  EXPECT_EQ(middle.at(3).column, 7U);  // from the variable
  EXPECT_EQ(middle.at(5).column, 13U);
  EXPECT_EQ(middle.at(6).column, 14U);  // behind its end
  const Word& last = (*words)[2];
  EXPECT_TRUE(last.columns.empty());
  EXPECT_EQ(last.place.line, 2U);
  EXPECT_EQ(last.at(0).column, 4U);
}

TEST(Lexer, no_limit_on_lines_or_words) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "word ";
  text += std::string(100000, 'x') + "\n";
  Sources sources;
  Diagnostics said(sources);
  const Environment environment;
  Lexer lexer(sources.add("t.cfg", text), environment, said);
  const auto words = lexer.next();
  ASSERT_TRUE(words);
  EXPECT_EQ(words->size(), 5001U);
  EXPECT_EQ(words->back().text.size(), 100000U);
  EXPECT_FALSE(said.failed());
}

// The configurations tutorials print: all can be cut, two with their continued lines.
TEST(Lexer, cuts_what_tutorials_print) {
  std::vector<std::string> folder{"tests/configs/tutorials", "examples"};
  Diagnostics trouble;
  const std::vector<std::string> files = config_files(folder, trouble);
  if (files.empty()) GTEST_SKIP() << "not started in the source folder";
  EXPECT_GT(files.size(), 30U);
  for (Input& input : read_files(files, trouble)) {
    const bool continues = input.name.ends_with("04-check-continued-lines.cfg") ||
                           input.name.ends_with("04-check-best-practice.cfg");
    Sources sources;
    Diagnostics said(sources);
    const Environment environment;
    const SourceFile& file = sources.add(input.name, std::move(input.text));
    Lexer lexer(file, environment, said);
    std::size_t statements = 0;
    while (lexer.next()) ++statements;
    EXPECT_GT(statements, 3U) << input.name;
    EXPECT_FALSE(said.failed()) << said.text();
    EXPECT_EQ(said.count(Severity::warning) > 0, continues) << said.text();
  }
  EXPECT_FALSE(trouble.failed()) << trouble.text();
}

}  // namespace
}  // namespace sluice::config::test
