// What the algorithms that hash share (source, uri, hdr, ...): the key is taken from the request by a KeySource, outside
// of any lock, and the balancer made here finds the server for it, by a map of the farm or on a ring, as hash-type says.
#pragma once
#include <memory>
#include <optional>
#include <string_view>

#include "backend/algorithm.hpp"
#include "backend/hash_plan.hpp"
#include "expr/scope.hpp"

namespace sluice::config {
class Line;
}
namespace sluice::expr {
struct Compiler;
}

namespace sluice::backend {

// Immutable once compiled; any worker.
class KeySource {
 public:
  virtual ~KeySource() = default;
  // What is hashed of this request; nothing: it has no key, and takes its turn.
  virtual std::optional<std::uint32_t> key(const expr::Scope& scope, const HashPlan& plan) const = 0;
  // The same of a line in mode log, where there is no request.
  virtual std::optional<std::uint32_t> key_of_line(std::string_view, const HashPlan&) const { return std::nullopt; }
  // Reads the expression it needs, if any. False: it has been diagnosed.
  virtual bool compile(config::Line&, expr::Compiler&) { return true; }
};

// Both as HAProxy has them: the function over the bytes; the modifier.
std::uint32_t hash_of(const HashPlan& plan, std::string_view bytes);
std::uint32_t modified(const HashPlan& plan, std::uint32_t number);

std::unique_ptr<Balancer> balance_by_hash(const Algorithm::Farm& farm, std::unique_ptr<KeySource> source);

// One of the two ways, by HashPlan::method; these make them (hash_map.cpp, hash_ring.cpp).
class HashBalancer : public Balancer {
 public:
  HashBalancer(const HashPlan& plan, std::unique_ptr<KeySource> source);
  void take_key(PickRequest& request) const final;
  bool compile(config::Line& line, expr::Compiler& compiler) final { return source_->compile(line, compiler); }

 protected:
  const HashPlan plan_;

 private:
  const std::unique_ptr<KeySource> source_;
};
std::unique_ptr<Balancer> make_hash_map(const Algorithm::Farm& farm, std::unique_ptr<KeySource> source);
std::unique_ptr<Balancer> make_hash_ring(const Algorithm::Farm& farm, std::unique_ptr<KeySource> source);

}  // namespace sluice::backend
