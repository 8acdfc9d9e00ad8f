// Who may connect to a UNIX socket: mode and owner of its file.
#include <grp.h>
#include <pwd.h>

#include "proxy/bind.hpp"

namespace sluice::proxy {
namespace {

bool mode(config::Line& line, Bind& bind) {
  const config::Word* const word = line.take("<mode>");
  if (!word) return false;
  unsigned value = 0;
  const char* const end = word->text.data() + word->text.size();
  const auto [at, error] = std::from_chars(word->text.data(), end, value, 8);
  if (error != std::errc() || at != end || value > 07777) {
    line.alert(*word, fmt::format("'{}' : '{}' is not a mode: octal digits are expected.", line.keyword(), word->text));
    return false;
  }
  bind.options.mode = static_cast<mode_t>(value);
  return true;
}
bool uid(config::Line& line, Bind& bind) {
  const auto id = line.take_integer("<uid>", 0, 0x7fffffff);
  if (id) bind.options.user = static_cast<uid_t>(*id);
  return id.has_value();
}
bool gid(config::Line& line, Bind& bind) {
  const auto id = line.take_integer("<gid>", 0, 0x7fffffff);
  if (id) bind.options.group = static_cast<gid_t>(*id);
  return id.has_value();
}
bool user(config::Line& line, Bind& bind) {
  const config::Word* const word = line.take("<user>");
  if (!word) return false;
  const passwd* const entry = getpwnam(word->text.c_str());
  if (!entry) {
    line.alert(*word, fmt::format("'{}' : there is no user '{}'.", line.keyword(), word->text));
    return false;
  }
  bind.options.user = entry->pw_uid;
  return true;
}
bool group(config::Line& line, Bind& bind) {
  const config::Word* const word = line.take("<group>");
  if (!word) return false;
  const ::group* const entry = getgrnam(word->text.c_str());
  if (!entry) {
    line.alert(*word, fmt::format("'{}' : there is no group '{}'.", line.keyword(), word->text));
    return false;
  }
  bind.options.group = entry->gr_gid;
  return true;
}

const catalog::Add mode_entry{BindOption{.name = "mode", .args = "<mode>", .parse = mode,
    .doc = "Access rights of a UNIX socket, in octal."}};
const catalog::Add uid_entry{BindOption{.name = "uid", .args = "<uid>", .parse = uid,
    .doc = "Owner of a UNIX socket, as a number."}};
const catalog::Add gid_entry{BindOption{.name = "gid", .args = "<gid>", .parse = gid,
    .doc = "Group of a UNIX socket, as a number."}};
const catalog::Add user_entry{BindOption{.name = "user", .args = "<user>", .parse = user,
    .doc = "Owner of a UNIX socket, by name."}};
const catalog::Add group_entry{BindOption{.name = "group", .args = "<group>", .parse = group,
    .doc = "Group of a UNIX socket, by name."}};

}  // namespace
}  // namespace sluice::proxy
