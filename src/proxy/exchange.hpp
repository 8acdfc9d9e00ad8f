// Exchange: one request and its answer, or one TCP session through a tunnel. A worker keeps finished ones for reuse, so
// serving a request allocates nothing. One worker, one coroutine (plus the upload's while a body is being sent).
//
// The request's head stays in the session's input buffer until the end; the response's head is valid only until it has
// been passed on (Scope::response is null afterwards).
#pragma once
#include <memory>
#include <string_view>
#include <vector>

#include "base/arena.hpp"
#include "base/intrusive.hpp"
#include "backend/connection.hpp"
#include "expr/scope.hpp"
#include "http/h1/parse.hpp"
#include "http/message.hpp"
#include "expr/variables.hpp"
#include "net/relay.hpp"
#include "async/wait_queue.hpp"
#include "proxy/action.hpp"
#include "proxy/adjustments.hpp"
#include "proxy/chunked.hpp"
#include "proxy/errors.hpp"
#include "proxy/facts.hpp"
#include "proxy/forward.hpp"
#include "proxy/log.hpp"
#include "proxy/reply.hpp"
#include "proxy/session.hpp"

namespace sluice::expr {
enum class AuthorizationField : std::uint8_t;
}

namespace sluice::proxy {

struct Local;
class Service;

// How much of a body is waited for: what fits behind its head, or what fits a buffer of tune.bufsize.large.
enum class BodyRoom : std::uint8_t { usual, large };

class Exchange : public ListNode {
 public:
  explicit Exchange(Local& local);
  Exchange(const Exchange&) = delete;
  ~Exchange();

  // One request of the session; never fails. session.close_after tells whether another may follow.
  static async::Task<> serve(Session& session);
  // A whole TCP session; never fails.
  static async::Task<> serve_tcp(Session& session);

  // What rules, fetches and logs see.
 private:
  std::unique_ptr<char[]> arena_memory_;
  Arena arena_;  // before what refers to it

 public:
  Session& session() const { return *session_; }
  async::Worker& worker() const { return worker_; }
  const Frontend& frontend() const { return session_->frontend; }
  Destination* destination() const { return destination_; }   // null: none chosen yet, or none at all
  backend::Server* server() const { return server_; }          // the one last tried
  net::Stream* server_stream() { return connection_ ? &connection_->stream() : nullptr; }
  const net::Stream* server_stream() const { return connection_ ? &connection_->stream() : nullptr; }
  // Ours on the connection to the server; when it is gone only if a log format has it (none: unknown).
  net::Address server_source() { return connection_ ? connection_->stream().socket().local_address() : server_source_; }
  // Where the last attempt to connect went, be it over or not; none if there was none.
  net::Address server_destination();
  bool was_connected() const { return connection_ || facts.connected_at != Instant{}; }
  const backend::ServerConnection* server_connection() const { return connection_.get(); }
  // With option http-use-proxy-header, requests with an absolute target are those of a proxy's client.
  expr::AuthorizationField authorization_field() const;
  // Asks for a user and a password (RFC 9110 sections 15.5.2 and 15.5.8).
  void ask_for_password(std::string_view challenge);
  Phase phase() const { return phase_; }
  Facts facts;
  Arena& arena() { return arena_; }
  http::Request request;
  http::Response response;
  expr::Scope scope;
  std::vector<std::string_view> request_captures, response_captures;  // one per declared slot, empty: not captured
  std::string_view captured_request_cookie, captured_response_cookie;
  std::string_view unique_id();                                        // made when first asked for
  std::uint32_t transaction_number();                                  // drawn when first asked for
  void set_unique_id(std::string_view id) { scope.unique_id = id; }
  backend::Priority priority;
  const config::Place* last_rule = nullptr;                            // the one that ended the latest list
  const config::Place* waiting_rule = nullptr;                         // the one that is being waited for
  bool monitored = false;                                              // answered by monitor-uri: not logged
  bool silent = false;                                                 // set-log-level silent, http-ignore-probes
  int log_level = -1;                                                  // set-log-level, -1: as configured

