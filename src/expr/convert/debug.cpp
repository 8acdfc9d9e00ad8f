// debug([prefix][,destination]): shows what passes through an expression (manual 7.3.1), in a ring (`show events buf0`) or
// on the standard output or error. The value goes on as it is.
#include <fmt/format.h>
#include <unistd.h>

#include <ctime>

#include "base/text.hpp"
#include "expr/entries.hpp"
#include "net/syslog_ring.hpp"

namespace sluice::expr {
namespace {
using catalog::typed;

// "PFX: type=str </x>"; what cannot be printed is a dot.
std::string told(const Sample& in, std::string_view prefix, Arena& arena) {
  std::string value;
  if (in.type() == Type::boolean) value = in.truth() ? "1" : "0";
  else value = in.is_text() ? in.view() : text_of(in, arena).value_or(std::string_view());
  for (char& c : value)
    if (c < ' ' || c > '~') c = '.';
  return fmt::format("{}: type={} <{}>", prefix, name_of(in.type()), value);
}

class Debug final : public BoundConverter {
 public:
  Debug(std::string prefix, std::shared_ptr<net::LogRing> ring, int descriptor)
      : prefix_(std::move(prefix)), ring_(std::move(ring)), descriptor_(descriptor) {}
  Sample run(const Sample& input, const Scope& scope) const override {
    const std::string text = told(input, prefix_, *scope.arena);
    if (ring_) to_ring(text, scope.ambient->wall());
    else to_descriptor(text);
    return input;
  }

 private:
  void to_ring(const std::string& text, WallTime now) const {
    const time_t second = now.us / 1'000'000;
    tm parts{};
    ::gmtime_r(&second, &parts);
    char date[32];
    const std::size_t size = ::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
    std::string line = fmt::format("<0>{}.{:06}+00:00 [debug] {}", std::string_view(date, size), now.us % 1'000'000, text);
    if (line.size() >= ring_->longest) line.resize(ring_->longest - 1);
    line += '\n';
    const std::uint32_t end = static_cast<std::uint32_t>(line.size());
    ring_->append(line, {&end, 1});
  }
  void to_descriptor(const std::string& text) const {
    const std::string line = "[debug] " + text + "\n";
    [[maybe_unused]] const ssize_t gone = ::write(descriptor_, line.data(), line.size());  // what does not fit is lost
  }

  std::string prefix_;
  std::shared_ptr<net::LogRing> ring_;  // or
  int descriptor_;
};

// For its signature and types; bind() makes a Debug.
Sample debug(Sample in, std::optional<std::string_view>, std::optional<std::string_view>) { return in; }

std::unique_ptr<BoundConverter> bind(std::span<const std::string> texts, Compiler& compiler, catalog::ArgumentError& error) {
  if (!ConverterRun(typed<debug>).bind(texts, compiler, error)) return nullptr;
  const std::string prefix = texts.empty() ? std::string() : texts[0];
  const std::string_view to = texts.size() < 2 || texts[1].empty() ? std::string_view("buf0") : std::string_view(texts[1]);
  if (to == "stdout" || to == "stderr") return std::make_unique<Debug>(prefix, nullptr, to == "stdout" ? STDOUT_FILENO : STDERR_FILENO);
  auto ring = compiler.find_ring ? compiler.find_ring(to) : nullptr;
  if (!ring) {
    error.index = 1;
    error.text = fmt::format("there is no event sink '{}', expected 'stdout', 'stderr', 'buf0' or the name of a ring section", to);
    return nullptr;
  }
  return std::make_unique<Debug>(prefix, std::move(ring), -1);
}
constexpr ConverterRun run() {
  ConverterRun run = typed<debug>;
  run.bind = bind;
  return run;
}

const catalog::Add entry{Converter{.name = "debug", .args = {"prefix", "destination"}, .run = run(), .in = Type::any, .out = Type::same,
    .doc = "Passes the value on and shows it in ring {destination} (buf0), or on stdout or stderr.",
    .examples = {{"str(x),debug(here,buf0),upper", "X"}, {"int(7),debug", "7"}}}};

}  // namespace
}  // namespace sluice::expr
