// ListenerSet: all listening sockets of the process, keyed by address and options, one descriptor per worker
// (SO_REUSEPORT). They outlive configurations: a reload adopts what is there, opens what is new, closes what nobody
// wants any more. Owned by main; touched by the main thread only.
// Listener: one worker's accepting on one such descriptor: level-triggered, a few accepts per event, then the others'
// turn. Belongs to its worker.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "async/worker.hpp"
#include "net/address.hpp"
#include "net/handover.hpp"
#include "net/socket.hpp"

namespace sluice::net {

enum class V6 : std::uint8_t { system, only, both };  // v6only, v4v6

struct ListenOptions {
  int backlog = 0;                 // 0: SOMAXCONN's value
  bool multipath = false;          // MPTCP; clients that do not speak it are served over TCP
  std::string interface;
  V6 v6 = V6::system;
  bool transparent = false;
  bool fast_open = false;
  int fast_open_queue = 0;         // 0: the backlog
  bool defer_accept = false;       // only connections that have sent something
  int max_segment = 0;
  std::string congestion{};
  Duration user_timeout{};
  int save_syn = 0;                // tcp-ss: 1 keeps IP and TCP headers of the SYN, 2 those of the link, too
  std::string md5_password{};      // tcp-md5sig
  int network_namespace = -1;      // see network_namespace.hpp
  Keepalive keepalive{};             // accepted sockets inherit it, as they do TCP_NODELAY
  int receive_buffer = 0, send_buffer = 0;  // 0: the kernel's; inherited, too
  int most_unsent = 0;             // TCP_NOTSENT_LOWAT; 0: the kernel's; inherited, too
  bool reset_on_close = false;     // option nolinger; inherited, too
  bool late_acknowledgement = false;  // the first request is acknowledged by its answer; inherited, too
  // UNIX sockets.
  mode_t mode = 0;                 // 0: as umask says
  uid_t user = static_cast<uid_t>(-1);
  gid_t group = static_cast<gid_t>(-1);

  bool operator==(const ListenOptions&) const = default;
};

class ListenerSet {
 public:
  ListenerSet() = default;
  ~ListenerSet();
  ListenerSet(const ListenerSet&) = delete;
  ListenerSet& operator=(const ListenerSet&) = delete;

  // One address as the process listens on it.
  struct Entry {
    Address address;
    ListenOptions options;
    std::vector<int> descriptors;  // IP: one per shard; UNIX and inherited ones: one, shared
    bool inherited = false;        // fd@, sockpair@: opened by whoever started us
    bool pair = false;             // sockpair@: connections come as descriptors through it (SCM_RIGHTS)
    unsigned wanted = 0;           // by the configuration being built
    bool others_first = false;     // see others_first()
    Address bound;                 // the real one (port 0 resolved)
    // The descriptor for worker `id`.
    int descriptor(unsigned id) const { return descriptors[id % descriptors.size()]; }
  };

  // The entry for this address and options: what is there already, or bound and listening from now on. Without shards
  // there is one socket, on a port no other process may share (noreuseport). The error is errno in words.
  std::expected<Entry*, std::string> open(const Address& address, const ListenOptions& options, unsigned shards);
  // A descriptor inherited from whoever started us (fd@<n>): must be a listening or bound stream socket.
  std::expected<Entry*, std::string> adopt(int descriptor, const ListenOptions& options);
  // One end of an inherited UNIX socket pair (sockpair@<n>): whoever holds the other sends connections through it.
  std::expected<Entry*, std::string> adopt_pair(int descriptor);
  // What the process before this one listened on (-x): open() takes from there what fits, decline_rest() closes the rest.
  void offer(std::vector<Offered> sockets) { offered_ = std::move(sockets); }
  void decline_rest();
  // Everything this process listens on, for the next one. The descriptors stay ours.
  std::vector<Offered> on_offer() const;
  // Soft stop: from now on the kernel gives new connections to another process that shares these ports (SO_REUSEPORT), if
  // there is one; else to us as before. Closed a moment later, our queues are empty and nobody's connection is reset.
  void others_first();
  // Reload: begin() marks everything unwanted, open/adopt want it again, close_unwanted() closes the rest.
  void begin();
  void close_unwanted();
  const std::vector<std::unique_ptr<Entry>>& entries() const { return entries_; }

 private:
  int take_offered(const Address& address, const ListenOptions& options);
  std::vector<std::unique_ptr<Entry>> entries_;
  std::vector<Offered> offered_;
};

class Listener final : private async::Pollable {
 public:
  // Called in phase 2 for each connection; owns `fd` from then on. May pause the listener, not destroy it.
  using OnAccept = std::function<void(async::Worker& worker, int fd, const Address& client)>;
  // Asked before each connection is taken. `ask` false: not now; it must have paused the listener. `cancel`: it was
  // allowed, but there was nothing to take.
  struct Admission {
    std::function<bool()> ask;
    std::function<void()> cancel;
  };
  // accept() connections, or receive them from a socket pair.
  enum class Source : std::uint8_t { accept, pair };
  // `descriptor` stays the ListenerSet's. Starts accepting at once.
  Listener(async::Worker& worker, int descriptor, OnAccept on_accept, unsigned burst = 16,
           Source source = Source::accept);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  void set_admission(Admission admission) { admission_ = std::move(admission); }
  void pause();   // at maxconn: connections wait in the kernel
  void resume();
  bool paused() const { return paused_; }
  // While paused: the port refuses connections instead of queueing them (TCP only), until it is to listen again.
  void refuse();
  void listen_again();
  // Accepts all that wait in the kernel's queue now. Before a descriptor is closed for good: those would be reset.
  void drain();
  std::uint64_t accepted() const { return accepted_; }
  Error last_error() const { return last_error_; }  // why accept last failed (out of descriptors, ...)

 private:
  void on_events(std::uint32_t events) override;
  void accept_some();
  bool accept_one();
  int next(sockaddr_storage& from, socklen_t& size);
  struct Node : async::Timer { Listener* listener = nullptr; };
  void watch();
  void unwatch();

  async::Worker& worker_;
  int fd_;
  OnAccept on_accept_;
  Admission admission_;
  unsigned burst_;
  Source source_;
  unsigned quota_ = 1;  // accepts per event, grows up to burst_ under load
  std::uint64_t last_turn_ = 0;
  bool last_full_ = false;
  bool paused_ = false, watched_ = false, refusing_ = false;
  std::uint64_t accepted_ = 0;
  Error last_error_{};
  Node work_;   // pushed by an event
  Node retry_;  // 100 ms after accept failed for want of descriptors
};

}  // namespace sluice::net
