// RegexSet: the first of many regular expressions that matches a text. Where Hyperscan (or Vectorscan) is there, it tells in
// one pass which expressions may match, and PCRE2 tries only those, in order; else PCRE2 tries all. The result is the
// same: Hyperscan is asked for candidates only (its prefilter mode), and what it cannot read is a candidate always.
// Immutable once made, any worker; what a scan needs to write to is kept per thread.
#pragma once
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "expr/regex.hpp"

namespace sluice::expr {

class RegexSet {
 public:
  explicit RegexSet(std::vector<Regex> expressions, Letters letters);
  ~RegexSet();
  RegexSet(RegexSet&&) noexcept;

  // The first that matches and that `counts(number)` says yes to, or 0xffffffff.
  template <class Counts>
  std::uint32_t find(std::string_view text, Counts counts) const {
    struct Call {
      const RegexSet& set;
      std::string_view text;
      Counts& counts;
    } call{*this, text, counts};
    return find_first(text, {[](void* state, std::uint32_t number) {
                               const Call& c = *static_cast<const Call*>(state);
                               return c.counts(number) && c.set.expressions_[number].matches(c.text);
                             },
                             &call});
  }
  const Regex& operator[](std::size_t number) const { return expressions_[number]; }
  std::size_t size() const { return expressions_.size(); }
  // How many need not be tried one by one; for tests and measurements.
  std::size_t prefiltered() const;

 private:
  struct Confirm {
    bool (*call)(void* state, std::uint32_t number);
    void* state;
    bool operator()(std::uint32_t number) const { return call(state, number); }
  };
  struct Prefilter;
  std::uint32_t find_first(std::string_view text, Confirm confirm) const;
  std::uint32_t try_all(Confirm confirm) const;

  std::vector<Regex> expressions_;
  std::unique_ptr<Prefilter> prefilter_;
};

}  // namespace sluice::expr
