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
  // Moves to a larger buffer: `kept`, which stands in this one, and behind it what is not used. The old buffer, for who
  // still looks at it.
  async::Buffer move_to(async::Buffer larger, std::string_view& kept);
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
  static async::Task<> begin(std::unique_ptr<Session> session);

  Local& local;
  const Frontend& frontend;
  const Bind& bind;
  FrontendCounters& counters;
  std::unique_ptr<net::Stream> client;
  async::Worker& worker() const;
  net::Address connection_source;        // fc_src: of the connection itself
  const net::Address& source() const;    // src: the same, or as a PROXY header or rule said
  const net::Address& destination();     // dst, likewise
  const net::Address& connection_destination();  // fc_dst: asked of the kernel if nobody knows
  void set_source(const net::Address& address);
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

 private:
  bool received_proxy_ : 1 = false, awaits_cip_ : 1 = false, expects_proxy_ : 1 = false, expects_cip_ : 1 = false, vanishes_ : 1 = false;
  bool idle_ : 1 = false;              // waits for a request

 public:
  Duration handshake{0};
  backend::PrivateConnections kept;    // to servers; only this session may use them again
  // Counts for the frontend and, with option socket-stats, for the listening socket.
  template <auto member>
  void count(std::uint64_t n = 1) {
    (counters.*member).add(n);
    if (bind.state) (bind.state->counters.at(worker().id).*member).add(n);
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
  bool idle() const { return idle_; }
  bool awaits_cip_header() const { return awaits_cip_; }
  void expect_proxy_header() { expects_proxy_ = true; }
  void expect_cip_header() { expects_cip_ = true; }
  // From TCP on: what came so far is the beginning of a request.
  void speak_http() { http = true; }

 private:
  async::Task<> greet();               // PROXY header, tcp-request connection and session rules
  enum class Header : std::uint8_t { proxy, cip };
  async::Task<> read_client_header(Header which);
  Next run_rules(RuleSet set);
  Instant wait_deadline() const;
  bool needs_greeting() const;
  void take_addresses(const net::ProxyHeader& header);
  // What few sessions have.
  struct Rare : async::Pooled {
    net::Address source, destination;  // as a PROXY header or a rule said
    std::optional<std::string> proxy_tlvs;
    Arena arena;  // of the variables
    std::optional<expr::VariableStore> variables;
  };
  Rare& rare();
  static async::Task<> live(std::unique_ptr<Session> session);
  static async::Task<> live_http(std::unique_ptr<Session> session);

  std::unique_ptr<Rare> rare_;
  net::Address connection_destination_;
};
static_assert(sizeof(Session) <= 192, "an idle connection is mostly a Session, two Directions and a frame");

}  // namespace sluice::proxy
