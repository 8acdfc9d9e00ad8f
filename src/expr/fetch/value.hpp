// What the *_val fetches make of a text.
#pragma once
#include "expr/sample.hpp"

namespace sluice::expr {

// The number at its begin; 0 if it is empty, as in HAProxy.
inline Sample value_of(std::string_view text, Arena& arena) {
  return text.empty() ? Sample::integer(0) : cast(Sample::text(text), Type::sint, arena);
}

}  // namespace sluice::expr
