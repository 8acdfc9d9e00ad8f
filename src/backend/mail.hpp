// Mails about servers that change (manual "email-alert", "mailers"). MailRoute is what a proxy says about them: part of
// the configuration. Postman sends them: one per process, on one worker; mails may be posted from any thread. Each
// mailer has a short queue and gets one mail after the other over SMTP; nobody else waits for it.
#pragma once
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "async/nursery.hpp"
#include "async/wait_queue.hpp"
#include "async/worker.hpp"
#include "backend/notice.hpp"
#include "config/config.hpp"
#include "net/address.hpp"

namespace sluice::backend {

struct MailRoute {
  struct Mailer {
    std::string name;
    net::Address address;
  };
  std::vector<Mailer> mailers;
  Duration timeout = seconds(10);  // of one mail, from the connect to the end
  std::string from, to, hostname;
  Level level = Level::alert;      // this and all that is worse
};

// Null: the section wants no mails, or something is wrong, which has been said.
std::unique_ptr<const MailRoute> mail_route(const config::Section& section, const config::Config& config,
                                            config::Diagnostics& diagnostics);

class Postman {
 public:
  explicit Postman(async::Worker& worker);
  ~Postman();  // on the worker's thread, or when it no longer runs
  Postman(const Postman&) = delete;
  // From any thread; `route` must outlive the worker. `text` as in the log.
  void post(const MailRoute& route, std::string_view text);

 private:
  struct Box;
  void take(const MailRoute& route, const std::string& text);
  async::Task<> serve(Box& box);

  async::Worker& worker_;
  std::vector<std::unique_ptr<Box>> boxes_;
  async::Nursery nursery_;
};

// The whole of one mail; errors are those of the connection, or refused if the server said no.
async::Task<> send_mail(async::Worker& worker, const MailRoute& route, net::Address mailer, std::string text);

}  // namespace sluice::backend
