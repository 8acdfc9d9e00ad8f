#include "http/normalize.hpp"

#include <gtest/gtest.h>

namespace sluice::http {
namespace {

TEST(Normalize, Fragments) {
  Arena arena;
  EXPECT_EQ(encode_fragment("/#foo", arena), "/%23foo");
  EXPECT_EQ(encode_fragment("/a#b#c", arena), "/a%23b%23c");
  EXPECT_EQ(strip_fragment("/#foo"), "/");
  EXPECT_EQ(strip_fragment("/a?b"), "/a?b");
}

TEST(Normalize, Slashes) {
  Arena arena;
  EXPECT_EQ(merge_slashes("//", arena), "/");
  EXPECT_EQ(merge_slashes("/foo///bar//", arena), "/foo/bar/");
  EXPECT_EQ(merge_slashes("/a/b", arena), "/a/b");
}

TEST(Normalize, Dots) {
  Arena arena;
  const std::pair<const char*, const char*> cases[] = {
      {"/.", "/"}, {"/./bar/", "/bar/"}, {"/a/./a", "/a/a"}, {"/.well-known/", "/.well-known/"}, {"/a/.", "/a/"}, {"/././", "/"}};
  for (const auto& [in, out] : cases) EXPECT_EQ(strip_dot_segments(in, arena), out);
}

TEST(Normalize, ParentSegments) {
  Arena arena;
  const std::pair<const char*, const char*> cases[] = {
      {"/foo/../", "/"}, {"/foo/../bar/", "/bar/"}, {"/foo/bar/../", "/foo/"}, {"/../bar/", "/../bar/"},
      {"/bar/../../", "/../"}, {"/foo//../", "/foo/"}, {"/foo/%2E%2E/", "/foo/%2E%2E/"}, {"/foo/..", "/"},
      {"/foo/bar/..", "/foo/"}, {"/..", "/../"}, {"/a/../..", "/../"}, {"/a/..b/c", "/a/..b/c"}, {"/../../a/../b", "/../../b"}};
  for (const auto& [in, out] : cases) EXPECT_EQ(strip_dotdot_segments(in, LeadingParents::kept, arena), out) << in;
  const std::pair<const char*, const char*> full[] = {{"/../bar/", "/bar/"}, {"/bar/../../", "/"}, {"/..", "/"}, {"/../../a", "/a"}};
  for (const auto& [in, out] : full) EXPECT_EQ(strip_dotdot_segments(in, LeadingParents::removed, arena), out) << in;
}

TEST(Normalize, Escapes) {
  Arena arena;
  EXPECT_EQ(decode_unreserved("/%61dmin", Broken::kept, arena), "/admin");
  EXPECT_EQ(decode_unreserved("/foo%3Fbar=baz", Broken::kept, arena), "/foo%3Fbar=baz");
  EXPECT_EQ(decode_unreserved("/%%36%36", Broken::kept, arena), "/%66");
  EXPECT_EQ(decode_unreserved("/%ZZ%4", Broken::kept, arena), "/%ZZ%4");
  EXPECT_EQ(decode_unreserved("/%%36%36", Broken::refused, arena), std::nullopt);
  EXPECT_EQ(decode_unreserved("/%7e%2D", Broken::refused, arena), "/~-");
  EXPECT_EQ(uppercase_escapes("/%6f%6F", Broken::refused, arena), "/%6F%6F");
  EXPECT_EQ(uppercase_escapes("/%zz", Broken::kept, arena), "/%zz");
  EXPECT_EQ(uppercase_escapes("/%zz", Broken::refused, arena), std::nullopt);
}

TEST(Normalize, Queries) {
  Arena arena;
  EXPECT_EQ(sort_query("c=3&a=1&b=2", arena), "a=1&b=2&c=3");
  EXPECT_EQ(sort_query("aaa=3&a=1&aa=2", arena), "a=1&aa=2&aaa=3");
  EXPECT_EQ(sort_query("a=3&b=4&a=1&b=5&a=2", arena), "a=3&a=1&a=2&b=4&b=5");
  EXPECT_EQ(sort_query("b&&a", arena), "&a&b");
  EXPECT_EQ(sort_query("&b&a&", arena), "&a&b");
  EXPECT_EQ(sort_query("b=1&", arena), "b=1");
}

}  // namespace
}  // namespace sluice::http
