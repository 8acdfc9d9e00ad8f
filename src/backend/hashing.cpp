#include "backend/hashing.hpp"

#include "base/hash.hpp"

namespace sluice::backend {

namespace {
// hash-type's "none": the key is the hash already, as a number in network order; its last four bytes count.
std::uint32_t number_in(std::string_view bytes) {
  std::uint32_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<std::uint8_t>(byte);
  return number;
}
}  // namespace

std::uint32_t hash_of(const HashPlan& plan, std::string_view bytes) {
  switch (plan.function) {
    case HashPlan::Function::sdbm: return modified(plan, hash_sdbm(bytes));
    case HashPlan::Function::djb2: return modified(plan, hash_djb2(bytes));
    case HashPlan::Function::crc32: return modified(plan, hash_crc32(bytes));
    case HashPlan::Function::none: break;
  }
  return modified(plan, number_in(bytes));
}

std::uint32_t modified(const HashPlan& plan, std::uint32_t number) { return plan.avalanche ? avalanche(number) : number; }

HashBalancer::HashBalancer(const HashPlan& plan, std::unique_ptr<KeySource> source) : plan_(plan), source_(std::move(source)) {
  takes_keys = true;
  when_full = plan.preserve == HashPlan::Preserve::always     ? WhenFull::wait
              : plan.preserve == HashPlan::Preserve::maxqueue ? WhenFull::wait_if_room
                                                              : WhenFull::pass_over;
}

void HashBalancer::take_key(PickRequest& request) const {
  if (request.scope) request.key = source_->key(*request.scope, plan_);
  else if (!request.line.empty()) request.key = source_->key_of_line(request.line, plan_);
}

std::unique_ptr<Balancer> balance_by_hash(const Algorithm::Farm& farm, std::unique_ptr<KeySource> source) {
  if (farm.hash.method == HashPlan::Method::consistent) return make_hash_ring(farm, std::move(source));
  return make_hash_map(farm, std::move(source));
}

}  // namespace sluice::backend
