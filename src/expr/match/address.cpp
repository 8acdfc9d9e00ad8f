// -m ip: the smallest network an address is in (manual 7.1.6). Networks of one family are intervals that nest; what lies
// between two of their ends belongs to one network, which a binary search over all ends finds.
#include "base/text.hpp"
#include "expr/network.hpp"
#include "expr/pattern.hpp"

namespace sluice::expr {
namespace {

__extension__ typedef unsigned __int128 Number6;

// `Number` is an address as a number.
template <class Number>
class Networks {
 public:
  void add(Number first, Number last, int bits, std::uint32_t pattern) { nets_.push_back({first, last, no_pattern, pattern, bits}); }
  bool empty() const { return nets_.empty(); }

  void freeze() {
    // Outer ones before those inside; of equal ones the first pattern is the innermost, so that it is found first.
    std::ranges::stable_sort(nets_, [](const Net& a, const Net& b) {
      if (a.first != b.first) return a.first < b.first;
      if (a.last != b.last) return a.last > b.last;
      return a.pattern > b.pattern;
    });
    std::vector<std::uint32_t> open;
    const auto close_before = [&](const Number* limit) {
      while (!open.empty() && (!limit || nets_[open.back()].last < *limit)) {
        const Number last = nets_[open.back()].last;
        open.pop_back();
        // What follows belongs to the network around.
        if (last != static_cast<Number>(~Number{0})) begin_at(static_cast<Number>(last + 1), open.empty() ? no_pattern : open.back());
      }
    };
    for (std::uint32_t i = 0; i < nets_.size(); ++i) {
      close_before(&nets_[i].first);
      nets_[i].around = open.empty() ? no_pattern : open.back();
      open.push_back(i);
      begin_at(nets_[i].first, i);
    }
    close_before(nullptr);
  }

  Found find(Number address, Patterns patterns) const {
    const auto at = std::ranges::upper_bound(starts_, address);
    if (at == starts_.begin()) return {};
    for (std::uint32_t i = inside_[static_cast<std::size_t>(at - starts_.begin()) - 1]; i != no_pattern; i = nets_[i].around)
      if (patterns[nets_[i].pattern]->alive()) return {nets_[i].pattern, static_cast<std::uint32_t>(nets_[i].bits) + 1};
    return {};
  }

 private:
  struct Net {
    Number first;
    Number last;
    std::uint32_t around;  // the network this one is in
    std::uint32_t pattern;
    int bits;
  };
  void begin_at(Number start, std::uint32_t net) {
    if (!starts_.empty() && starts_.back() == start) {
      inside_.back() = net;
      return;
    }
    starts_.push_back(start);
    inside_.push_back(net);
  }
  std::vector<Net> nets_;
  std::vector<Number> starts_;          // of the intervals, ascending
  std::vector<std::uint32_t> inside_;   // which network each is in
};

Number6 number_of(const Ipv6& address) {
  Number6 number = 0;
  for (const std::uint8_t byte : address.bytes) number = number << 8 | byte;
  return number;
}

class AddressMatcher final : public Matcher {
 public:
  explicit AddressMatcher(Patterns patterns) : patterns_(patterns) {}
  bool add(std::string_view text, std::uint32_t index) {
    if (const auto v4 = parse_network4(text)) {
      const int bits = std::popcount(v4->mask);
      const std::uint32_t first = v4->address & v4->mask;
      if (v4->mask != mask4(bits)) odd_.push_back({*v4, index});
      else v4_.add(first, first | ~v4->mask, bits, index);
      return true;
    }
    if (const auto v6 = parse_network6(text)) {
      const Number6 first = number_of(masked(v6->address, v6->bits));
      const Number6 rest = v6->bits == 0 ? ~Number6{0} : v6->bits == 128 ? 0 : (Number6{1} << (128 - v6->bits)) - 1;
      v6_.add(first, first | rest, v6->bits, index);
      return true;
    }
    return false;
  }
  void freeze() {
    v4_.freeze();
    v6_.freeze();
  }
  // An address of one family is also looked for among the networks of the other, as what it is there.
  Found find(const Sample& sample, const Scope& scope) const override {
    if (sample.type() == Type::ipv4) {
      const Found found = find4(sample.ipv4().value);
      if (found || v6_.empty()) return found;
      return v6_.find(number_of(cast(sample, Type::ipv6, *scope.arena).ipv6()), patterns_);
    }
    const Found found = v6_.find(number_of(sample.ipv6()), patterns_);
    if (found) return found;
    const Sample v4 = cast(sample, Type::ipv4, *scope.arena);
    return v4 ? find4(v4.ipv4().value) : Found{};
  }

 private:
  Found find4(std::uint32_t address) const {
    if (const Found found = v4_.find(address, patterns_)) return found;
    for (const auto& [net, index] : odd_)
      if ((address & net.mask) == (net.address & net.mask) && patterns_[index]->alive()) return {index};
    return {};
  }
  Patterns patterns_;
  Networks<std::uint32_t> v4_;
  Networks<Number6> v6_;
  std::vector<std::pair<Network4, std::uint32_t>> odd_;  // masks with holes
};

std::unique_ptr<Matcher> make(Patterns patterns, MatchHow, PatternError& error) {
  auto matcher = std::make_unique<AddressMatcher>(patterns);
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    if (matcher->add(patterns[i]->text(), static_cast<std::uint32_t>(i))) continue;
    error = {i, fmt::format("'{}' is not an address or network", patterns[i]->text())};
    return nullptr;
  }
  matcher->freeze();
  return matcher;
}

const catalog::Add ip{Match{.name = "ip", .takes = Type::address, .make = make,
                            .doc = "The address is in one of the networks."}};

}  // namespace
}  // namespace sluice::expr
