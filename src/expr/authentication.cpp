#include "expr/authentication.hpp"

#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <thread>

#include "base/text.hpp"
#include "expr/base64.hpp"

namespace sluice::expr {

namespace {

// What crypt(3) said about (hash, password), under a digest keyed for this process: a table that is read out tells
// nothing. Direct-mapped, so it never grows: an attacker who tries passwords only displaces entries.
class Verdicts {
 public:
  using Key = std::array<unsigned char, 32>;
  Verdicts() {
    if (RAND_bytes(secret_.data(), static_cast<int>(secret_.size())) != 1) usable_ = false;
  }
  std::optional<Key> key(std::string_view hash, std::string_view password) const {
    if (!usable_) return std::nullopt;
    // The hash cannot hold a line feed, so nothing else gives the same text.
    std::string text(hash);
    text += '\n';
    text += password;
    Key key;
    unsigned size = 0;
    const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
    const bool made = HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()), bytes, text.size(), key.data(), &size);
    return made && size == key.size() ? std::optional(key) : std::nullopt;
  }
  std::optional<bool> find(const Key& key) const {
    const std::lock_guard lock(mutex_);
    const Entry& entry = entries_[slot(key)];
    return entry.used && entry.key == key ? std::optional(entry.good) : std::nullopt;
  }
  void remember(const Key& key, bool good) {
    const std::lock_guard lock(mutex_);
    Entry& entry = entries_[slot(key)];
    if (entry.used && entry.good && !good) return;  // wrong guesses do not displace who has been let in
    entry = {key, good, true};
  }

 private:
  static constexpr std::size_t capacity = 4096;
  struct Entry {
    Key key;
    bool good = false;
    bool used = false;
  };
  static std::size_t slot(const Key& key) { return (std::size_t{key[0]} << 8 | key[1]) % capacity; }
  std::array<unsigned char, 32> secret_{};
  bool usable_ = true;
  mutable std::mutex mutex_;
  std::array<Entry, capacity> entries_{};
};

Verdicts& verdicts() {
  static Verdicts all;
  return all;
}

// What find_out() has told this thread last: in use until the rules it was asked for have run.
struct Latest {
  Verdicts::Key key{};
  bool good = false, known = false;
};
thread_local Latest latest;

// The user whose password has to be hashed, if it is one of this list.
const config::User* hashed_user(const config::Userlist& users, const Credentials& credentials) {
  const config::User* const user = users.find(credentials.user);
  return user && user->kind == config::Secret::crypted ? user : nullptr;
}
std::optional<bool> verdict_on(const Verdicts::Key& key) {
  if (latest.known && latest.key == key) return latest.good;
  return verdicts().find(key);
}

// Threads that only compute hashes, made with the first one. They live as long as the process, and so does this.
class Helpers {
 public:
  void add(std::function<void()> job) {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
    if (idle_ == 0 && threads_ < most_) {
      ++threads_;
      std::thread([this] { work(); }).detach();
    }
    there_is_more_.notify_one();
  }

 private:
  [[noreturn]] void work() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);  // signals are the workers' business
    std::unique_lock lock(mutex_);
    for (;;) {
      ++idle_;
      there_is_more_.wait(lock, [this] { return !jobs_.empty(); });
      --idle_;
      const std::function<void()> job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      job();
      lock.lock();
    }
  }
  const unsigned most_ = std::clamp(std::thread::hardware_concurrency() / 2, 1u, 4u);
  std::mutex mutex_;
  std::condition_variable there_is_more_;
  std::deque<std::function<void()>> jobs_;
  unsigned threads_ = 0, idle_ = 0;
};
Helpers& helpers() {
  static Helpers* const all = new Helpers;
  return *all;
}

}  // namespace

std::optional<Authorization> authorization(const http::Request& request, AuthorizationField field) {
  const http::HeaderId id = field == AuthorizationField::to_proxy ? http::HeaderId::proxy_authorization : http::HeaderId::authorization;
  const http::Field* const found = request.fields.find(id);
  if (!found) return std::nullopt;
  std::string_view rest = found->value();
  const std::string_view method = take_until(rest, ' ');
  return Authorization{method, trim(rest)};
}

std::optional<Credentials> basic_credentials(const http::Request& request, AuthorizationField field, Arena& arena) {
  const auto said = authorization(request, field);
  if (!said || !equal_nocase(said->method, "Basic")) return std::nullopt;
  const auto decoded = decode_base64(said->value, arena);
  if (!decoded) return std::nullopt;
  const auto colon = decoded->find(':');
  if (colon == decoded->npos) return std::nullopt;
  return Credentials{decoded->substr(0, colon), decoded->substr(colon + 1)};
}

bool authenticates(const config::Userlist& users, const Credentials& credentials) {
  const config::User* const user = hashed_user(users, credentials);
  if (!user) return users.authenticates(credentials.user, credentials.password);
  const auto key = verdicts().key(user->secret, credentials.password);
  if (key)
    if (const auto known = verdict_on(*key)) return *known;
  const bool good = users.authenticates(credentials.user, credentials.password);
  if (key) verdicts().remember(*key, good);
  return good;
}

bool takes_long(const config::Userlist& users, const Credentials& credentials) {
  const config::User* const user = hashed_user(users, credentials);
  const auto key = user ? verdicts().key(user->secret, credentials.password) : std::nullopt;
  return key && !verdict_on(*key);
}

void find_out(const config::Userlist& users, const Credentials& credentials, std::function<void(bool)> done) {
  config::Userlist alone;
  if (const config::User* const user = users.find(credentials.user)) alone.users.push_back(*user);
  helpers().add([alone = std::move(alone), name = std::string(credentials.user), password = std::string(credentials.password),
                 done = std::move(done)] { done(authenticates(alone, {name, password})); });
}

void take_note(const config::Userlist& users, const Credentials& credentials, bool good) {
  const config::User* const user = hashed_user(users, credentials);
  const auto key = user ? verdicts().key(user->secret, credentials.password) : std::nullopt;
  if (key) latest = {*key, good, true};
}

}  // namespace sluice::expr
