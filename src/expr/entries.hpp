// The kinds of catalog entries expressions are made of: Fetch (where a sample comes from), Converter (what becomes of
// it), Match (how an ACL or map compares it), AclFamily (ACL keywords that are a fetch and a match), LogAlias (%ci).
// Entries are constants; what binds their arguments lives in the Expression that names them.
//
// Handlers are plain functions. A fetch takes any of the context types below by reference (the fetch is then only valid
// where there is such an object, and gives no sample without it) and its arguments; a converter takes the value first.
// They return bool, Int, std::string_view (str), Binary, Ipv4, Ipv6, Sample, or a std::optional of these.
#pragma once
#include <concepts>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "catalog/add.hpp"
#include "catalog/typed.hpp"
#include "expr/compiler.hpp"
#include "expr/sample.hpp"
#include "expr/scope.hpp"
#include "expr/writer.hpp"

namespace sluice::expr {

using catalog::Int;
using catalog::Or;

// Where fetches look, by the rows that occur in HAProxy's validity matrix.
enum class Origin : std::uint8_t {
  anywhere,        // constants and the process: even while parsing
  process,         // not while parsing
  client_always,   // the client connection; also in health checks
  client,          // the client connection
  session,         // from the session rules on
  exchange,        // known from the first request rule to the log
  request,         // the request, while it is there
  either,          // request or response, whichever there is
  chosen_backend,  // once a backend is chosen
  chosen_server,   // once a server is chosen
  bytes_out,
  server,          // the server connection
  response,
};
// Bit i: valid at Checkpoint(i).
Checkpoints valid_at(Origin origin);
// What a fetch of it needs, in words: "the response".
std::string_view need_of(Origin origin);

// Told about each value of a fetch that has several; true stops.
struct Visit {
  bool (*call)(void* state, const Sample& sample);
  void* state;
  bool operator()(const Sample& sample) const { return call(state, sample); }
};

// ---- context types ----------------------------------------------------------------------------------------------
// Supply<T>::from(scope) is the T a handler parameter `T&` refers to, or null. Layers above specialise it for more.
template <class T>
struct Supply;
template <class T, T* Scope::*member, Origin where>
struct SupplyMember {
  static constexpr Origin origin = where;
  static T* from(const Scope& scope) { return scope.*member; }
};
template <>
struct Supply<const Scope> {
  static constexpr Origin origin = Origin::anywhere;
  static const Scope* from(const Scope& scope) { return &scope; }
};
template <> struct Supply<Arena> : SupplyMember<Arena, &Scope::arena, Origin::anywhere> {};
template <> struct Supply<Ambient> : SupplyMember<Ambient, &Scope::ambient, Origin::anywhere> {};
template <> struct Supply<Variables> : SupplyMember<Variables, &Scope::variables, Origin::anywhere> {};
template <> struct Supply<const Client> : SupplyMember<const Client, &Scope::client, Origin::client> {};
template <> struct Supply<const http::Request> : SupplyMember<const http::Request, &Scope::request, Origin::request> {};
template <> struct Supply<const http::Response> : SupplyMember<const http::Response, &Scope::response, Origin::response> {};
template <> struct Supply<const CapturedLine> : SupplyMember<const CapturedLine, &Scope::captured, Origin::exchange> {};
template <> struct Supply<proxy::Frontend> : SupplyMember<proxy::Frontend, &Scope::frontend, Origin::client> {};
template <> struct Supply<proxy::Session> : SupplyMember<proxy::Session, &Scope::session, Origin::client> {};
template <> struct Supply<proxy::Exchange> : SupplyMember<proxy::Exchange, &Scope::exchange, Origin::exchange> {};
template <> struct Supply<const proxy::Facts> : SupplyMember<const proxy::Facts, &Scope::facts, Origin::exchange> {};
template <> struct Supply<const backend::Backend> : SupplyMember<const backend::Backend, &Scope::backend, Origin::chosen_backend> {};
template <> struct Supply<const backend::Server> : SupplyMember<const backend::Server, &Scope::server, Origin::chosen_server> {};
template <> struct Supply<const backend::Connection> : SupplyMember<const backend::Connection, &Scope::server_connection, Origin::server> {};
template <> struct Supply<table::Session> : SupplyMember<table::Session, &Scope::tables, Origin::client> {};

// ---- bound forms ------------------------------------------------------------------------------------------------
class BoundFetch {
 public:
  virtual ~BoundFetch() = default;
  virtual Sample run(const Scope& scope) const = 0;
  // All values; true if `visit` said so for one of them.
  virtual bool any(const Scope& scope, Visit visit) const {
    const Sample sample = run(scope);
    return sample && visit(sample);
  }
};
class BoundConverter {
 public:
  virtual ~BoundConverter() = default;
  virtual Sample run(const Sample& input, const Scope& scope) const = 0;
};

namespace detail {
template <class T>
constexpr Type type_of() {
  using B = typename catalog::InnerOf<std::remove_cvref_t<T>>::Type;
  if constexpr (std::is_same_v<B, bool>) return Type::boolean;
  else if constexpr (std::is_integral_v<B>) return Type::sint;
  else if constexpr (std::is_same_v<B, std::string_view>) return Type::str;
  else if constexpr (std::is_same_v<B, Binary>) return Type::bin;
  else if constexpr (std::is_same_v<B, Ipv4>) return Type::ipv4;
  else if constexpr (std::is_same_v<B, Ipv6>) return Type::ipv6;
  else return Type::any;
}
inline Sample to_sample(const Sample& value) { return value; }
template <class T>
  requires(!std::is_same_v<T, Sample>)
Sample to_sample(const T& value) {
  if constexpr (catalog::IsOptional<T>::value) return value ? to_sample(*value) : Sample{};
  else if constexpr (std::is_same_v<T, bool>) return Sample::boolean(value);
  else if constexpr (std::is_integral_v<T>) return Sample::integer(static_cast<std::int64_t>(value));
  else if constexpr (std::is_same_v<T, std::string_view>) return Sample::text(value);
  else if constexpr (std::is_same_v<T, Binary>) return Sample::binary(value.bytes);
  else return Sample::address(value);
}
template <class T>
T from_sample(const Sample& sample) {
  if constexpr (std::is_same_v<T, Sample>) return sample;
  else if constexpr (std::is_same_v<T, bool>) return sample.truth();
  else if constexpr (std::is_integral_v<T>) return static_cast<T>(sample.integer());
  else if constexpr (std::is_same_v<T, std::string_view>) return sample.view();
  else if constexpr (std::is_same_v<T, Binary>) return Binary{sample.view()};
  else if constexpr (std::is_same_v<T, Ipv4>) return sample.ipv4();
  else return sample.ipv6();
}

// A parameter: supplied (T& or T*), an argument, or (for converters) the input.
template <class P>
inline constexpr bool is_supplied = std::is_lvalue_reference_v<P> && !catalog::IsArgument<P>;
template <class P>
bool there(const Scope& scope) {
  if constexpr (is_supplied<P>) return Supply<std::remove_reference_t<P>>::from(scope) != nullptr;
  else return true;
}
template <class P, class K>
decltype(auto) give(const Scope& scope, const K& kept) {
  if constexpr (is_supplied<P>) return *Supply<std::remove_reference_t<P>>::from(scope);
  else if constexpr (std::is_pointer_v<P>) return Supply<std::remove_pointer_t<P>>::from(scope);
  else return catalog::pass<P>(kept);
}
template <class P>
constexpr Origin origin_of_parameter() {
  if constexpr (is_supplied<P>) return Supply<std::remove_reference_t<P>>::origin;
  else return Origin::anywhere;
}
template <class Parameters>
struct Origins;
template <class... P>
struct Origins<std::tuple<P...>> {
  static constexpr Origin most = [] {
    Origin found = Origin::anywhere;
    ((found = origin_of_parameter<P>() > found ? origin_of_parameter<P>() : found), ...);
    return found;
  }();
};
template <class Parameters>
struct WithoutFirst;
template <class First, class... P>
struct WithoutFirst<std::tuple<First, P...>> {
  using FirstType = std::remove_cvref_t<First>;
  using Type = std::tuple<P...>;
};

template <auto f>
class FetchOf : public BoundFetch {
 public:
  using Parameters = typename catalog::SignatureOf<f>::Parameters;
  using Kept = typename catalog::KeptTuple<Parameters>::Type;
  explicit FetchOf(Kept kept) : kept_(std::move(kept)) {}
  Sample run(const Scope& scope) const override { return call(scope, Sequence{}); }

