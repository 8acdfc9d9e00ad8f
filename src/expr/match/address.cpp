// -m ip: networks by hash, one lookup for each prefix length that occurs, longest first (manual 7.1.6).
#include <arpa/inet.h>

#include "base/text.hpp"
#include "expr/network.hpp"
#include "expr/pattern.hpp"

namespace sluice::expr {
namespace {

class AddressMatcher final : public Matcher {
 public:
  bool add(std::string_view text, std::uint32_t index) {
    if (const auto v4 = parse_network4(text)) {
      const std::uint32_t mask = v4->mask;
      const int bits = std::popcount(mask);
      if (mask != mask4(bits)) {
        odd_.push_back({*v4, index});
        return true;
      }
      nets4_.try_emplace(std::uint64_t{v4->address & mask} << 8 | static_cast<unsigned>(bits), index);
      note(bits4_, bits);
      return true;
    }
    if (const auto v6 = parse_network6(text)) {
      nets6_.try_emplace({masked(v6->address, v6->bits).bytes, v6->bits}, index);
      note(bits6_, v6->bits);
      return true;
    }
    return false;
  }
  std::uint32_t find(const Sample& sample, const Scope& scope) const override {
    if (sample.type() == Type::ipv4) {
      const std::uint32_t found = find4(sample.ipv4().value);
      if (found != no_pattern || bits6_.empty()) return found;
      return find6(cast(sample, Type::ipv6, *scope.arena).ipv6());
    }
    const std::uint32_t found = find6(sample.ipv6());
    if (found != no_pattern) return found;
    const Sample v4 = cast(sample, Type::ipv4, *scope.arena);
    return v4 ? find4(v4.ipv4().value) : no_pattern;
  }

 private:
  static void note(std::vector<int>& lengths, int bits) {
    if (std::ranges::find(lengths, bits) == lengths.end()) lengths.push_back(bits);
    std::ranges::sort(lengths, std::greater{});
  }
  std::uint32_t find4(std::uint32_t address) const {
    for (const int bits : bits4_) {
      const auto at = nets4_.find(std::uint64_t{address & mask4(bits)} << 8 | static_cast<unsigned>(bits));
      if (at != nets4_.end()) return at->second;
    }
    for (const auto& [net, index] : odd_)
      if ((address & net.mask) == (net.address & net.mask)) return index;
    return no_pattern;
  }
  std::uint32_t find6(const Ipv6& address) const {
    for (const int bits : bits6_) {
      const auto at = nets6_.find({masked(address, bits).bytes, bits});
      if (at != nets6_.end()) return at->second;
    }
    return no_pattern;
  }
  std::unordered_map<std::uint64_t, std::uint32_t> nets4_;
  std::map<std::pair<std::array<std::uint8_t, 16>, int>, std::uint32_t> nets6_;
  std::vector<std::pair<Network4, std::uint32_t>> odd_;  // masks with holes
  std::vector<int> bits4_;
  std::vector<int> bits6_;
};

std::unique_ptr<Matcher> make(std::span<const Pattern> patterns, PatternError& error) {
  auto matcher = std::make_unique<AddressMatcher>();
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    if (matcher->add(patterns[i].text, static_cast<std::uint32_t>(i))) continue;
    error = {i, "'" + patterns[i].text + "' is not an address or network"};
    return nullptr;
  }
  return matcher;
}

const catalog::Add ip{Match{.name = "ip", .takes = Type::address, .make = make,
                            .doc = "The address is in one of the networks."}};

}  // namespace
}  // namespace sluice::expr
