#include <gtest/gtest.h>

#include "support.hpp"

namespace sluice::config::test {
namespace {

const Facts facts{.version = "3.5.0", .features = {"OPENSSL", "PCRE2"}, .enabled = {"EPOLL", "SPLICE"},
                  .ssl_library = "OpenSSL 3.0.17 1 Jul 2025"};

std::string value(std::string_view condition) {
  const auto read = evaluate(condition, facts, variables());
  return read ? (*read ? "true" : "false") : fmt::format("{}: {}", read.error().offset, read.error().why);
}

TEST(Condition, numbers_and_operators) {
  for (const std::string_view yes : {"1", "-1", " 7 ", "!0", "!!1", "(1)", "1&&1", "0||1", "0 && 0 || 1", "1 || 0 && 0",
                                     "!(0 || 0)", "! 0 && ! 0"})
    EXPECT_EQ(value(yes), "true") << yes;
  for (const std::string_view no : {"", " ", "0", "00", "!1", "1&&0", "(0)", "0||0", "0 && (0 || 1)", "!(1)"})
    EXPECT_EQ(value(no), "false") << no;
}

TEST(Condition, predicates) {
  for (const std::string_view yes :
       {"defined(A)", "defined(EMPTY)", "!defined(NO)", "feature(OPENSSL)", "streq(a,a)", "streq(a b,a b)", "streq(a,\"a\")",
        "streq(\"a,b\",'a,b')", "streq(a\\'b,\"a'b\")", "strneq(a,b)", "strstr(abc,b)", "streq(,)", "version_atleast(3.5)",
        "version_atleast(2.4-dev19)", "version_atleast(3.5-dev5)", "version_before(3.5.1)", "version_before(4)",
        "openssl_version_atleast(1.1.1w)", "openssl_version_atleast(3.0.17)", "openssl_version_before(3.1)",
        "ssllib_name_startswith(OpenSSL)", "enabled(EPOLL)", "feature(OPENSSL) && (streq(a,b) || streq(a,a))"})
    EXPECT_EQ(value(yes), "true") << yes;
  for (const std::string_view no : {"defined( A )", "defined(NO)", "feature(openssl)", "streq(a,b)", "strstr(abc,x)",
                                    "version_before(3.5)", "version_atleast(3.6)", "version_atleast(3.6-dev1)", "enabled(KQUEUE)",
                                    "awslc_api_atleast(1)", "fips_mode()", "ssllib_name_startswith(AWS-LC)",
                                    "openssl_version_before(3.0.17)"})
    EXPECT_EQ(value(no), "false") << no;
}

TEST(Condition, mistakes_show_even_where_they_would_not_matter) {
  EXPECT_EQ(value("1||foo(2)"), "3: unknown predicate 'foo'");
  EXPECT_EQ(value("0 && foo(2)"), "5: unknown predicate 'foo'");
  EXPECT_EQ(value("defind(A)"), "0: unknown predicate 'defind'; did you mean 'defined' maybe ?");
  EXPECT_EQ(value("1 2"), "2: unexpected character '2' at the end of the condition");
  EXPECT_EQ(value("1x"), "1: unexpected character 'x' at the end of the condition");
  EXPECT_EQ(value("streq(a,b)c"), "10: unexpected character 'c' at the end of the condition");
  EXPECT_EQ(value("(1"), "0: this '(' has no ')'");
  EXPECT_EQ(value("streq(a,b"), "5: this '(' has no ')'");
  EXPECT_EQ(value("streq(a,\"b)"), "5: unmatched quote in the arguments");
  EXPECT_EQ(value("streq(a)"), "0: predicate 'streq' takes 2 arguments, not 1");
  EXPECT_EQ(value("defined(a,b)"), "0: predicate 'defined' takes 1 argument, not 2");
  EXPECT_EQ(value("defined"), "7: '(' expected after predicate 'defined'");
  EXPECT_EQ(value("1 &&"), "4: the condition is incomplete: a number, a predicate or '(' is expected");
  EXPECT_EQ(value("1 & 1"), "2: unexpected character '&' at the end of the condition");
  EXPECT_EQ(value("- 1"), "0: a number, a predicate or '(' is expected");
  EXPECT_EQ(value(std::string(300, '(')), "100: too many nested parentheses");
}

TEST(Condition, of_the_command_line) {
  const auto run = [](std::string_view text) { return evaluate_argument(text, facts, variables()); };
  EXPECT_EQ(run("streq(\"$NAME\",web)"), true);
  EXPECT_EQ(run(""), false);
  EXPECT_EQ(run("1"), true);
  EXPECT_EQ(run("junk").error(), "unknown predicate 'junk' (at position 1 of 'junk')");
  EXPECT_EQ(run("streq(\"a,b)").error(), "unmatched quote");
}

TEST(Directives, blocks_take_the_first_true_branch) {
  EXPECT_EQ(said(".if 1\n.notice a\n.elif 1\n.notice b\n.else\n.notice c\n.endif\n"), "notice 2:1+7 'a'\n");
  EXPECT_EQ(said(".if 0\n.notice a\n.elif 1\n.notice b\n.elif 1\n.notice x\n.else\n.notice c\n.endif\n"), "notice 4:1+7 'b'\n");
  EXPECT_EQ(said(".if 0\n.notice a\n.else # no\n.notice c\n.endif\n"), "notice 4:1+7 'c'\n");
  EXPECT_EQ(said(".if\n.notice a\n.endif\n"), "");
  EXPECT_EQ(said(".if 0\n.if 1\n.notice a\n.else\n.notice b\n.endif\n.elif 0\n.else\n.if 1\n.notice c\n.endif\n.endif\n"),
            "notice 10:1+7 'c'\n");
  EXPECT_EQ(said(".if streq(\"$NAME\",web) && defined(A)\n.notice \"${NAME}!\"\n.endif\n"), "notice 2:1+7 'web!'\n");
}

TEST(Directives, what_is_skipped_is_cut_but_not_understood) {
  EXPECT_EQ(said(".if 0\nfoo bar\n.if junk(\n.endif\n.bar\n.endif\n"), "");
  EXPECT_EQ(said(".if 1\n.elif junk(\n.endif\n"), "");
  EXPECT_EQ(said(".if 0\nfoo \"x\n.endif\n"), "alert 2:5+2 unmatched quote; a \" is missing\n");
}

TEST(Directives, messages) {
  EXPECT_EQ(said(".diag x\n.notice\n.warning \"w w\"\n.alert a\n"), "diag 1:1+5 'x'\nnotice 2:1+7 ''\nwarning 3:1+8 'w w'\nalert 4:1+6 'a'\n");
  EXPECT_EQ(said(".notice a b\n"), "alert 1:11+1 unexpected argument 'b' for '.notice'; use quotes if the message should contain spaces\n");
}

TEST(Directives, mistakes) {
  EXPECT_EQ(said(".else\n"), "alert 1:1+5 lone '.else' with no matching '.if'\n");
  EXPECT_EQ(said(".endif\n"), "alert 1:1+6 lone '.endif' with no matching '.if'\n");
  EXPECT_EQ(said(".if 1\n.else\n.else\n.elif 1\n.endif x\n"),
            "alert 3:1+5 '.else' after '.else' is not permitted\nalert 4:1+5 '.elif' after '.else' is not permitted\n"
            "alert 5:8+1 unexpected argument 'x' for '.endif'\n");
  EXPECT_EQ(said(".if 1\n.if 0\n"), "alert 2:1+3 non-terminated '.if' block; an '.endif' is missing\n");
  EXPECT_EQ(said(".iff 1\n"), "alert 1:1+4 unknown directive '.iff'; did you mean '.if' maybe ?\n");
  EXPECT_EQ(said(".if streq(a,b)   && foo(1)\n.endif\n"), "alert 1:21+1 unknown predicate 'foo', in '.if'\n");
}

}  // namespace
}  // namespace sluice::config::test