 protected:
  using Sequence = std::make_index_sequence<std::tuple_size_v<Parameters>>;
  template <std::size_t... i>
  Sample call([[maybe_unused]] const Scope& scope, std::index_sequence<i...>) const {
    if (!(there<std::tuple_element_t<i, Parameters>>(scope) && ...)) return {};
    return to_sample(f(give<std::tuple_element_t<i, Parameters>>(scope, std::get<i>(kept_))...));
  }
  Kept kept_;
};
// f gives one value, g(Visit, same parameters...) all of them.
template <auto f, auto g>
class FetchAllOf final : public FetchOf<f> {
 public:
  using FetchOf<f>::FetchOf;
  using Parameters = typename FetchOf<f>::Parameters;
  bool any(const Scope& scope, Visit visit) const override { return call_all(scope, visit, typename FetchOf<f>::Sequence{}); }

 private:
  template <std::size_t... i>
  bool call_all(const Scope& scope, Visit visit, std::index_sequence<i...>) const {
    if (!(there<std::tuple_element_t<i, Parameters>>(scope) && ...)) return false;
    return g(visit, give<std::tuple_element_t<i, Parameters>>(scope, std::get<i>(this->kept_))...);
  }
};
template <auto f>
class ConverterOf final : public BoundConverter {
 public:
  using Split = WithoutFirst<typename catalog::SignatureOf<f>::Parameters>;
  using Input = typename Split::FirstType;
  using Parameters = typename Split::Type;
  using Kept = typename catalog::KeptTuple<Parameters>::Type;
  explicit ConverterOf(Kept kept) : kept_(std::move(kept)) {}
  Sample run(const Sample& input, const Scope& scope) const override {
    return call(input, scope, std::make_index_sequence<std::tuple_size_v<Parameters>>{});
  }

