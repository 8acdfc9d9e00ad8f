// Forwarded: what `option forwarded` tells servers of a request (RFC 7239). Compiled by build(), immutable, any worker.
#pragma once
#include <memory>
#include <optional>
#include <string_view>

#include "config/line.hpp"
#include "expr/expression.hpp"
#include "net/address.hpp"

namespace sluice::proxy {

class Forwarded {
 public:
  // The words behind "option forwarded"; null: diagnosed.
  static std::shared_ptr<const Forwarded> parse(config::Line& line, expr::Compiler& compiler);
  struct About {
    const net::Address& client;
    const net::Address& proxy;     // where the client connected to
    std::string_view host;         // as the request says it
  };
  // The field's value, in the scope's arena.
  std::string_view text(const About& about, expr::Scope& scope) const;

 private:
  // One side: an address with a port, each as it is, from an expression, or left out.
  struct Node {
    bool address = false, port = false;
    std::optional<expr::Expression> address_from, port_from;
    bool wanted() const { return address || address_from || port || port_from; }
  };
  bool take(config::Line& line, expr::Compiler& compiler, std::string_view word);
  static std::string_view node(const Node& node, const net::Address& address, expr::Scope& scope);

  bool proto_ = false, host_ = false;
  std::optional<expr::Expression> host_from_;
  Node by_, for_;
};

}  // namespace sluice::proxy