  // What actions ask for.
  enum class Because : std::uint8_t { denied, intercepted };
  // Answer with this instead of going on; what was configured for its status if `reply` is null.
  void answer(const ReplyTemplate* reply, int status, Because because);
  void tarpit(const ReplyTemplate* reply, int status);
  // Fields the answer gets beside its own (http-request redirect, auth).
  void answer_field(std::string_view name, std::string_view value);
  // A rewrite could not be done.
  void count_failed_rewrite();
  // Changes that are for this exchange alone.
  Adjustments& adjust();
  const Adjustments* adjusted() const { return adjusted_; }
  // What src and dst say, set-src and set-dst included; session().source() is the connection's.
  const net::Address& source() const { return *seen_client_.source; }
  const net::Address& destination_address() const { return *seen_client_.destination; }
  // A field of a 103 that is sent once the rules are through, or an action says so (early-hint).
  void hint(std::string_view name, std::string_view value);
  async::Task<> send_hints();
  // Waits, unless the client goes away meanwhile, which is an error.
  async::Task<> rest(Duration time);
  // For more of the body: until `least` bytes (0: all) have come, the buffer is full, or the time has come.
  async::Task<> wait_for_body(Instant until, std::uint64_t least, BodyRoom room = BodyRoom::usual);
  async::Task<> wait_for_answer_body(Instant until, std::uint64_t least, BodyRoom room = BodyRoom::usual);
  // Whether a message may get so much longer without outgrowing a buffer (strict-mode).
  bool has_room(const http::Fields& fields, std::size_t more);
  bool has_request_body() const { return request_body_.kind == http::BodyKind::chunked || request_body_.length != 0; }
  // For services (service.hpp), which answer part by part.
  enum class Content : std::uint8_t { none, streamed };
  http::Response& begin_response(int status);          // an empty head to be filled
  async::Task<> send_head(Content content);
  async::Task<> write_body(std::string_view bytes);
  async::Task<> end_body();
  async::Task<> gather_body();                         // all of the request's body that fits the buffer
  void serve_by(const Service& service) { service_ = &service; }  // with Next::answer
  std::string_view service_name() const;               // empty: no service answers this
  const Proxies& proxies() const;
  bool client_keeps_alive() const { return client_keeps_; }
  void close_client_after() { client_keeps_ = false; }
  void close_server_after() { server_close_ = true; }
  void shut_down(backend::Killed why);  // by the administrator: both connections are closed, whatever it waits for
  bool in_use() const { return session_ != nullptr; }
  void count_so_far();  // option contstats: the bytes of a transfer that goes on
  const async::Account& account() const { return account_; }
  void let_go();  // forgets everything that is not needed for reuse
  // Buffered part of the request's body, decoded, and whether that is all of it (req.body, wait-for-body).
  std::string_view buffered_body() const { return body_; }
  bool body_complete() const { return body_complete_; }
  std::span<char> buffered_response() const { return response_bytes_; }

 private:
  // exchange.cpp: the request from top to bottom
  void reset(Session& session);
  async::Task<> converse();
  Result<bool> head_at_once();
  async::Task<> read_head();
  Result<bool> parse_head();
  Result<void> take_head_bytes(const Result<std::size_t>& got);
  void count_cost();
  void stop_counting_cost();
  void first_byte_seen();
  void head_is_read(std::uint32_t length);
  Instant head_deadline() const;
  std::string_view version_text();
  void use_proxy_connection();
  void capture_bad_message(CapturedMessage::Side side, std::span<const char> bytes, const http::h1::Outcome& outcome);
  bool monitored_request();
  // Where the rules of a message stand: `stage` numbers the lists they are in.
  struct RulePlace {
    std::size_t rule = 0;
    std::uint8_t stage = 0;
    bool strict = true;
  };
  Next run_list(RuleSet set, const RuleList& list, RulePlace& at);
  bool asks_slow_password(const Policy& policy);
  async::Task<> verify_passwords(const Policy& policy);
  Next run_request_rules(const Policy& policy, RulePlace& at);
  async::Task<Next> request_rules_later(const Policy& policy, RulePlace& at);
  async::Task<Next> rule_later(RuleSet set, const RuleList& list, RulePlace& at);
  Next screen_names(const Policy& policy);
  void choose_destination();
  void enter(Destination& destination);
  void closed_by_rule(RuleSet set);
  void rejected_answer();
  void heed_proxy_connection();
  async::Task<> answer_now();
  async::Task<> tarpit_now();
  static async::Task<> sleep(async::Loop& loop, Instant until);
  Result<void> take_buffered_body();
  Result<void> see_body();
  async::Task<> buffer_body();
  bool has_room_for_body(BodyRoom room);
  bool has_room_for_answer_body(BodyRoom room);
  async::Task<> invite_body();
  void capture_request();
  void finish();
  void log_early(LogStep step);
  void log_step(LogStep step);  // log-steps

