#include "expr/regex_set.hpp"

#ifdef SLUICE_HYPERSCAN
#include <hs/hs.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <utility>
#endif

#include "base/check.hpp"

namespace sluice::expr {

std::uint32_t RegexSet::try_all(Confirm confirm) const {
  for (std::uint32_t i = 0; i < expressions_.size(); ++i)
    if (confirm(i)) return i;
  return 0xffffffff;
}

#ifdef SLUICE_HYPERSCAN

namespace {

// Scratch is per thread and fits every database made so far: a prototype grows with each database, and a thread whose copy
// is older takes a new one.
struct Prototype {
  std::mutex lock;
  hs_scratch_t* scratch = nullptr;
  std::atomic<unsigned> version{0};
};
Prototype& prototype() {
  static Prototype* const one = new Prototype;
  return *one;
}

struct ThreadScratch {
  hs_scratch_t* scratch = nullptr;
  unsigned version = 0;
  ~ThreadScratch() { hs_free_scratch(scratch); }
};
thread_local ThreadScratch thread_scratch;

hs_scratch_t* scratch_of_thread() {
  const unsigned now = prototype().version.load(std::memory_order_acquire);
  if (thread_scratch.version == now) return thread_scratch.scratch;
  const std::lock_guard guard(prototype().lock);
  hs_free_scratch(thread_scratch.scratch);
  thread_scratch.scratch = nullptr;
  check(hs_clone_scratch(prototype().scratch, &thread_scratch.scratch) == HS_SUCCESS, "memory for regular expressions");
  thread_scratch.version = now;
  return thread_scratch.scratch;
}

bool is_usable() {
  static const bool usable = hs_valid_platform() == HS_SUCCESS;
  return usable;
}

constexpr std::size_t worth_a_prefilter = 4;
constexpr std::size_t least_per_shard = 250;
constexpr std::size_t longest_text = 0xffffffff;

// Part of the expressions and the database of those Hyperscan can read.
struct Shard {
  std::vector<const char*> texts;
  std::vector<unsigned> flags, numbers;
  hs_database_t* database = nullptr;
  std::vector<std::uint32_t> always;  // of these: the ones Hyperscan cannot read
  bool failed = false;

  Shard() = default;
  Shard(Shard&& from) noexcept
      : texts(std::move(from.texts)), flags(std::move(from.flags)), numbers(std::move(from.numbers)),
        database(std::exchange(from.database, nullptr)), always(std::move(from.always)), failed(from.failed) {}
  ~Shard() { hs_free_database(database); }

