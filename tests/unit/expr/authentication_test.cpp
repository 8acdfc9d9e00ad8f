#include "expr/authentication.hpp"

#include <gtest/gtest.h>

namespace sluice::expr {
namespace {

struct Asking {
  Arena arena;
  http::Request request{arena};
  std::optional<Credentials> say(std::string_view value, AuthorizationField field = AuthorizationField::to_server) {
    request.fields.set(http::HeaderName("authorization"), value);
    return basic_credentials(request, field, arena);
  }
};

TEST(Authentication, ReadsBasicCredentials) {
  Asking asking;
  const auto said = asking.say("Basic dXNlcjpwYTpzcw==");
  ASSERT_TRUE(said);
  EXPECT_EQ(said->user, "user");
  EXPECT_EQ(said->password, "pa:ss");
  EXPECT_TRUE(asking.say("basic dXNlcjpwYTpzcw=="));  // the scheme's case does not matter
  for (const auto* const padded : {"Basic dXNlcjpwYTpzcw", "Basic dXNlcjpwYTpzcw=", "Basic dXNlcjpwYTpzcw===", "Basic dXNlcjpwYTpzcw======"})
    EXPECT_FALSE(asking.say(padded)) << padded;
  EXPECT_FALSE(asking.say("Bearer dXNlcjpwYTpzcw=="));
  EXPECT_FALSE(asking.say("Basic dXNl*jpw"));
  EXPECT_FALSE(asking.say("Basic dXNlcg=="));  // no colon
  EXPECT_FALSE(asking.say("Basic dXNlcjpwYTpzcw==", AuthorizationField::to_proxy));
}

TEST(Authentication, PlainAndCryptedSecrets) {
  config::Userlist users;
  users.users.push_back({.name = "plain", .secret = "open", .kind = config::Secret::plain});
  // crypt(3) SHA-256 of "hello" with few rounds
  users.users.push_back({.name = "hashed", .secret = "$5$rounds=1000$salt$LOwWr9mMJrAtf7FfCf.shKLAf.rccucF5dcSaCW2ur3",
                         .kind = config::Secret::crypted});
  users.users.push_back({.name = "none"});
  EXPECT_TRUE(authenticates(users, {"plain", "open"}));
  EXPECT_FALSE(authenticates(users, {"plain", "opem"}));
  EXPECT_FALSE(authenticates(users, {"plain", ""}));
  EXPECT_FALSE(authenticates(users, {"none", ""}));
  EXPECT_FALSE(authenticates(users, {"nobody", "open"}));
  for (int again = 0; again < 3; ++again) {  // the second time it is remembered
    EXPECT_TRUE(authenticates(users, {"hashed", "hello"}));
    EXPECT_FALSE(authenticates(users, {"hashed", "Hello"}));
    EXPECT_FALSE(authenticates(users, {"hashed", ""}));
  }
}

}  // namespace
}  // namespace sluice::expr