  // exchange_counters.cpp: what statistics say of it
  void count_connections();
  void count_bytes();
  void count_end();
  void count_cause(backend::Counters& counters) const;
  void count_error(Error error);
  ConnectionError connection_error(Error error) const;
  void count_failure(Error error);
  void count_denied_answer();

  // exchange_persistence.cpp: to whom a request belongs before balancing is asked, and telling the client
  void find_affinity();
  void show_cookies(const Destination* destination);
  void refused_with_cookie();
  void note_server();
  void lose_affinity();
  void write_persistence();

  // exchange_server.cpp: queue, connect, send, wait for the answer's head, try again
  void prepare_request();
  void add_address_header(const AddressHeader& front, const AddressHeader& back, const net::Address& address);
  void add_forwarded();
  Result<bool> ask_at_once();
  Result<bool> send_at_once();
  async::Task<> ask_later();
  async::Task<> prepare_retry(Error error);
  backend::Wish wish();
  void prefer_last_server(backend::Wish& wish);
  void remember_server();
  bool redirects_to_server();
  void adjust_request(const Quirks& quirks);
  std::size_t write_response_head(std::span<char> space);
  std::string_view request_trailers() const;
  Result<bool> connection_at_once();
  async::Task<> wait_for_server();
  void server_is_chosen();
  void count_queue_time();
  void connection_is_here();
  bool watches_client() const;
  net::Stream* watched_client() const { return watches_client() ? session_->client.get() : nullptr; }
  async::Task<> get_connection();
  bool reuse_connection();
  async::Task<> connect_anew();
  Result<std::span<iovec>> send_request();
  std::size_t request_pieces(std::string_view head, std::span<iovec> pieces);
  // How far reading the answer's head has come.
  enum class AnswerHead : std::uint8_t { more, interim, whole };
  void begin_answer_head();
  Result<AnswerHead> take_answer_head(const Result<void>& ready);
  Result<AnswerHead> parse_answer_head();
  async::Task<> read_rest_of_head(AnswerHead at);
  async::Task<> read_response_head();
  bool still_active(Error error, const net::Activity& activity) const;
  std::span<char> response_room();
  bool keep_response_bytes();
  async::Task<> pass_interim();
  void head_of_answer_is_read();
  bool asks_for_connection_credentials() const;
  bool may_retry(Error error) const;
  bool stale_connection(Error error) const;
  bool retries_status(std::uint16_t status) const;
  void observe_failure(Error error);
  // What the traffic tells about the server's health (observe); `why`: what is wrong, empty: nothing.
  void observe(backend::Observe layer, std::string_view why) {
    if (server_->settings().check.observe != backend::Observe::nothing) [[unlikely]] tell_observed(layer, why);
  }
  void tell_observed(backend::Observe layer, std::string_view why);
  async::Task<> turn_around(Error error);
  void redispatch();
  bool redispatches_at_once() const;
  net::Address named_client();
  static bool redispatches(const backend::BackendSettings& settings, unsigned retry, unsigned most);

