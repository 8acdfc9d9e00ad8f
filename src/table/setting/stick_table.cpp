// stick-table type <type> size <size> [expire <time>] [nopurge] [srvkey <key>] [store server_id]
#include "table/setting/stick_table.hpp"

#include "base/text.hpp"
#include "config/keyword.hpp"

namespace sluice::table::setting {

const config::Setting<std::optional<Definition>> stick_table{config::in::frontend | config::in::listen | config::in::backend};

namespace {

using catalog::Add;
using config::Choice;
using config::Line;
using config::Section;

// "ip" is the older name of "ipv4".
constexpr std::array types{Choice<KeyType>{"ip", KeyType::ip}, Choice<KeyType>{"ipv4", KeyType::ip}, Choice<KeyType>{"ipv6", KeyType::ipv6},
                           Choice<KeyType>{"integer", KeyType::integer}, Choice<KeyType>{"string", KeyType::string},
                           Choice<KeyType>{"binary", KeyType::binary}};
constexpr std::array server_keys{Choice<ServerKey>{"name", ServerKey::name}, Choice<ServerKey>{"addr", ServerKey::address}};

bool take_type(Line& line, Definition& definition) {
  const auto type = line.take_choice<KeyType>(types);
  if (!type) return false;
  definition.type = *type;
  constexpr std::array<std::uint32_t, 5> lengths{4, 16, 4, 32, 32};
  definition.length = lengths[static_cast<std::size_t>(*type)];
  if (*type != KeyType::string && *type != KeyType::binary) return true;
  if (!line.peek() || *line.peek() != "len") return true;
  line.next();
  const auto length = line.take_integer("<length>", 1, 65535);
  if (length) definition.length = static_cast<std::uint32_t>(*length);
  return length.has_value();
}

// `server_id` is what stick rules store, and said or not it is there.
bool take_stored(Line& line) {
  const config::Word* const word = line.take("<data types>");
  if (!word) return false;
  std::string_view names = word->text;
  while (!names.empty()) {
    const std::string_view name = take_until(names, ',');
    if (name == "server_id" || name == "server_key") continue;
    line.alert(*word, fmt::format("'stick-table' : data type '{}' is not implemented in this version.", name));
    return false;
  }
  return true;
}

bool take_option(Line& line, Definition& definition) {
  const config::Word& option = *line.next();
  if (option == "type") return take_type(line, definition);
  if (option == "store") return take_stored(line);
  if (option == "nopurge") return definition.nopurge = true;
  if (option == "size") {
    const auto size = line.take_size("<size>", 1, 1ULL << 32);
    if (size) definition.size = *size;
    return size.has_value();
  }
  if (option == "expire") {
    const auto time = line.take_duration("<time>");
    if (time) definition.expire = *time;
    return time.has_value();
  }
  if (option == "srvkey") {
    const auto key = line.take_choice<ServerKey>(server_keys);
    if (key) definition.server_key = *key;
    return key.has_value();
  }
  if (option == "peers" || option == "write-to" || option == "recv-only") {
    line.alert(option, fmt::format("'stick-table' : '{}' needs peers, which are not implemented in this version.", option.text));
    return false;
  }
  line.alert(option, fmt::format("'stick-table' : unknown argument '{}'.", option.text));
  return false;
}

void parse(Line& line, Section& section) {
  if (section[stick_table]) return line.alert(fmt::format("stick-table name '{}' is declared twice.", section.name()));
  Definition definition;
  bool has_type = false;
  while (line.peek()) {
    has_type = has_type || *line.peek() == "type";
    if (!take_option(line, definition)) return;
  }
  if (!has_type) return line.alert("'stick-table' : missing argument 'type'.");
  if (definition.size == 0) return line.alert("'stick-table' : missing size.");
  section.change(stick_table, line) = definition;
}

const Add entry{config::Keyword{.name = "stick-table",
    .args = "type {ip | ipv4 | ipv6 | integer | string [len <length>] | binary [len <length>]} size <size> [expire <time>] [nopurge] "
            "[srvkey {name | addr}] [store server_id]",
    .sections = config::in::frontend | config::in::listen | config::in::backend, .parse = parse,
    .doc = "Declares the section's table, which stick rules fill and search: the type of its keys, how many entries it holds, "
           "and how long after its last use an entry is forgotten. A full table forgets what was unused for longest, or takes "
           "nothing new with nopurge. Counters and peers are not implemented: naming them is an error."}};

}  // namespace
}  // namespace sluice::table::setting
