#include <gtest/gtest.h>

#include "config/http_errors.hpp"
#include "config/userlist.hpp"
#include "support.hpp"

namespace sluice::config::test {
namespace {

TEST(Userlist, both_forms_of_the_manual_mean_the_same) {
  const Loaded loaded = load_text(
      "userlist L1\n group G1 users tiger,scott\n group G2 users xdb,scott\n"
      " user tiger password $5$salt$w2PNwhVbsMoVpeRFTVwEmHjAT7dznQY98piM8j9X9v/\n"
      " user scott insecure-password elgato\n user xdb insecure-password hello\n"
      "userlist L2\n group G1\n group G2\n user tiger groups G1\n user scott insecure-password elgato groups G1,G2\n"
      " user xdb insecure-password hello groups G2\n");
  EXPECT_EQ(brief(loaded.said), "");
  for (const char* name : {"L1", "L2"}) {
    const Userlist& list = (*loaded.config->find(in::userlist, name))[userlist];
    EXPECT_TRUE(list.is_member("tiger", "G1"));
    EXPECT_FALSE(list.is_member("tiger", "G2"));
    EXPECT_TRUE(list.is_member("scott", "G1"));
    EXPECT_TRUE(list.is_member("scott", "G2"));
    EXPECT_TRUE(list.authenticates("scott", "elgato"));
    EXPECT_FALSE(list.authenticates("scott", "elgat"));
    EXPECT_FALSE(list.authenticates("scott", ""));
    EXPECT_FALSE(list.authenticates("nobody", "elgato"));
  }
  const Userlist& first = (*loaded.config->find(in::userlist, "L1"))[userlist];
  EXPECT_TRUE(first.authenticates("tiger", "hello world"));
  EXPECT_FALSE(first.authenticates("tiger", "hello worlds"));
  const Userlist& second = (*loaded.config->find(in::userlist, "L2"))[userlist];
  EXPECT_FALSE(second.authenticates("tiger", ""));
}

TEST(Userlist, mistakes) {
  EXPECT_EQ(said("userlist u\n user y password\n user z password $9$x\n user\n user a foo b\n group\n group h foo\n"),
            "alert 2:17+1 'password' expects a password\n"
            "alert 3:18+4 the hash of user 'z' is of no kind crypt(3) knows here; write 'insecure-password' if it is the password itself\n"
            "alert 4:6+1 'user' expects a name\n"
            "alert 5:9+3 'user' only supports the options 'password', 'insecure-password' and 'groups' (got 'foo')\n"
            "alert 6:7+1 'group' expects a name\nalert 7:10+3 'group' only supports the 'users' option (got 'foo')\n");
  EXPECT_EQ(said("userlist u\n group g users a,b\n user a insecure-password x groups g,h\n user a\n group g\n"),
            "warning 4:7+1 ignoring duplicated user 'a' in userlist 'u'\nwarning 5:8+1 ignoring duplicated group 'g' in userlist 'u'\n"
            "alert 2:18+1 userlist 'u': no such user 'b' specified in group 'g'\n"
            "alert 3:38+1 userlist 'u': no such group 'h' specified in user 'a'\n");
}

TEST(HttpErrors, pages_are_read_with_the_configuration) {
  const Loaded loaded = load_text("http-errors e\n errorfile 400 /dev/null\n errorfile 404 /dev/null\n errorfile 400 /dev/null\n");
  EXPECT_EQ(brief(loaded.said), "");
  const auto& files = (*loaded.config->find(in::http_errors, "e"))[error_files];
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].status, 404);
  EXPECT_EQ(files[1].status, 400);
  EXPECT_EQ(files[1].text, "");
  EXPECT_EQ(files[1].place.line, 4U);
  EXPECT_EQ(said("http-errors e\n errorfile 400 /nope\n errorfile 999 /dev/null\n errorfile\n errorfile 400\n foo\n"),
            "alert 2:16+5 'errorfile': error opening file '/nope' : No such file or directory\n"
            "alert 3:12+3 'errorfile': status code '999' is not handled\n"
            "alert 4:11+1 'errorfile' expects a status code and a file\n"
            "alert 5:15+1 'errorfile' expects a status code and a file\n"
            "alert 6:2+3 unknown keyword 'foo' in 'http-errors' section\n");
}

}  // namespace
}  // namespace sluice::config::test
