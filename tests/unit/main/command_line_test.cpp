#include "main/command_line.hpp"

#include <gtest/gtest.h>

namespace sluice {
namespace {

template <class... Words>
std::expected<CommandLine, CommandLineError> parse(Words... words) {
  const char* const arguments[] = {words...};
  return parse_command_line(arguments);
}

TEST(CommandLine, takesWhatInitScriptsUse) {
  const auto line = parse("-D", "-f", "a.cfg", "-f", "b", "-p", "/run/x.pid", "-sf", "12", "13", "-n", "500", "--", "c.cfg");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->files, (std::vector<std::string>{"a.cfg", "b", "c.cfg"}));
  EXPECT_TRUE(line->daemon);
  EXPECT_EQ(line->pidfile, "/run/x.pid");
  EXPECT_EQ(line->finish, (std::vector<pid_t>{12, 13}));
  EXPECT_EQ(line->max_connections, 500);
}

TEST(CommandLine, takesWhatVarnishtestPrepends) {
  const auto line = parse("-d", "-dM", "-dI", "-dW", "-f", "x");
  ASSERT_TRUE(line);
  EXPECT_TRUE(line->foreground && line->debug && line->warnings_are_fatal);
  EXPECT_EQ(line->poison_byte, 0x50);
  EXPECT_EQ(line->unused, std::vector<std::string>{"-dI"});
}

TEST(CommandLine, saysWhatIsWrong) {
  EXPECT_EQ(parse("-f").error(), "-f needs a configuration file");
  EXPECT_EQ(parse("-n", "many", "-f", "x").error(), "'many' is not a number");
  EXPECT_EQ(parse("-zz").error(), "unknown option '-zz'");
  EXPECT_EQ(parse("-c").error(), "");
  EXPECT_EQ(parse("-f", "x", "-x").error(), "-x needs an argument");
  EXPECT_EQ(parse("-dK", "-f", "x").error(), "-dK needs a class, try -dKhelp");
}

TEST(CommandLine, verboseUndoesQuiet) {
  const auto line = parse("-q", "-V", "-c", "-f", "x");
  ASSERT_TRUE(line);
  EXPECT_FALSE(line->quiet);
  EXPECT_EQ(line->action, CommandLine::Action::check);
}

}  // namespace
}  // namespace sluice
