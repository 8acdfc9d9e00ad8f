// Userlists (manual, section 3.4): who may log in and which groups they are in. Part of the Config: immutable, any
// worker may read it. Names are unique; what a group lists and what a user lists have been put together.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "config/place.hpp"
#include "config/setting.hpp"

namespace sluice::config {

enum class Secret : std::uint8_t { none, plain, crypted };

struct User {
  std::string name;
  std::string secret;
  Secret kind = Secret::none;  // without one nobody can log in as this user
};

struct Group {
  std::string name;
  Place place;
};

// A mention of a user or group that may be defined further down.
struct Membership {
  std::string user, group;
  Place place;
  enum class Missing : std::uint8_t { user, group } may_miss = Missing::group;
};

struct Userlist {
  std::vector<User> users;
  std::vector<Group> groups;
  std::vector<Membership> memberships;

  const User* find(std::string_view name) const;
  bool is_member(std::string_view user, std::string_view group) const;
  // crypt(3) hashes are meant to be slow: this may take milliseconds.
  bool authenticates(std::string_view name, std::string_view password) const;
};

extern const Setting<Userlist> userlist;  // of a section `userlist`

}  // namespace sluice::config
