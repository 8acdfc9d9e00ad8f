#include "config/userlist.hpp"

#include <crypt.h>

#include <memory>

#include "base/text.hpp"
#include "config/config.hpp"

namespace sluice::config {

const Setting<Userlist> userlist{in::userlist};

const User* Userlist::find(std::string_view name) const {
  const auto at = std::ranges::find(users, name, &User::name);
  return at == users.end() ? nullptr : &*at;
}

bool Userlist::is_member(std::string_view user, std::string_view group) const {
  return std::ranges::any_of(memberships, [&](const Membership& m) { return m.user == user && m.group == group; });
}

namespace {

using catalog::Add;

// As long as the longer of both: how far they agree is not to be seen from the time it takes.
bool same_secret(std::string_view a, std::string_view b) {
  unsigned char difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < b.size(); ++i)
    difference |= static_cast<unsigned char>((i < a.size() ? a[i] : 0) ^ b[i]);
  return difference == 0;
}

// Empty: crypt(3) does not know this kind of hash.
std::string crypted(const std::string& password, const std::string& hash) {
  const auto room = std::make_unique<crypt_data>();
  const char* const result = ::crypt_r(password.c_str(), hash.c_str(), room.get());
  return result && result[0] != '*' ? result : "";
}

}  // namespace

bool Userlist::authenticates(std::string_view name, std::string_view password) const {
  const User* user = find(name);
  if (!user || user->kind == Secret::none) return false;
  if (user->kind == Secret::plain) return same_secret(password, user->secret);
  const std::string result = crypted(std::string(password), user->secret);
  return !result.empty() && same_secret(result, user->secret);
}

namespace {

void add_members(const Word& list, const std::string& name, Membership::Missing may_miss, Userlist& into) {
  std::string_view rest = list.text;
  while (!rest.empty()) {
    const std::size_t at = static_cast<std::size_t>(rest.data() - list.text.data());
    const std::string_view other = take_until(rest, ',');
    if (other.empty()) continue;
    const Place place = list.at(at, other.size());
    if (may_miss == Membership::Missing::group) into.memberships.push_back({name, std::string(other), place, may_miss});
    else into.memberships.push_back({std::string(other), name, place, may_miss});
  }
}

void parse_group(Line& line, Section& section) {
  const Word* name = line.take("a name");
  if (!name) return;
  Userlist& list = section.change(userlist, line);
  if (std::ranges::find(list.groups, name->text, &Group::name) != list.groups.end()) {
    line.warning(*name, fmt::format("ignoring duplicated group '{}' in userlist '{}'", name->text, section.name()));
    return;
  }
  list.groups.push_back({name->text, name->place});
  while (const Word* option = line.next()) {
    if (option->text != "users") {
      line.alert(*option, fmt::format("'group' only supports the 'users' option (got '{}')", option->text));
      return;
    }
    const Word* users = line.take("a list of users");
    if (!users) return;
    add_members(*users, name->text, Membership::Missing::user, list);
  }
}
const Add group_entry{Keyword{.name = "group", .args = "<name> [users <user>,...]", .sections = in::userlist,
                              .parse = parse_group, .doc = "A group of users."}};

void parse_user(Line& line, Section& section) {
  const Word* name = line.take("a name");
  if (!name) return;
  Userlist& list = section.change(userlist, line);
  if (list.find(name->text)) {
    line.warning(*name, fmt::format("ignoring duplicated user '{}' in userlist '{}'", name->text, section.name()));
    return;
  }
  User user{.name = name->text};
  while (const Word* option = line.next()) {
    if (option->text == "password" || option->text == "insecure-password") {
      const bool plain = option->text == "insecure-password";
      const Word* secret = line.take("a password");
      if (!secret) return;
      user.secret = secret->text;
      user.kind = plain ? Secret::plain : Secret::crypted;
      if (!plain && crypted("", secret->text).empty())
        line.alert(*secret, fmt::format("the hash of user '{}' is of no kind crypt(3) knows here", user.name),
                   "write 'insecure-password' if it is the password itself");
    } else if (option->text == "groups") {
      const Word* groups = line.take("a list of groups");
      if (!groups) return;
      add_members(*groups, user.name, Membership::Missing::group, list);
    } else {
      line.alert(*option, fmt::format("'user' only supports the options 'password', 'insecure-password' and 'groups' (got '{}')",
                                      option->text));
      return;
    }
  }
  list.users.push_back(std::move(user));
}
const Add user_entry{Keyword{.name = "user", .args = "<name> [password|insecure-password <password>] [groups <group>,...]",
                             .sections = in::userlist, .parse = parse_user, .doc = "A user and the proof of being it."}};

// Groups and users may be mentioned before they are defined, but they must be in the end.
void finish(const Section& section, const Config&, Diagnostics& diagnostics) {
  const Userlist& list = section[userlist];
  for (const Membership& one : list.memberships) {
    if (one.may_miss == Membership::Missing::user && !list.find(one.user))
      diagnostics.alert(one.place, fmt::format("userlist '{}': no such user '{}' specified in group '{}'", section.name(),
                                               one.user, one.group));
    if (one.may_miss == Membership::Missing::group && std::ranges::find(list.groups, one.group, &Group::name) == list.groups.end())
      diagnostics.alert(one.place, fmt::format("userlist '{}': no such group '{}' specified in user '{}'", section.name(),
                                               one.group, one.user));
  }
}
const Add userlist_entry{SectionKind{.name = "userlist", .args = "<name>", .bit = in::userlist, .finish = finish,
                                     .doc = "Users, passwords and groups for authentication."}};

}  // namespace
}  // namespace sluice::config
