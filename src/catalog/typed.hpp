// typed<f>: a handler is an ordinary function; what it takes says what the entry needs.
//
//   static std::optional<Binary> bytes(Binary in, Int offset, std::optional<Int> length);
//   ... .run = typed<bytes> ...
//
// Two sorts of parameters: *arguments*, written in the configuration and read once by Argument<T> into a tuple, and
// everything else, which the kind of entry supplies at run time (a request, an arena, an exchange). Each kind turns
// Typed<f> into its own bound form (expr/entries.hpp for fetches and converters), so a call is one indirect call.
// Nothing here has state.
#pragma once
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "base/text.hpp"
#include "base/time.hpp"

namespace sluice::catalog {

template <auto f>
struct Typed {
  static constexpr auto function = f;
};
template <auto f>
inline constexpr Typed<f> typed{};

template <class F>
struct Signature;
template <class R, class... P>
struct Signature<R (*)(P...)> {
  using Result = R;
  using Parameters = std::tuple<P...>;
};
template <class R, class... P>
struct Signature<R (*)(P...) noexcept> : Signature<R (*)(P...)> {};
template <auto f>
using SignatureOf = Signature<std::decay_t<decltype(f)>>;

using Int = std::int64_t;

// A byte count written with an optional k, m or g.
struct Size {
  std::uint64_t bytes = 0;
};
// An integer that may be left out.
template <Int fallback>
struct Or {
  Int value = fallback;
  constexpr operator Int() const { return value; }  // NOLINT: it is an integer
};

// An integer that must lie in a range.
template <Int least, Int most>
struct Within {
  Int value = least;
  constexpr operator Int() const { return value; }  // NOLINT: it is an integer
};

// How a type is read. Specialise it beside the type:
//   static constexpr std::string_view name;                                      // "integer", for dumps
//   using Stored = ...;                                                          // if it is kept as another type
//   static std::expected<Stored, std::string> read(std::string_view text[, Compiler&]);
//   static std::expected<Stored, std::string> left_out(Compiler&);               // for those that IsDefaulted: the usual one
// The error completes "argument 2 (offset): ...". Compiler is whatever the kind binds with.
template <class T>
struct Argument;

template <>
struct Argument<std::string_view> {
  static constexpr std::string_view name = "string";
  using Stored = std::string;
  static std::expected<std::string, std::string> read(std::string_view text) { return std::string(text); }
};
template <>
struct Argument<std::string> : Argument<std::string_view> {};
template <>
struct Argument<Int> {
  static constexpr std::string_view name = "integer";
  static std::expected<Int, std::string> read(std::string_view text) {
    const auto number = parse_int(text);
    if (!number) return std::unexpected("'" + std::string(text) + "' is not an integer");
    return *number;
  }
};
template <Int fallback>
struct Argument<Or<fallback>> {
  static constexpr std::string_view name = "integer";
  static std::expected<Or<fallback>, std::string> read(std::string_view text) {
    if (text.empty()) return Or<fallback>{};
    auto number = Argument<Int>::read(text);
    if (!number) return std::unexpected(std::move(number.error()));
    return Or<fallback>{*number};
  }
};

template <Int least, Int most>
struct Argument<Within<least, most>> {
  static constexpr std::string_view name = "integer";
  static std::expected<Within<least, most>, std::string> read(std::string_view text) {
    auto number = Argument<Int>::read(text);
    if (!number) return std::unexpected(std::move(number.error()));
    if (*number >= least && *number <= most) return Within<least, most>{*number};
    return std::unexpected("must be between " + std::to_string(least) + " and " + std::to_string(most) + ", not " + std::string(text));
  }
};

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {
  using Inner = T;
};
template <class T>
struct IsDefaulted : std::false_type {};
template <Int fallback>
struct IsDefaulted<Or<fallback>> : std::true_type {};

template <class T>
struct InnerOf {
  using Type = T;
};
template <class T>
struct InnerOf<std::optional<T>> {
  using Type = T;
};
template <class P>
using Bare = std::remove_cvref_t<P>;
template <class P>
using Inner = typename InnerOf<Bare<P>>::Type;

// An argument, as opposed to something supplied at run time.
template <class P>
concept IsArgument = requires { Argument<Inner<P>>::name; };
template <class P>
inline constexpr bool may_be_left_out = IsOptional<Bare<P>>::value || IsDefaulted<Bare<P>>::value;

template <class T>
struct StoredOf {
  using Type = T;
};
template <class T>
  requires requires { typename Argument<T>::Stored; }
struct StoredOf<T> {
  using Type = typename Argument<T>::Stored;
};

struct Nothing {};
// What is kept of one parameter.
template <class P>
struct Kept {
  using Type = Nothing;
};
template <IsArgument P>
struct Kept<P> {
  using One = typename StoredOf<Inner<P>>::Type;
  using Type = std::conditional_t<IsOptional<Bare<P>>::value, std::optional<One>, One>;
};
template <class Parameters>
struct KeptTuple;
template <class... P>
struct KeptTuple<std::tuple<P...>> {
  using Type = std::tuple<typename Kept<P>::Type...>;
};

// The parameter as the handler wants it, from what was kept.
template <class P, class K>
decltype(auto) pass(const K& kept) {
  if constexpr (IsOptional<Bare<P>>::value && !std::is_same_v<Bare<P>, K>) {
    return kept ? Bare<P>(*kept) : Bare<P>();
  } else {
    return static_cast<const K&>(kept);
  }
}

struct ArgumentError {
  std::size_t index = 0;  // which argument, from 0; past the last: something is missing
  std::string text;
};

template <class P>
consteval std::size_t arguments_in() { return IsArgument<P> ? 1 : 0; }
template <class Parameters>
struct Counts;
template <class... P>
struct Counts<std::tuple<P...>> {
  static constexpr std::size_t most = (std::size_t{0} + ... + (IsArgument<P> ? 1 : 0));
  static constexpr std::size_t least = (std::size_t{0} + ... + (IsArgument<P> && !may_be_left_out<P> ? 1 : 0));
};

namespace detail {
template <class Kept, class Value>
bool keep(Kept& kept, Value value, std::size_t index, ArgumentError& error) {
  if (!value) {
    error = {index, std::move(value.error())};
    return false;
  }
  kept = std::move(*value);
  return true;
}

template <class P, class Compiler>
bool read_one(typename Kept<P>::Type& kept, std::span<const std::string> texts, std::size_t& next, Compiler& compiler,
              ArgumentError& error) {
  if constexpr (!IsArgument<P>) {
    return true;
  } else {
    using T = Inner<P>;
    const std::size_t index = next++;
    if (index >= texts.size()) {
      if constexpr (requires { Argument<T>::left_out(compiler); }) return keep(kept, Argument<T>::left_out(compiler), index, error);
      if constexpr (may_be_left_out<P>) return true;
      error = {index, "argument " + std::to_string(index + 1) + " (" + std::string(Argument<T>::name) + ") is missing"};
      return false;
    } else {
      const std::string& text = texts[index];
      if constexpr (may_be_left_out<P> && !std::is_same_v<typename StoredOf<T>::Type, std::string>)
        if (text.empty()) return true;
      if constexpr (requires { Argument<T>::read(std::string_view(text), compiler); })
        return keep(kept, Argument<T>::read(std::string_view(text), compiler), index, error);
      else
        return keep(kept, Argument<T>::read(std::string_view(text)), index, error);
    }
  }
}
}  // namespace detail

// Reads all arguments of `Parameters` in order; nothing, and `error` says why, if one cannot be read.
template <class Parameters, class Compiler>
std::optional<typename KeptTuple<Parameters>::Type> read_arguments(std::span<const std::string> texts,
                                                                   Compiler& compiler, ArgumentError& error) {
  typename KeptTuple<Parameters>::Type kept{};
  constexpr std::size_t most = Counts<Parameters>::most;
  if (texts.size() > most) {
    error = {most, most == 0 ? std::string("takes no argument")
                             : "takes at most " + std::to_string(most) + (most == 1 ? " argument" : " arguments")};
    return std::nullopt;
  }
  std::size_t next = 0;
  const bool fine = [&]<std::size_t... i>(std::index_sequence<i...>) {
    return (detail::read_one<std::tuple_element_t<i, Parameters>>(std::get<i>(kept), texts, next, compiler, error) && ...);
  }(std::make_index_sequence<std::tuple_size_v<Parameters>>{});
  if (!fine) return std::nullopt;
  return kept;
}

// "string,integer[,string]": the arguments as dumps show them, without parentheses.
template <class Parameters>
std::string signature_text() {
  std::string text;
  bool optional = false;
  const auto one = [&]<class P>(std::type_identity<P>) {
    if constexpr (IsArgument<P>) {
      if (may_be_left_out<P> && !optional) {
        optional = true;
        text += '[';
      }
      if (!text.empty() && text != "[") {
        if (text.back() == '[') text.insert(text.size(), ",");
        else text += ',';
      }
      text += Argument<Inner<P>>::name;
    }
  };
  [&]<std::size_t... i>(std::index_sequence<i...>) {
    (one(std::type_identity<std::tuple_element_t<i, Parameters>>{}), ...);
  }(std::make_index_sequence<std::tuple_size_v<Parameters>>{});
  if (optional) text += ']';
  return text;
}

}  // namespace sluice::catalog
