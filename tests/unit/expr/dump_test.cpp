#include <gtest/gtest.h>

#include "expr/entries.hpp"

namespace sluice::expr {
namespace {

// Lines as `haproxy -dKall` prints them.
TEST(Dump, hasTheLayoutToolsExpect) {
  const std::string fetches = dump_fetches();
  EXPECT_NE(fetches.find("\n#                       _.---------------------- frontend tcp-request connection rule\n"), std::string::npos);
  EXPECT_NE(fetches.find("\n# / / / / / / / / / / / / / / / / / / / / / /  \n# | | | | | | | | | | | | | | | | | | | | | | \n"), std::string::npos);
  EXPECT_NE(fetches.find("\n[ . . Y Y Y Y Y Y Y Y Y . . . . . . . . . . . ] base: str\n"), std::string::npos);
  EXPECT_NE(fetches.find("\n[ Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y ] var(string[,string]): any\n"), std::string::npos);
  EXPECT_NE(fetches.find("] src: addr\n"), std::string::npos);
  const std::string converters = dump_converters();
  EXPECT_NE(converters.find("\nadd(string): sint => sint\n"), std::string::npos);
  EXPECT_NE(converters.find("\nregsub(regex,string[,string]): str => str\n"), std::string::npos);
  EXPECT_NE(converters.find("\nmap_beg_int(string[,integer]): sint => str\n"), std::string::npos);
  const std::string acls = dump_acls();
  EXPECT_NE(acls.find("\nhdr_beg = req.hdr -m beg\n"), std::string::npos);
  EXPECT_NE(acls.find("\npath = path -m str\npath_beg = path -m beg\n"), std::string::npos);
}

}  // namespace
}  // namespace sluice::expr
