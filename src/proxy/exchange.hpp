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
#include "backend/connection.hpp"
#include "expr/scope.hpp"
#include "http/h1/chunk.hpp"
#include "http/h1/parse.hpp"
#include "http/message.hpp"
#include "net/relay.hpp"
#include "proxy/errors.hpp"
#include "proxy/facts.hpp"
#include "proxy/reply.hpp"
#include "proxy/session.hpp"

namespace sluice::proxy {

struct Local;

class Exchange {
 public:
  explicit Exchange(Local& local);
  Exchange(const Exchange&) = delete;
  ~Exchange();

  // One request of the session; never fails. session.close_after tells whether another may follow.
  async::Task<> serve(Session& session);
  // A whole TCP session; never fails.
  async::Task<> serve_tcp(Session& session);

  // What rules, fetches and logs see.
  Session& session() const { return *session_; }
  async::Worker& worker() const { return worker_; }
  const Frontend& frontend() const { return session_->frontend; }
  Destination* destination() const { return destination_; }   // null: none chosen yet, or none at all
  backend::Server* server() const { return server_; }          // the one last tried
  net::Stream* server_stream() { return connection_ ? &connection_->stream() : nullptr; }
  Phase phase() const { return phase_; }
  Facts facts;
  Arena& arena() { return arena_; }
  http::Request request;
  http::Response response;
  expr::Scope scope;
  std::vector<std::string_view> request_captures, response_captures;  // one per declared slot, empty: not captured
  std::string_view captured_request_cookie, captured_response_cookie;
  std::string_view unique_id();                                        // made when first asked for
  backend::Priority priority;
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
  void answer_location(std::uint16_t status, std::string_view location);
  void set_server_side_close() { server_close_ = true; }
  // Buffered part of the request's body, decoded, and whether that is all of it (req.body, wait-for-body).
  std::string_view buffered_body() const { return body_; }
  bool body_complete() const { return body_complete_; }
  std::span<char> buffered_response() const { return response_bytes_; }

 private:
  friend class Tunnel;
  using Stream = net::Stream;
  struct Pending;

  // exchange.cpp: the request from top to bottom
  async::Task<> converse();
  async::Task<> read_head();
  void head_is_read(std::uint32_t length);
  Next run_request_rules();
  Next run_policy_rules(const Policy& policy);
  bool choose_destination();
  void prepare_request();
  void take_buffered_body();
  async::Task<> buffer_body();
  async::Task<> tarpit_now();
  void capture_request();
  void finish();

  // exchange_server.cpp: queue, connect, send, wait for the answer, retries
  async::Task<> ask_server();
  async::Task<> try_server();
  async::Task<> get_server();
  async::Task<> get_connection();
  async::Task<> send_request();
  async::Task<> read_response_head();
  async::Task<> pass_interim();
  bool may_retry(Error error) const;
  void count_failure(Error error);
  async::Task<> turn_around(Error error);
  Policy& destination_policy() const;

  // exchange_response.cpp: the answer back to the client
  async::Task<> deliver();
  Next run_response_rules();
  void prepare_response();
  async::Task<> send_response();
  async::Task<> download();
  async::Task<> download_chunks();
  async::Task<> upload();
  async::Task<> upload_chunks();
  async::Task<> upload_alongside();
  async::Task<> transfer();
  async::Task<> tunnel();
  async::Task<> tunnel_side(net::RelayEnd from, net::RelayEnd to, std::uint64_t& bytes, Duration to_fin);
  void release_connection();
  void finish_request_side();

  // exchange_reply.cpp: answers made here
  async::Task<> reply(const ReplyTemplate& page);
  async::Task<> reply_to(Error error);
  const ReplyTemplate* page_for(int status) const;

  async::Task<> write(Stream& to, std::span<iovec> pieces, Duration patience);
  Duration client_patience() const;
  Duration server_patience() const;
  void reset(Session& session);

  Local& local_;
  async::Worker& worker_;
  Session* session_ = nullptr;
  Arena arena_;
  std::unique_ptr<char[]> arena_first_;

  Destination* destination_ = nullptr;
  backend::BackendVisit visit_;
  backend::Server* server_ = nullptr;
  backend::Slot slot_;
  std::unique_ptr<backend::ServerConnection> connection_;
  Phase phase_ = Phase::request;

  http::h1::Cursor cursor_;
  std::uint32_t head_size_ = 0;
  http::Body request_body_, response_body_;
  std::string_view body_;              // decoded part of the body that is in the input buffer
  std::string_view trailers_;
  http::h1::ChunkDecoder request_chunks_, response_chunks_;
  bool body_complete_ = true;
  bool upload_done_ = true, upload_broken_ = false;
  bool request_sent_ = false;          // something of it went out on this connection
  bool response_started_ = false;      // something of it reached the client
  bool client_keeps_ = false;          // the client connection goes on after this
  bool server_keeps_ = false;
  bool server_close_ = false;
  bool upgrading_ = false;
  net::Activity client_activity_, server_activity_;

  async::Buffer response_buffer_;      // only if the head came in pieces
  std::span<char> response_bytes_;     // head and what followed it; in scratch or response_buffer_
  std::uint32_t response_head_size_ = 0;

  const ReplyTemplate* reply_ = nullptr;
  ReplyTemplate* made_reply_ = nullptr;
  std::uint16_t reply_status_ = 0;
  Because reply_because_ = Because::denied;
  bool tarpit_ = false;
  std::vector<std::pair<std::string_view, std::string_view>> answer_fields_;
  std::string_view unique_id_;
};

}  // namespace sluice::proxy