 private:
  template <std::size_t... i>
  Sample call(const Sample& input, [[maybe_unused]] const Scope& scope, std::index_sequence<i...>) const {
    if (!(there<std::tuple_element_t<i, Parameters>>(scope) && ...)) return {};
    return to_sample(f(from_sample<Input>(input), give<std::tuple_element_t<i, Parameters>>(scope, std::get<i>(kept_))...));
  }
  Kept kept_;
};
template <class Bound, class Base, class Parameters>
std::unique_ptr<Base> bind_as(std::span<const std::string> texts, Compiler& compiler, catalog::ArgumentError& error) {
  auto kept = catalog::read_arguments<Parameters>(texts, compiler, error);
  if (!kept) return nullptr;
  return std::make_unique<Bound>(std::move(*kept));
}
}  // namespace detail

// typed<f>, or all_of<f, g> for fetches with several values (headers, cookies): f for one, g for each.
template <auto f, auto g>
struct AllOf {};
template <auto f, auto g>
inline constexpr AllOf<f, g> all_of{};

struct FetchRun {
  std::unique_ptr<BoundFetch> (*bind)(std::span<const std::string>, Compiler&, catalog::ArgumentError&) = nullptr;
  std::string (*signature)() = nullptr;
  Type out = Type::none;
  Origin origin = Origin::anywhere;
  std::size_t most_arguments = 0;
  std::size_t least_arguments = 0;
  bool has_several = false;  // ACLs look at every value

  constexpr FetchRun() = default;
  template <auto f>
  constexpr FetchRun(catalog::Typed<f>)  // NOLINT: typed<f> is meant to convert
      : FetchRun(fill<f, detail::FetchOf<f>>()) {}
  template <auto f, auto g>
  constexpr FetchRun(AllOf<f, g>) : FetchRun(fill<f, detail::FetchAllOf<f, g>>()) { has_several = true; }  // NOLINT

