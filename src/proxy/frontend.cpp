#include "proxy/frontend.hpp"

#include "expr/condition.hpp"
#include "expr/log_format.hpp"
#include "proxy/log.hpp"
#include "proxy/reply.hpp"

namespace sluice::proxy {

void FrontendCounters::count_status(unsigned status) {
  switch (status / 100) {
    case 1: return hrsp_1xx.add();
    case 2: return hrsp_2xx.add();
    case 3: return hrsp_3xx.add();
    case 4: return hrsp_4xx.add();
    case 5: return hrsp_5xx.add();
    default: return hrsp_other.add();
  }
}

FrontendState& States::frontend(std::string_view name, unsigned namesake) {
  const std::lock_guard lock(mutex_);
  auto& state = frontends_[backend::state_key(name, namesake)];
  if (!state) state = std::make_unique<FrontendState>(std::string(name), workers_);
  return *state;
}

const ReplyTemplate* Policy::page(int status) const {
  for (const auto& [code, page] : pages)
    if (code == status) return page.get();
  return nullptr;
}

bool AddressHeader::excepts(const net::Address& address) const {
  for (const auto& [network, length] : except) {
    const auto a = address.bytes(), b = network.bytes();
    if (a.size() != b.size()) continue;
    unsigned bits = length;
    bool same = true;
    for (std::size_t i = 0; i < a.size() && bits && same; ++i) {
      const unsigned here = std::min(bits, 8u);
      same = (static_cast<unsigned>(a[i] ^ b[i]) >> (8 - here)) == 0;
      bits -= here;
    }
    if (same) return true;
  }
  return false;
}

bool Frontend::leads_to(const Destination& destination, expr::Scope& scope) const {
  if (!destination.disabled && !destination.backend->state().unpublished.load(std::memory_order_relaxed)) return true;
  return std::ranges::any_of(forced_routes, [&](const auto& condition) { return condition->eval(scope); });
}

Frontend::Frontend(FrontendState& frontend_state) : state(frontend_state) {}
Frontend::~Frontend() = default;

}  // namespace sluice::proxy
