#include "admin/cli.hpp"

#include "admin/cli_line.hpp"
#include "net/stream.hpp"

namespace sluice::admin {
namespace {

constexpr std::size_t longest_input = 1 << 20;  // certificates and maps come as payloads

// Bytes that came and are not used yet.
struct Input {
  std::string bytes;
  bool ended = false;  // the client has sent all it will

  bool has_line() const { return bytes.find('\n') != std::string::npos; }
  // A line without its end. What has none was cut short: half a command is none.
  std::optional<std::string> take_line() {
    const auto end = bytes.find('\n');
    if (end == std::string::npos) return std::nullopt;
    std::string line = bytes.substr(0, end);
    bytes.erase(0, end + 1);
    if (line.ends_with('\r')) line.pop_back();
    return line;
  }
};

async::Task<> read_more(net::Stream& stream, Input& input, Instant deadline) {
  if (input.bytes.size() > longest_input) co_await fail(Kind::too_large, Side::client);
  co_await stream.readable(deadline);
  const std::span<char> scratch = stream.worker().scratch();
  const Result<std::size_t> got = stream.try_read(scratch);
  if (!got && got.error().kind == Kind::would_block) co_return;
  const std::size_t count = co_await got;
  input.ended = count == 0;
  input.bytes.append(scratch.data(), count);
}

// The next line; fails with `end` when there is none any more.
async::Task<std::string> read_line(net::Stream& stream, Input& input, Duration timeout) {
  const Instant deadline = stream.loop().after(timeout);
  for (;;) {
    std::optional<std::string> line = input.take_line();
    if (line) co_return std::move(*line);
    if (input.ended) co_await fail(Kind::end, Side::client);
    co_await read_more(stream, input, deadline);
  }
}

async::Task<std::string> read_payload(net::Stream& stream, Input& input, const CliSession& session, std::string end) {
  std::string payload;
  for (;;) {
    if (session.prompt != Prompt::none) co_await stream.write_all("+ ", session.timeout);
    const std::string line = co_await read_line(stream, input, session.timeout);
    if (line == end) co_return std::move(payload);
    payload += line;
    payload += '\n';
  }
}

std::string prompt_text(const CliSession& session, const World& world, Instant now) {
  if (session.prompt == Prompt::none) return {};
  if (session.prompt == Prompt::plain) return "> ";
  const std::int64_t up = (now - world.started).seconds();
  return fmt::format("[{}:{:02}:{:02}:{:02}]> ", up / 86400, up / 3600 % 24, up / 60 % 60, up % 60);
}

async::Task<> run_command(net::Stream& stream, World& world, CliSession& session, std::span<const std::string> words,
                          std::string_view payload, std::string& answer) {
  Call call{world, stream.worker(), session, words, payload, answer, stream};
  const Command* const command = admit_command(call);
  if (!command) co_return;
  if (command->run) command->run(call);
  else co_await command->later(call);
}

// One line of input: its commands, their answers.
async::Task<> serve_line(net::Stream& stream, Input& input, World& world, CliSession& session) {
  const std::string line = co_await read_line(stream, input, session.timeout);
  std::vector<CliCommand> commands = parse_cli_line(line);
  std::string payload;
  if (commands.back().takes_payload) {
    payload = co_await read_payload(stream, input, session, commands.back().payload_end);
  }
  std::string answers;
  bool nothing_said = true;
  for (CliCommand& command : commands) {
    if (command.words.empty()) continue;
    nothing_said = false;
    const std::string_view its_payload = command.takes_payload ? std::string_view(payload) : std::string_view{};
    co_await run_command(stream, world, session, command.words, its_payload, answers);
    if (session.silent) co_return;
    if (session.closing) break;
    answers += '\n';
    answers += prompt_text(session, world, stream.loop().now());
  }
  if (nothing_said && !session.closing) answers += prompt_text(session, world, stream.loop().now());
  world.cli.bytes_out += answers.size();
  world.states.rates.at(stream.worker().id).bytes_out.add(stream.loop().now(), answers.size());
  co_await stream.write_all(answers, session.timeout);
}

}  // namespace

async::Task<> serve_cli(async::Worker& worker, int descriptor, World& world, CliSession session) {
  net::SocketStream stream(worker, descriptor);
  Input input;
  do {
    co_await serve_line(stream, input, world, session);
  } while (!session.closing && (session.interactive || input.has_line()));  // what came at once is answered, as HAProxy does
}

}  // namespace sluice::admin