  // exchange_response.cpp: the answer back to the client, the rest of the upload, tunnels
  // How far the answer has come on its way to the client.
  enum class Delivery : std::uint8_t { rules, refused, unsent, body, done };
  Result<Delivery> deliver_at_once(RulePlace& at);
  Result<Delivery> pass_answer_on(Next next);
  void response_is_out();
  Delivery head_is_out();
  async::Task<> deliver_later(Delivery at, RulePlace place);
  async::Task<> deliver();
  async::Task<> refuse_answer();
  const RuleList* response_list(unsigned stage, RuleSet& set) const;
  Next run_response_rules(RulePlace& at);
  async::Task<Next> response_rules_later(RulePlace at);
  bool looks_at_answers() const;
  Result<void> see_answer_body();
  bool holds_response() const;
  Result<void> take_answer_body();
  bool run_after_response_rules();
  void capture_response();
  void prepare_response();
  void add_connection_field(http::Fields& fields);
  Result<std::span<iovec>> send_response();
  std::span<char> response_head();
  std::size_t room_before(const char* body);
  void release_slot_early();
  Result<std::size_t> frame_body(std::span<char> bytes, std::span<iovec> pieces);
  std::size_t frame_payload(std::string_view payload, std::span<iovec> pieces);
  std::size_t frame_nothing();
  Result<std::size_t> frame_chunks(std::span<char> bytes, std::span<iovec> pieces);
  async::Task<> download();
  async::Task<> download_chunks();
  // exchange_bandwidth.cpp: bodies that go no faster than rules say
  Pace* downloads() const { return adjusted_ ? adjusted_->downloads : nullptr; }
  bool paced() const { return downloads() && response_body_.kind != http::BodyKind::tunnel; }
  Pace* uploads() const { return adjusted_ ? adjusted_->uploads : nullptr; }
  async::Task<std::size_t> take_turn(Pace& pace, std::size_t most);
  async::Task<> download_paced();
  async::Task<> pass_paced(std::span<char> bytes);
  Result<std::size_t> frame_paced(std::span<char> bytes, std::span<iovec> pieces);
  async::Task<> upload_paced();
  async::Task<> relay_paced(net::RelayEnd from, net::RelayEnd to, Pace& pace, std::uint64_t& bytes);
  async::Task<> upload_alongside();
  async::Task<> answer_and_deliver();
  async::Task<> upload();
  async::Task<> send_body();
  async::Task<> upload_chunks();
  Result<std::size_t> frame_upload(std::span<char> bytes, std::span<iovec> pieces);
  async::Task<> finish_upload();
  net::Splice splice_from(Side side) const;
  net::Activity& sending_to(Side side);
  bool is_silent(net::Stream& stream, const net::Activity& activity) const;
  Side first_silent(Side side);
  bool fell_silent(Error error, Side side);
  void begin_activity(Duration client, Duration server);
  async::Task<> tunnel();
  async::Task<> tunnel_side(net::RelayEnd from, net::RelayEnd to, std::uint64_t& bytes);
  void half_closed(const net::RelayEnd& end);
  void release_connection();
  void drop_connection();

  // exchange_tcp.cpp
  async::Task<> converse_tcp();
  async::Task<Next> inspect(const Policy& policy);
  async::Task<> inspect_answer(net::RelayEnd from, net::RelayEnd to);
  async::Task<> connect_tcp();
  async::Task<> try_connect();

  // exchange_service.cpp: answers of services
  const Service* service_of(const Policy& policy) const;
  async::Task<> serve_by_service();
  async::Task<> flush_body(ChunkFrame::Last last);
  std::size_t frame_made(std::span<iovec> pieces, ChunkFrame::Last last);

  // exchange_reply.cpp: answers made here
  async::Task<> reply(const ReplyTemplate& page, std::uint16_t meant);
  async::Task<> reply_to(Error error);
  async::Task<> send_unparsed(const ReplyTemplate& page);
  async::Task<> send_long(std::span<iovec> pieces, std::span<const char> head);
  std::string_view compose(const ReplyTemplate& page);
  const ReplyTemplate& page_for(int status) const;

  Duration client_patience() const {
    if (adjusted_ && adjusted_->client) return *adjusted_->client;
    return frontend().policy.timeout_client.value_or(async::forever);
  }
  Duration server_patience() const {
    if (adjusted_ && adjusted_->server) return *adjusted_->server;
    return destination_->policy.timeout_server.value_or(async::forever);
  }
  const std::optional<Duration>& connect_timeout() const {
    return adjusted_ && adjusted_->connect ? adjusted_->connect : destination_->policy.timeout_connect;
  }
  unsigned most_retries() const {
    return adjusted_ && adjusted_->retries ? *adjusted_->retries : destination_->backend->settings().retries;
  }

