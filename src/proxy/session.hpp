// Session: the life of one client connection, from accept to close. Lives in its own coroutine's frame, on one worker.
// While it waits for the next request it holds no buffer and no Exchange: what stands here is its whole size.
#pragma once
#include <memory>

#include "async/buffer.hpp"
#include "async/task.hpp"
#include "backend/connection.hpp"
#include "net/stream.hpp"
#include "expr/scope.hpp"
#include "expr/variables.hpp"
#include "net/proxy_protocol.hpp"
#include "proxy/facts.hpp"
#include "proxy/frontend.hpp"

namespace sluice::proxy {

struct Local;

// What was read from the client and belongs to nobody yet: bytes [begin, end) of a pooled buffer, which goes back to
// the pool as soon as it is empty.
class Input {
 public:
  std::span<char> bytes() const { return {buffer_.begin() + begin_, end_ - begin_}; }
  bool empty() const { return begin_ == end_; }
  std::size_t size() const { return end_ - begin_; }
  // Takes a buffer if there is none. False: no memory.
  bool open(async::BufferPool& pool);
  // Where more can be read to, behind what is there.
  std::span<char> room() { return buffer_.span().subspan(end_); }
  void added(std::size_t n) { end_ += static_cast<std::uint32_t>(n); }
  void used(std::size_t n) { begin_ += static_cast<std::uint32_t>(n); }
  void move_to_front();
  // What is not used stays; the buffer goes back if that is nothing.
  void settle() {
    if (empty()) {
      buffer_.release();
      begin_ = end_ = 0;
    }
  }
  bool holds_buffer() const { return static_cast<bool>(buffer_); }
  // Replaces the content by `bytes`; false if they do not fit.
  bool replace(async::BufferPool& pool, std::span<const char> bytes);

 private:
  async::Buffer buffer_;
  std::uint32_t begin_ = 0, end_ = 0;
};

class Session : public ListNode, public async::Pooled {
 public:
  Session(Local& local, const Frontend& frontend, const Bind& bind, std::unique_ptr<net::Stream> client,
          const net::Address& source);
  Session(const Session&) = delete;
  ~Session();

  // The whole life of it; never fails.
  static async::Task<> live(std::unique_ptr<Session> session);

  Local& local;
  async::Worker& worker;
  const Frontend& frontend;
  const Bind& bind;
  FrontendCounters& counters;
  std::unique_ptr<net::Stream> client;
  net::Address source;                 // src: of the connection, or as a PROXY header or rule said
  net::Address connection_source;      // fc_src: of the connection itself
  const net::Address& destination();   // dst, likewise; asked of the kernel when first wanted
  const net::Address& connection_destination();
  void set_destination(const net::Address& address);
  void set_connection_destination(const net::Address& address) { connection_destination_ = address; }

  Input input;
  Instant accepted;
  WallTime accepted_at;
  Instant idle_since;                  // end of the handshakes or of the last answer
  std::uint64_t number;                // of the process
  std::uint32_t requests = 0;
  bool close_after = false;            // no further request is read
  bool http;                           // as the frontend's mode says, or since it changed over (switch-mode)
  Duration handshake{0};
  std::unique_ptr<backend::ServerConnection> kept;  // a server connection that only this session may use again
  // Counts for the frontend and, with option socket-stats, for the listening socket.
  template <auto member>
  void count(std::uint64_t n = 1) {
    (counters.*member).add(n);
    if (bind.state) (bind.state->counters.at(worker.id).*member).add(n);
  }
  // sess.*; null if the configuration mentions none.
  expr::VariableStore* variables(const expr::VariableNames& names);
  void describe(expr::Client& client);              // for samples
  // What the client's PROXY header brought beside addresses.
  std::optional<std::string_view> proxy_tlv(net::Tlv type) const;
  // The connection is gone at the end of the current rules and nothing tells the client (silent-drop): no FIN, or a
  // reset that gets no further than `hops` routers where that needs rights we do not have.
  void vanish(int hops);
  bool vanishes() const { return vanishes_; }
  void expect_proxy_header() { expects_proxy_ = true; }
  // From TCP on: what came so far is the beginning of a request.
  void speak_http() { http = true; }

 private:
  async::Task<> greet();               // PROXY header, tcp-request connection and session rules
  async::Task<> read_proxy_header();
  async::Task<> serve_one();
  async::Task<> serve_tcp();
  Next run_rules(RuleSet set);
  Instant wait_deadline() const;
  bool needs_greeting() const;
  void take_addresses(const net::ProxyHeader& header);
  struct Variables {
    Arena arena;
    expr::VariableStore store;
  };
  std::unique_ptr<Variables> variables_;
  std::unique_ptr<std::string> proxy_tlvs_;  // null: there were none
  bool received_proxy_ = false;
  bool expects_proxy_ = false, vanishes_ = false;
  net::Address destination_, connection_destination_;
};

}  // namespace sluice::proxy
