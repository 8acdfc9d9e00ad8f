// Bytes in, bytes out: HTTP/1 through the whole proxy.
#include <future>

#include "unit/proxy/proxy_testing.hpp"

namespace sluice::proxy {
namespace {

using testing::echo;
using testing::Origin;
using testing::Peer;
using testing::Proxy;
using testing::simple;

constexpr std::string_view get = "GET /x HTTP/1.1\r\nhost: a\r\n\r\n";

TEST(c_exchange, passes_a_request_and_its_answer) {
  Origin origin(echo);
  Proxy proxy(simple({origin.port}));
  ASSERT_TRUE(proxy.works) << proxy.messages;
  const std::string answer = proxy.ask(get);
  EXPECT_EQ(answer, "HTTP/1.1 200 OK\r\ncontent-length: 28\r\n\r\nGET /x HTTP/1.1\r\nhost: a\r\n\r\n");
}

TEST(c_exchange, keeps_both_connections_for_more_requests) {
  Origin origin(echo);
  Proxy proxy(simple({origin.port}));
  ASSERT_TRUE(proxy.works) << proxy.messages;
  Peer client(proxy.ports[0]);
  for (int i = 0; i < 5; ++i) {
    client.send(get);
    EXPECT_TRUE(client.message().ends_with("GET /x HTTP/1.1\r\nhost: a\r\n\r\n"));
  }
  EXPECT_EQ(origin.connections, 1);
}

TEST(c_exchange, pipelined_requests_are_answered_in_turn) {
  Origin origin(echo);
  Proxy proxy(simple({origin.port}));
  ASSERT_TRUE(proxy.works) << proxy.messages;
  Peer client(proxy.ports[0]);
  client.send("GET /1 HTTP/1.1\r\nhost: a\r\n\r\nPOST /2 HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabcGET /3 HTTP/1.1\r\nhost: a\r\n\r\n");
  EXPECT_NE(client.message().find("GET /1 "), std::string::npos);
  const std::string second = client.message();
  EXPECT_NE(second.find("POST /2 "), std::string::npos);
  EXPECT_TRUE(second.ends_with("\r\n\r\nabc")) << second;
  EXPECT_NE(client.message().find("GET /3 "), std::string::npos);
}

TEST(c_exchange, one_byte_at_a_time) {
  Origin origin(echo);
  Proxy proxy(simple({origin.port}));
  ASSERT_TRUE(proxy.works) << proxy.messages;
  Peer client(proxy.ports[0]);
  for (const char c : get) client.send({&c, 1});
  EXPECT_TRUE(client.message().ends_with(get));
}

TEST(c_exchange, chunks_go_both_ways) {
  Origin origin([](Peer& peer) {
    const std::string head = peer.until("\r\n\r\n");
    const std::string body = peer.until("0\r\n\r\n");
    EXPECT_NE(head.find("transfer-encoding: chunked"), std::string::npos) << head;
    peer.send(fmt::format("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"));
    peer.send("3\r\nabc\r\n4;ext=1\r\ndefg\r\n");
    peer.send(fmt::format("{:x}\r\n{}\r\n0\r\nx-trailer: yes\r\n\r\n", body.size(), body));
    peer.until("never");
  });
  Proxy proxy(simple({origin.port}));
  ASSERT_TRUE(proxy.works) << proxy.messages;
  Peer client(proxy.ports[0]);
  client.send("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhe");
  client.send("llo\r\n");
  client.send("0\r\n\r\n");
  const std::string head = client.until("\r\n\r\n");
  EXPECT_NE(head.find("transfer-encoding: chunked"), std::string::npos) << head;
  // Joined anew: look at the payload only.
  std::string payload;
  for (;;) {
    const std::string size = client.until("\r\n");
    if (size == "0\r\n" || size.empty()) break;
    payload += client.exactly(std::stoul(size, nullptr, 16));
    client.until("\r\n");
  }
  EXPECT_EQ(client.until("\r\n\r\n"), "x-trailer: yes\r\n\r\n");
  EXPECT_TRUE(payload.starts_with("abcdefg")) << payload;
  // The request's five bytes came in one or two chunks, as they arrived.
  EXPECT_TRUE(payload.find("hello") != payload.npos || payload.find("2\r\nhe\r\n3\r\nllo\r\n") != payload.npos) << payload;
}

TEST(c_exchange, a_large_body_arrives_whole_either_way) {
  std::string large(3'000'000, 'x');
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>('a' + i % 23);
  Origin origin([&](Peer& peer) {
    for (int i = 0; i < 2; ++i) {
      const std::string request = peer.message();
      if (request.empty()) return;
      EXPECT_EQ(request.substr(request.find("\r\n\r\n") + 4), large);
      peer.send(fmt::format("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", large.size()));
      peer.send(large);
    }
  });
  Proxy proxy(simple({origin.port}));
  ASSERT_TRUE(proxy.works) << proxy.messages;
  Peer client(proxy.ports[0]);
  for (int i = 0; i < 2; ++i) {
    client.send(fmt::format("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n", large.size()));
    client.send(large);
    const std::string answer = client.message();
    EXPECT_EQ(answer.substr(answer.find("\r\n\r\n") + 4), large);
  }
}

TEST(c_exchange, until_close_ends_with_the_connection) {
  Origin origin([](Peer& peer) {
    peer.until("\r\n\r\n");
    peer.send("HTTP/1.1 200 OK\r\n\r\nall there is");
  });
  Proxy proxy(simple({origin.port}));
  ASSERT_TRUE(proxy.works) << proxy.messages;
  Peer client(proxy.ports[0]);
  client.send(get);
  const std::string answer = client.rest();
  EXPECT_TRUE(client.ended());
  EXPECT_TRUE(answer.ends_with("\r\n\r\nall there is")) << answer;
  EXPECT_NE(answer.find("connection: close"), std::string::npos) << answer;
}

TEST(c_exchange, head_and_304_have_no_body) {
  Origin origin([](Peer& peer) {
    peer.until("\r\n\r\n");
    peer.send("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n");
    peer.until("\r\n\r\n");
    peer.send("HTTP/1.1 304 Not Modified\r\ncontent-length: 1000\r\n\r\n");
    peer.until("never");
  });
  Proxy proxy(simple({origin.port}, "", " http-reuse always"));
  ASSERT_TRUE(proxy.works) << proxy.messages;
  Peer client(proxy.ports[0]);
  client.send("HEAD / HTTP/1.1\r\nhost: a\r\n\r\n");
  EXPECT_EQ(client.until("\r\n\r\n"), "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n");
  client.send(get);
  EXPECT_TRUE(client.until("\r\n\r\n").starts_with("HTTP/1.1 304 Not Modified\r\n"));
}

TEST(c_exchange, continue_is_relayed) {
  Origin origin([](Peer& peer) {
    peer.until("\r\n\r\n");
    peer.send("HTTP/1.1 100 Continue\r\n\r\n");
    EXPECT_EQ(peer.exactly(4), "body");
    peer.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    peer.until("never");
  });
  Proxy proxy(simple({origin.port}));
  ASSERT_TRUE(proxy.works) << proxy.messages;
  Peer client(proxy.ports[0]);
  client.send("POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n");
  EXPECT_EQ(client.until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("body");
  EXPECT_TRUE(client.message().ends_with("\r\n\r\nok"));
}

TEST(c_exchange, an_early_answer_reaches_a_client_that_still_sends) {
  Origin origin([](Peer& peer) {
    peer.until("\r\n\r\n");
    peer.send("HTTP/1.1 413 Too Large\r\ncontent-length: 3\r\nconnection: close\r\n\r\nno!");
    peer.finish();
    peer.rest();
  });
  Proxy proxy(simple({origin.port}));
  ASSERT_TRUE(proxy.works) << proxy.messages;
  Peer client(proxy.ports[0]);
  client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100000\r\n\r\nsome");
  EXPECT_TRUE(client.message().ends_with("\r\n\r\nno!"));
  client.rest();
  EXPECT_TRUE(client.ended());
}

TEST(c_exchange, upgrade_becomes_a_tunnel) {
  Origin origin([](Peer& peer) {
    const std::string head = peer.until("\r\n\r\n");
    EXPECT_NE(head.find("upgrade: websocket"), std::string::npos) << head;
    peer.send("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\nfrom server");
    EXPECT_EQ(peer.exactly(11), "from client");
    peer.send("bye");
  });
  Proxy proxy(simple({origin.port}));
  ASSERT_TRUE(proxy.works) << proxy.messages;
  Peer client(proxy.ports[0]);
  client.send("GET /ws HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  EXPECT_TRUE(client.until("\r\n\r\n").starts_with("HTTP/1.1 101 "));
  EXPECT_EQ(client.exactly(11), "from server");
  client.send("from client");
  EXPECT_EQ(client.rest(), "bye");
}

TEST(c_exchange, bad_requests_are_answered_and_ended) {
  Origin origin(echo);
  Proxy proxy(simple({origin.port}));
  ASSERT_TRUE(proxy.works) << proxy.messages;
  for (const std::string_view bad : {"GARBAGE\r\n\r\n", "GET / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
                                     "GET / HTTP/1.1\r\n: x\r\n\r\n", "GET / HTTP/1.1\r\nhost: a\r\na b: c\r\n\r\n"}) {
    Peer client(proxy.ports[0]);
    client.send(bad);
    const std::string answer = client.rest();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 Bad request\r\n")) << answer;
    EXPECT_TRUE(client.ended());
  }
}

TEST(c_exchange, errors_of_servers_have_their_statuses) {
  std::uint16_t closed_port = 0;
  ::close(testing::listen_anywhere(closed_port));
  Origin silent([](Peer& peer) { peer.until("\r\n\r\n"); });
  Origin junk([](Peer& peer) {
    peer.until("\r\n\r\n");
    peer.send("nonsense\r\n\r\n");
  });
  struct Case {
    std::uint16_t port;
    std::string_view status;
  };
  for (const Case& one : {Case{closed_port, "503 Service Unavailable"}, Case{silent.port, "502 Bad Gateway"}, Case{junk.port, "502 Bad Gateway"}}) {
    Proxy proxy(simple({one.port}, "", " retries 0"));
    ASSERT_TRUE(proxy.works) << proxy.messages;
    const std::string answer = proxy.ask(get);
    EXPECT_TRUE(answer.starts_with(fmt::format("HTTP/1.1 {}\r\n", one.status))) << answer;
  }
}

TEST(c_exchange, a_dead_server_is_left_for_another_one) {
  std::uint16_t closed_port = 0;
  ::close(testing::listen_anywhere(closed_port));
  Origin origin(echo);
  Proxy proxy(simple({closed_port, origin.port}, "", " option redispatch 1"));
  ASSERT_TRUE(proxy.works) << proxy.messages;
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(proxy.ask(get).starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST(c_exchange, idle_server_connections_that_ended_are_no_error) {
  std::atomic<int> served{0};
  Origin origin([&](Peer& peer) {  // one request per connection, closed without a word about it
    const std::string request = peer.until("\r\n\r\n");
    if (request.empty()) return;
    ++served;
    peer.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
  });
  Proxy proxy(simple({origin.port}, "", " http-reuse always"));
  ASSERT_TRUE(proxy.works) << proxy.messages;
  Peer client(proxy.ports[0]);
  for (int i = 0; i < 20; ++i) {
    client.send(get);
    EXPECT_TRUE(client.message().ends_with("\r\n\r\nok"));
  }
  EXPECT_EQ(served, 20);
}

TEST(c_exchange, no_answer_in_time_is_504) {
  Origin origin([](Peer& peer) { peer.rest(); });
  Proxy proxy(simple({origin.port}, "", " timeout server 100ms"));
  ASSERT_TRUE(proxy.works) << proxy.messages;
  EXPECT_TRUE(proxy.ask(get).starts_with("HTTP/1.1 504 Gateway Time-out\r\n"));
}

TEST(c_exchange, a_slow_request_is_408) {
  Origin origin(echo);
  Proxy proxy(simple({origin.port}, " timeout http-request 100ms"));
  ASSERT_TRUE(proxy.works) << proxy.messages;
  Peer client(proxy.ports[0]);
  client.send("GET / HT");
  EXPECT_TRUE(client.rest().starts_with("HTTP/1.1 408 Request Time-out\r\n"));
}

TEST(c_exchange, http_1_0_gets_what_it_understands) {
  Origin origin([](Peer& peer) {
    peer.until("\r\n\r\n");
    peer.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
    peer.until("never");
  });
  Proxy proxy(simple({origin.port}));
  ASSERT_TRUE(proxy.works) << proxy.messages;
  Peer client(proxy.ports[0]);
  client.send("GET / HTTP/1.0\r\n\r\n");
  const std::string answer = client.rest();
  EXPECT_TRUE(answer.ends_with("\r\n\r\nhello")) << answer;
  EXPECT_EQ(answer.find("chunked"), std::string::npos) << answer;
}

TEST(c_exchange, a_client_that_goes_away_takes_its_request_along) {
  Origin origin([](Peer& peer) {
    EXPECT_NE(peer.until("\r\n\r\n"), "");
    peer.rest();
    EXPECT_TRUE(peer.ended());
  });
  Proxy proxy(simple({origin.port}));
  ASSERT_TRUE(proxy.works) << proxy.messages;
  Peer client(proxy.ports[0]);
  client.send(get);
  client.finish();
  client.rest();
  EXPECT_TRUE(client.ended());
}

TEST(c_exchange, no_option_abortonclose_answers_a_client_that_has_finished) {
  std::promise<void> finished;
  Origin origin([&](Peer& peer) {
    peer.until("\r\n\r\n");
    finished.get_future().wait();
    peer.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    peer.rest();
  });
  Proxy proxy(simple({origin.port}, "", " no option abortonclose"));
  ASSERT_TRUE(proxy.works) << proxy.messages;
  Peer client(proxy.ports[0]);
  client.send(get);
  client.finish();
  finished.set_value();
  EXPECT_TRUE(client.message().ends_with("\r\n\r\nok"));
}

TEST(c_exchange, modes_close_what_they_say) {
  Origin origin(echo);
  {
    Proxy proxy(simple({origin.port}, " option httpclose"));
    ASSERT_TRUE(proxy.works) << proxy.messages;
    Peer client(proxy.ports[0]);
    client.send(get);
    const std::string answer = client.rest();
    EXPECT_NE(answer.find("connection: close\r\n\r\nGET"), std::string::npos) << answer;
    EXPECT_TRUE(answer.ends_with("connection: close\r\n\r\n")) << answer;
  }
  {
    Proxy proxy(simple({origin.port}, " option http-server-close"));
    ASSERT_TRUE(proxy.works) << proxy.messages;
    const int before = origin.connections;
    Peer client(proxy.ports[0]);
    for (int i = 0; i < 3; ++i) {
      client.send(get);
      EXPECT_TRUE(client.message().ends_with("connection: close\r\n\r\n"));
    }
    EXPECT_EQ(origin.connections - before, 3);
  }
}

TEST(d_tcp, bytes_go_both_ways_and_ends_are_passed_on) {
  Origin origin([](Peer& peer) {
    const std::string all = peer.rest();
    peer.send("got " + all);
  });
  Proxy proxy(fmt::format("defaults\n timeout client 5s\n timeout server 5s\n timeout connect 5s\nlisten l\n bind 127.0.0.1:0\n server s 127.0.0.1:{}\n", origin.port));
  ASSERT_TRUE(proxy.works) << proxy.messages;
  Peer client(proxy.ports[0]);
  client.send("some bytes");
  client.finish();
  EXPECT_EQ(client.rest(), "got some bytes");
  EXPECT_TRUE(client.ended());
}

TEST(e_stop, idle_clients_are_let_go_and_the_rest_may_finish) {
  Origin origin(echo);
  Proxy proxy(simple({origin.port}));
  ASSERT_TRUE(proxy.works) << proxy.messages;
  Peer client(proxy.ports[0]);
  client.send(get);
  client.message();
  proxy.on_worker([&] { proxy.serving().stop_accepting(); });
  EXPECT_EQ(client.rest(), "");
  EXPECT_TRUE(client.ended());
  for (int i = 0; i < 100 && proxy.serving().sessions(); ++i) proxy.on_worker([] {});
  proxy.on_worker([&] { EXPECT_EQ(proxy.serving().sessions(), 0u); });
}

}  // namespace
}  // namespace sluice::proxy