  // An expression that turns out to be too much is left out, and the rest tried again; too many of them: it has failed.
  void compile() {
    for (unsigned attempt = 0; database == nullptr && !texts.empty(); ++attempt) {
      hs_compile_error_t* error = nullptr;
      if (hs_compile_multi(texts.data(), flags.data(), numbers.data(), static_cast<unsigned>(texts.size()), HS_MODE_BLOCK, nullptr,
                           &database, &error) == HS_SUCCESS)
        return;
      const int wrong = error ? error->expression : -1;
      hs_free_compile_error(error);
      database = nullptr;
      if (wrong < 0 || attempt > 16) {
        failed = true;
        return;
      }
      always.push_back(numbers[static_cast<std::size_t>(wrong)]);
      texts.erase(texts.begin() + wrong);
      flags.erase(flags.begin() + wrong);
      numbers.erase(numbers.begin() + wrong);
    }
  }
};

}  // namespace

struct RegexSet::Prefilter {
  std::vector<hs_database_t*> databases;
  std::vector<std::uint32_t> always;  // those Hyperscan cannot read
  std::size_t words = 0;              // 64 bits of candidates each
  std::size_t count = 0;
  ~Prefilter() {
    for (hs_database_t* database : databases) hs_free_database(database);
  }
};

RegexSet::RegexSet(std::vector<Regex> expressions, Letters letters) : expressions_(std::move(expressions)) {
  if (expressions_.size() < worth_a_prefilter || !is_usable()) return;
  auto filter = std::make_unique<Prefilter>();
  std::vector<std::string> texts;
  const unsigned flag = HS_FLAG_PREFILTER | HS_FLAG_SINGLEMATCH | HS_FLAG_ALLOWEMPTY |
                        (letters == Letters::any_case ? HS_FLAG_CASELESS : 0u);
  texts.reserve(expressions_.size());
  for (const Regex& expression : expressions_) texts.emplace_back(expression.pattern());
  // Compiling costs more than in proportion to what is compiled at once, and so does reading from one database more:
  // shards of some hundreds, compiled by a thread each.
  const std::size_t shard_count = std::clamp<std::size_t>(expressions_.size() / least_per_shard, 1, std::max(1u, std::min(4u, std::thread::hardware_concurrency())));
  const std::size_t each = (expressions_.size() + shard_count - 1) / shard_count;
  std::vector<Shard> shards(shard_count);
  const auto fill = [&](std::size_t which) {
    Shard& shard = shards[which];
    for (std::size_t i = which * each; i < std::min(expressions_.size(), (which + 1) * each); ++i) {
      const std::string& text = texts[i];
      hs_expr_info_t* info = nullptr;
      hs_compile_error_t* error = nullptr;
      const bool readable = text.find('\0') == std::string::npos && hs_expression_info(text.c_str(), flag, &info, &error) == HS_SUCCESS;
      std::free(info);
      hs_free_compile_error(error);
      if (!readable) {
        shard.always.push_back(static_cast<std::uint32_t>(i));
        continue;
      }
      shard.texts.push_back(text.c_str());
      shard.flags.push_back(flag);
      shard.numbers.push_back(static_cast<unsigned>(i));
    }
    shard.compile();
  };
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < shard_count; ++i) threads.emplace_back(fill, i);
    fill(0);
  }
  for (Shard& shard : shards) {
    if (shard.failed) return;
    filter->count += shard.texts.size();
    filter->always.insert(filter->always.end(), shard.always.begin(), shard.always.end());
    if (shard.database) filter->databases.push_back(std::exchange(shard.database, nullptr));
  }
  if (filter->count < worth_a_prefilter) return;
  {
    const std::lock_guard guard(prototype().lock);
    for (const hs_database_t* database : filter->databases)
      if (hs_alloc_scratch(database, &prototype().scratch) != HS_SUCCESS) return;
    prototype().version.fetch_add(1, std::memory_order_release);
  }
  filter->words = (expressions_.size() + 63) / 64;
  prefilter_ = std::move(filter);
}

std::size_t RegexSet::prefiltered() const { return prefilter_ ? prefilter_->count : 0; }

std::uint32_t RegexSet::find_first(std::string_view text, Confirm confirm) const {
  if (!prefilter_ || text.size() > longest_text) return try_all(confirm);
  // Candidates arrive in the order of their ends in the text; which comes first among the expressions is known at the end.
  constexpr std::size_t usual = 64;
  std::uint64_t few[usual];
  std::vector<std::uint64_t> many;
  std::uint64_t* bits = few;
  if (prefilter_->words > usual) {
    many.resize(prefilter_->words);
    bits = many.data();
  } else {
    std::fill_n(few, prefilter_->words, 0);
  }
  for (const std::uint32_t number : prefilter_->always) bits[number / 64] |= std::uint64_t{1} << (number % 64);
  const auto note = [](unsigned number, unsigned long long, unsigned long long, unsigned, void* to) {
    static_cast<std::uint64_t*>(to)[number / 64] |= std::uint64_t{1} << (number % 64);
    return 0;
  };
  const char* const start = text.data() ? text.data() : "";
  for (const hs_database_t* database : prefilter_->databases)
    if (hs_scan(database, start, static_cast<unsigned>(text.size()), 0, scratch_of_thread(), note, bits) != HS_SUCCESS) return try_all(confirm);
  for (std::size_t word = 0; word < prefilter_->words; ++word)
    for (std::uint64_t left = bits[word]; left != 0; left &= left - 1) {
      const auto number = static_cast<std::uint32_t>(word * 64 + static_cast<unsigned>(std::countr_zero(left)));
      if (confirm(number)) return number;
    }
  return 0xffffffff;
}

#else

struct RegexSet::Prefilter {};
RegexSet::RegexSet(std::vector<Regex> expressions, Letters) : expressions_(std::move(expressions)) {}
std::size_t RegexSet::prefiltered() const { return 0; }
std::uint32_t RegexSet::find_first(std::string_view, Confirm confirm) const { return try_all(confirm); }

#endif

RegexSet::~RegexSet() = default;
RegexSet::RegexSet(RegexSet&&) noexcept = default;

}  // namespace sluice::expr
