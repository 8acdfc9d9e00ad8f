#include "http/fields.hpp"

#include "base/text.hpp"

namespace sluice::http {
namespace {

bool is_named(const Field& field, const HeaderName& name) {
  if (name.id != HeaderId::other) return field.id() == name.id;
  if (name.text.empty()) return true;  // req.hdr() without a name: every field
  return field.id() == HeaderId::other && field.name().size() == name.text.size() && equal_nocase(field.name(), name.text);
}

}  // namespace

const Field* Fields::find(const HeaderName& name, std::size_t from) const {
  std::size_t i = from;
  if (name.id != HeaderId::other) {
    if (!has(name.id)) return nullptr;
    const std::size_t first = first_of_[static_cast<std::size_t>(name.id)];
    if (first >= from) return &items_[first];
    if (!repeats(name.id)) return nullptr;
  }
  for (; i < size_; ++i)
    if (is_named(items_[i], name)) return &items_[i];
  return nullptr;
}

std::size_t Fields::count(const HeaderName& name) const {
  std::size_t n = 0;
  for (const Field* field = find(name); field; field = find(name, static_cast<std::size_t>(field - items_) + 1)) ++n;
  return n;
}

std::optional<std::string_view> Fields::value(const HeaderName& name, int occurrence) const {
  if (occurrence >= 0) {
    int seen = 0;
    for (const Field* field = find(name); field; field = find(name, static_cast<std::size_t>(field - items_) + 1))
      if (++seen >= occurrence) return field->value();
    return std::nullopt;
  }
  if (name.id != HeaderId::other && !has(name.id)) return std::nullopt;
  if (name.id != HeaderId::other && !repeats(name.id)) {
    if (occurrence != -1) return std::nullopt;
    return items_[first_of_[static_cast<std::size_t>(name.id)]].value();
  }
  for (std::size_t i = size_; i-- > 0;)
    if (is_named(items_[i], name) && ++occurrence == 0) return items_[i].value();
  return std::nullopt;
}

std::optional<std::string_view> Fields::element(const HeaderName& name, int occurrence) const {
  if (occurrence == -1) {
    const auto whole = value(name, -1);
    if (!whole) return std::nullopt;
    if (whole->find(',') == whole->npos) return trim(*whole);
    std::optional<std::string_view> last;
    ElementList elements(*whole);
    while (const auto element = elements.next()) last = element;
    return last;
  }
  if (occurrence < 0) {
    const std::size_t total = count_elements(name);
    const auto back = static_cast<std::size_t>(-static_cast<std::int64_t>(occurrence));
    if (back > total) return std::nullopt;
    occurrence = static_cast<int>(total - back) + 1;
  }
  Elements elements(*this, name);
  int seen = 0;
  while (const auto element = elements.next())
    if (++seen >= occurrence) return element;
  return std::nullopt;
}

std::size_t Fields::count_elements(const HeaderName& name) const {
  Elements elements(*this, name);
  std::size_t n = 0;
  while (elements.next()) ++n;
  return n;
}

bool Fields::has_token(const HeaderName& name, std::string_view token) const {
  Elements elements(*this, name);
  while (const auto element = elements.next())
    if (equal_nocase(*element, token)) return true;
  return false;
}

// On the wire names are lower case (as HAProxy writes them); known names are ours already.
std::string_view Fields::written_name(const HeaderName& name) {
  if (name.id != HeaderId::other) return name_of(name.id);
  char* const lower_name = arena_->allocate(name.text.size());
  for (std::size_t i = 0; i < name.text.size(); ++i) lower_name[i] = to_lower(name.text[i]);
  return {lower_name, name.text.size()};
}

void Fields::add(const HeaderName& name, std::string_view value) { append(written_name(name), arena_->copy(value), name.id); }

void Fields::set(const HeaderName& name, std::string_view value) {
  // The value may be a view of the field that is being replaced: copy first.
  const std::string_view kept = arena_->copy(value);
  remove(name);
  append(written_name(name), kept, name.id);
}

std::size_t Fields::remove(const HeaderName& name) {
  if (name.id == HeaderId::other && name.text.empty()) return remove_if([](const Field&) { return true; });
  if (name.id == HeaderId::other) {
    if (!has(HeaderId::other)) return 0;
    return remove_from(first_of_[0], [&](const Field& field) {
      return field.id() == HeaderId::other && field.name().size() == name.text.size() && equal_nocase(field.name(), name.text);
    });
  }
  if (!has(name.id)) return 0;
  if (!repeats(name.id)) {
    remove_only(name.id);
    return 1;
  }
  return remove_from(first_of_[static_cast<std::size_t>(name.id)], [&](const Field& field) { return field.id() == name.id; });
}

// What most removals are: one field goes, those behind it move up.
void Fields::remove_only(HeaderId id) {
  changed();
  known_ &= ~(std::uint64_t{1} << static_cast<unsigned>(id));
  --size_;
  for (std::size_t i = first_of_[static_cast<std::size_t>(id)]; i < size_; ++i) {
    items_[i] = items_[i + 1];
    std::uint16_t& first = first_of_[static_cast<std::size_t>(items_[i].id())];
    if (first == i + 1) first = static_cast<std::uint16_t>(i);
  }
}

void Fields::replace_value(std::size_t i, std::string_view value) { refer_value(i, arena_->copy(value)); }

void Fields::refer_value(std::size_t i, std::string_view value) {
  check(i < size_, "field index");
  changed();
  items_[i] = Field(items_[i].name(), value, items_[i].id());
}

void Fields::respell(std::size_t i, std::string_view name) {
  check(i < size_ && name.size() == items_[i].name().size(), "another spelling of the same name");
  changed();
  items_[i] = Field(name, items_[i].value(), items_[i].id());
}

void Fields::grow() {
  const std::size_t capacity = capacity_ * 2;
  check(capacity <= 0x10000, "too many header fields");
  Field* const items = arena_->array<Field>(capacity).data();
  std::copy(items_, items_ + size_, items);
  items_ = items;
  capacity_ = capacity;
}

void Fields::index() {
  known_ = repeated_ = 0;
  for (std::size_t i = 0; i < size_; ++i) {
    const HeaderId id = items_[i].id();
    const std::uint64_t bit = std::uint64_t{1} << static_cast<unsigned>(id);
    if (has(id)) {
      repeated_ |= bit;
      continue;
    }
    known_ |= bit;
    first_of_[static_cast<std::size_t>(id)] = static_cast<std::uint16_t>(i);
  }
}

std::optional<std::string_view> ElementList::next() {
  if (ended_) return std::nullopt;
  std::size_t i = 0;
  bool quoted = false;
  for (; i < rest_.size(); ++i) {
    const char c = rest_[i];
    if (quoted) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == ',') {
      break;
    }
  }
  i = std::min(i, rest_.size());
  whole_ = rest_.substr(0, i);
  const std::string_view element = trim(whole_);
  ended_ = i == rest_.size();
  rest_.remove_prefix(ended_ ? i : i + 1);
  return element;
}

std::optional<std::string_view> Elements::next() {
  for (;;) {
    if (inside_) {
      if (const auto element = list_.next()) return element;
      inside_ = false;
    }
    const Field* const field = fields_->find(name_, from_);
    if (!field) return std::nullopt;
    from_ = static_cast<std::size_t>(field - fields_->begin()) + 1;
    list_ = ElementList(field->value());
    inside_ = true;
  }
}

}  // namespace sluice::http