 private:
  template <auto f, class Bound>
  static constexpr FetchRun fill() {
    using Parameters = typename catalog::SignatureOf<f>::Parameters;
    FetchRun run;
    run.bind = detail::bind_as<Bound, BoundFetch, Parameters>;
    run.signature = catalog::signature_text<Parameters>;
    run.out = detail::type_of<typename catalog::SignatureOf<f>::Result>();
    run.origin = detail::Origins<Parameters>::most;
    run.most_arguments = catalog::Counts<Parameters>::most;
    run.least_arguments = catalog::Counts<Parameters>::least;
    return run;
  }
};
struct ConverterRun {
  std::unique_ptr<BoundConverter> (*bind)(std::span<const std::string>, Compiler&, catalog::ArgumentError&) = nullptr;
  std::string (*signature)() = nullptr;
  Type in = Type::none;
  Type out = Type::none;
  std::size_t most_arguments = 0;
  std::size_t least_arguments = 0;

  constexpr ConverterRun() = default;
  template <auto f>
  constexpr ConverterRun(catalog::Typed<f>) {  // NOLINT: typed<f> is meant to convert
    using Bound = detail::ConverterOf<f>;
    bind = detail::bind_as<Bound, BoundConverter, typename Bound::Parameters>;
    signature = catalog::signature_text<typename Bound::Parameters>;
    in = detail::type_of<typename Bound::Input>();
    out = detail::type_of<typename catalog::SignatureOf<f>::Result>();
    most_arguments = catalog::Counts<typename Bound::Parameters>::most;
    least_arguments = catalog::Counts<typename Bound::Parameters>::least;
  }
};

// ---- the kinds --------------------------------------------------------------------------------------------------
using Names = catalog::Few<std::string_view, 12>;

struct Fetch {
  std::string_view name;
  Names args;                           // what the manual calls them
  FetchRun run;
  std::optional<Type> out{};            // said here if the handler returns Sample
  std::optional<Origin> origin{};       // said here if it is not what the parameters imply
  std::string_view doc;
  catalog::Examples examples;

  constexpr Type type() const { return out.value_or(run.out); }
  constexpr Origin where() const { return origin.value_or(run.origin); }
};

struct Converter {
  std::string_view name;
  Names args;
  ConverterRun run;
  std::optional<Type> in{};             // said here if the handler takes Sample (address, any)
  std::optional<Type> out{};
  std::string (*objection)(std::span<const std::string> arguments) = nullptr;  // what is wrong with them together; empty: nothing
  std::string_view doc;
  catalog::Examples examples;           // an expression ending in this converter, and its text

  constexpr Type takes() const { return in.value_or(run.in); }
  constexpr Type gives() const { return out.value_or(run.out); }
};

class PatternEntry;
class Matcher;
struct MatchHow;
struct PatternError {
  std::size_t index = 0;
  std::string text;
};
struct Match {
  std::string_view name;                // as after -m
  Type takes = Type::str;               // the sample is cast to this first; any: as it is
  bool needs_patterns = true;
  std::unique_ptr<Matcher> (*make)(std::span<const PatternEntry* const> patterns, MatchHow how, PatternError& error) = nullptr;
  std::string_view doc;
};

// What is wrong with the patterns an ACL has on its line, and with which of them; nothing is: no text.
struct PatternObjection {
  std::string text{};
  std::size_t index = 0;
};

// `name` alone is `fetch -m str` (if str is among the matches), `name`_beg is `fetch -m beg` and so on.
struct AclFamily {
  std::string_view name;
  std::string_view fetch;
  catalog::Few<std::string_view, 8> matches;
  PatternObjection (*objection)(std::string_view argument, std::span<const std::string> patterns, const Compiler& compiler) = nullptr;
  std::string_view doc;
};

// The keyword a family has for one of its matches.
std::string acl_keyword(const AclFamily& family, std::string_view match);

// One item of the log format. Exactly one of expression, run and write is set.
struct LogStyle;
struct LogAlias {
  enum class Mode : std::uint8_t { any, http };
  std::string_view name;                // without '%'
  std::string_view expression{};        // %ci is %[src]
  FetchRun run{};                       // or typed<f> without arguments
  // or it writes itself: texts that are several items (%r, %hr)
  void (*write)(const Scope& scope, Writer& to, const LogStyle& style) = nullptr;
  Mode mode = Mode::any;
  Origin origin = Origin::anywhere;
  std::string_view doc;
};

// For dumps (-dKacl, -dKsmp, -dKcnv) in HAProxy's layout, sorted by name.
std::string dump_acls();
std::string dump_fetches();
std::string dump_converters();

}  // namespace sluice::expr
