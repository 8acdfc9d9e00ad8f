// Who may connect to a UNIX socket: mode and owner of its file, on a bind line or for all of them (unix-bind).
#include <grp.h>
#include <pwd.h>

#include "proxy/setting/proxy_settings.hpp"

namespace sluice::proxy {

const config::Setting<UnixBind> setting::unix_bind{config::in::global};

void apply(const UnixBind& common, Bind& bind) {
  bool any = false;
  for (Bind::Where& where : bind.places) {
    if (where.address.family() != net::Family::unix_path) continue;
    any = true;
    where.address = net::Address::unix_path(common.prefix + std::string(where.address.path()));
  }
  if (!any) return;
  const net::ListenOptions unset;
  if (bind.options.mode == unset.mode) bind.options.mode = common.options.mode;
  if (bind.options.user == unset.user) bind.options.user = common.options.user;
  if (bind.options.group == unset.group) bind.options.group = common.options.group;
}

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

// unix-bind [prefix <path>] and the options above, in any order; later ones win.
void parse_unix_bind(config::Line& line, config::Section& section) {
  UnixBind& common = section.change(setting::unix_bind, line);
  constexpr std::pair<std::string_view, bool (*)(config::Line&, Bind&)> options[] = {
      {"mode", mode}, {"uid", uid}, {"gid", gid}, {"user", user}, {"group", group}};
  Bind bind;
  bind.options = common.options;
  while (const config::Word* const word = line.next()) {
    if (*word == "prefix") {
      const config::Word* const path = line.take("a path");
      if (!path) return;
      common.prefix = path->text;
      continue;
    }
    const auto* const option = std::ranges::find(options, word->text, [](const auto& one) { return one.first; });
    if (option == std::end(options))
      return line.alert(*word, "'unix-bind' only supports the 'prefix', 'mode', 'uid', 'gid', 'user' and 'group' options.");
    if (!option->second(line, bind)) return;
  }
  common.options = bind.options;
}
const catalog::Add unix_bind_entry{config::Keyword{
    .name = "unix-bind", .args = "[prefix <path>] [mode <mode>] [user <user> | uid <uid>] [group <group> | gid <gid>]",
    .sections = config::in::global, .parse = parse_unix_bind, .prefixes = config::Prefixes::no,
    .doc = "A path before those of all UNIX sockets of bind lines, and rights and owner of those that say none."}};

}  // namespace
}  // namespace sluice::proxy
