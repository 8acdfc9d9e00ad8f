#include "expr/pattern.hpp"

namespace sluice::expr {

PatternChunk::PatternChunk(std::span<const PatternRow> rows)
    : held(rows.size()), entries_(std::make_unique<PatternEntry[]>(rows.size())), count_(rows.size()) {
  std::size_t size = 0;
  for (const PatternRow& row : rows) size += row.key.size() + sizeof(std::uint32_t) + row.value.size();
  block_ = std::make_unique_for_overwrite<char[]>(size ? size : 1);
  char* at = block_.get();
  const auto put = [&at](std::string_view text) {
    if (!text.empty()) std::memcpy(at, text.data(), text.size());
    at += text.size();
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    PatternEntry& entry = entries_[i];
    entry.chunk_ = this;
    entry.line_ = rows[i].line;
    entry.text_ = at;
    entry.size_ = static_cast<std::uint32_t>(rows[i].key.size());
    put(rows[i].key);
    entry.value_.store(at, std::memory_order_relaxed);
    const auto value_size = static_cast<std::uint32_t>(rows[i].value.size());
    std::memcpy(at, &value_size, sizeof value_size);
    at += sizeof value_size;
    put(rows[i].value);
  }
}

PatternChunk::~PatternChunk() {
  for (PatternEntry& entry : entries())
    if (entry.value_is_own_) delete[] entry.value_.load(std::memory_order_relaxed);
}

void PatternList::freeze() {
  std::vector<PatternRow> rows;
  rows.reserve(texts_.size());
  for (const std::string& text : texts_) rows.push_back({text});
  chunk_ = std::make_unique<PatternChunk>(rows);
  pointers_.clear();
  for (const PatternEntry& entry : chunk_->entries()) pointers_.push_back(&entry);
}

Sample cast_for(const Match& match, const Sample& sample, const Scope& scope) {
  if (match.takes == Type::any || sample.type() == match.takes) return sample;
  if (match.takes == Type::address && sample.is_address()) return sample;
  return cast(sample, match.takes, *scope.arena);
}

}  // namespace sluice::expr