  Local& local_;
  async::Worker& worker_;
  async::Account account_;
  Session* session_ = nullptr;
  Destination* destination_ = nullptr;
  backend::BackendVisit visit_;
  backend::Server* server_ = nullptr;
  net::Address server_source_;
  backend::Slot slot_;
  std::unique_ptr<backend::ServerConnection> connection_;
  bool sent_elsewhere_ = false;              // redir: there is an answer instead of a connection
  StickKeys* stick_keys_ = nullptr;          // in the arena; null: no stick rules, or no server is wanted yet
  struct Affinity {
    backend::Server* server = nullptr;       // null: balancing decides
    backend::Wish::Insist insist = backend::Wish::Insist::no;
  } affinity_;
  backend::CookieFinding cookie_;
  bool direct_ = false;                      // server_ is the affinity's, not balanced to
  bool ignores_persistence_ = false, forces_persistence_ = false;  // ignore-persist, force-persist
  const backend::Server* avoid_ = nullptr;   // redispatch: another one, if there is another
  bool keep_server_ = false;                 // retry: the same one
  bool directed_ = false;                    // not the balancing algorithm has chosen the server
  bool fresh_connection_ = false;            // idle ones have failed once already
  bool looks_for_quick_answer_ = false;      // the next look for the answer is one before epoll is asked
  Phase phase_ = Phase::request;

  http::h1::Cursor cursor_, response_cursor_;
  std::uint32_t head_size_ = 0;
  std::uint32_t transaction_number_ = 0;     // 0: none yet
  std::uint16_t monitor_status_ = 200;
  const Policy* verified_for_ = nullptr;     // slow passwords have been looked at for its rules
  std::uint16_t error_status_ = 0;           // what the parser wants answered
  http::Body request_body_, response_body_;
  std::string_view body_;                    // decoded part of the body that is in the input buffer
  Chunks request_chunks_, response_chunks_;
  ChunkFrame chunk_frame_;
  std::array<iovec, 1 + ChunkFrame::most_pieces> pieces_;  // of a head with its body on its way
  std::span<iovec> unsent_;                  // of them, what the kernel has not taken
  Input following_;                          // what came behind a chunked upload
  std::uint64_t response_left_ = 0;
  bool body_complete_ = true;                // all of the request's body is in body_
  bool upload_done_ = true, upload_broken_ = false;
  bool response_complete_ = false;
  bool client_keeps_ = false, server_keeps_ = false;  // the connections go on after this
  bool server_close_ = false;                // a mode says the server connection is for one request
  bool upgrading_ = false;
  bool unchunk_ = false;
  bool streaming_ = false;                   // the body goes past body_
  bool proxy_style_ = false;                 // option http-use-proxy-header applies
  bool logged_ = false;
  async::WaitQueue upload_ended_;
  net::Activity client_activity_, server_activity_;
  net::Activity client_sending_, server_sending_;  // with option independent-streams: see sending_to()
  std::uint64_t counted_in_ = 0, counted_out_ = 0; // of the bytes that came and went to the client (option contstats)

  async::Buffer request_head_buffer_, response_head_buffer_;  // heads whose bodies have moved to a large buffer
  async::Buffer response_buffer_;            // only if the head came in pieces
  std::span<char> response_bytes_;           // head and what followed it; in scratch or response_buffer_
  std::uint32_t response_head_size_ = 0;

  const ReplyTemplate* reply_ = nullptr;
  std::uint16_t reply_status_ = 0;
  Because reply_because_ = Because::denied;
  bool tarpit_ = false;
  bool response_decoded_ = false;            // what is behind the head in response_bytes_ has lost its chunks
  Adjustments* adjusted_ = nullptr;          // null: no rule changed anything
  http::Fields* hints_ = nullptr;            // of a 103 that has not been sent
  std::uint32_t request_size_ = 0, response_size_ = 0;  // heads with what rules added, at most
  std::vector<std::pair<std::string_view, std::string_view>> answer_fields_;

  const Service* service_ = nullptr;         // answers instead of a server
  enum class Made : std::uint8_t { nothing, chunks, until_close } made_framing_ = Made::nothing;
  std::size_t made_head_ = 0, made_ = 0;     // what of response_buffer_ is its head and its body so far

  expr::Client seen_client_;
  expr::Received seen_body_, seen_answer_body_, seen_request_, seen_response_;
  expr::CapturedLine seen_line_;
  expr::Variables variables_;
  expr::VariableStore transaction_variables_, request_variables_, response_variables_;
};

}  // namespace sluice::proxy
