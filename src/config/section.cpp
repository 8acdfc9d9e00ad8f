#include "config/section.hpp"

#include <new>

#include "config/setting.hpp"

namespace sluice::config {

// Where each setting lives in the block of a section. Two families of sections have a layout each: the proxies (there
// may be thousands, so nothing of `global` is in them) and all others. Settings with the strictest alignment first.
class Layout {
 public:
  static constexpr unsigned families = 2;
  static unsigned family_of(Sections sections) { return sections & (in::proxies | in::named_defaults) ? 0 : 1; }
  static const Layout& made() {
    static const Layout layout;
    return layout;
  }

  std::span<const AnySetting* const> settings(unsigned family) const { return settings_[family]; }
  std::size_t size(unsigned family) const { return size_[family]; }

 private:
  Layout() {
    std::vector<const AnySetting*> all;
    for (const AnySetting* s = AnySetting::first(); s; s = s->next_setting()) all.push_back(s);
    std::ranges::stable_sort(all, std::greater{}, [](const AnySetting* s) { return s->align_; });
    check(all.size() < 65536, "settings are numbered with 16 bits");
    std::uint16_t index = 0;
    for (const AnySetting* setting : all) {
      setting->index_ = index++;
      const Sections proxies = in::proxies | in::named_defaults;
      if (setting->sections() & proxies) place(*setting, 0);
      if (setting->sections().bits & ~proxies.bits) place(*setting, 1);
    }
  }
  void place(const AnySetting& setting, unsigned family) {
    std::size_t& end = size_[family];
    end = (end + setting.align_ - 1) / setting.align_ * setting.align_;
    setting.offset_[family] = static_cast<std::uint32_t>(end);
    end += setting.size_;
    settings_[family].push_back(&setting);
  }

  std::vector<const AnySetting*> settings_[families];
  std::size_t size_[families] = {0, 0};
};

AnySetting::AnySetting(const Keyword& keyword, std::size_t size, std::size_t align)
    : keyword_(keyword), size_(static_cast<std::uint32_t>(size)), align_(static_cast<std::uint32_t>(align)), next_(first_) {
  first_ = this;
}

Section::Section(const SectionKind& kind, std::string name, Place place, const Section* from)
    : kind_(kind), name_(std::move(name)), place_(place), from_(from), bits_(kind.bit) {
  if (bits_ == in::defaults && !name_.empty()) bits_ = bits_ | in::named_defaults;
  family_ = Layout::family_of(bits_);
  const Layout& layout = Layout::made();
  block_ = static_cast<std::byte*>(::operator new(std::max<std::size_t>(layout.size(family_), 1)));
  for (const AnySetting* setting : layout.settings(family_)) {
    if (from) setting->copy(block_ + setting->offset(family_), from->block_ + setting->offset(family_));
    else setting->construct(block_ + setting->offset(family_));
  }
  if (from) said_ = from->said_;
  for (Said& said : said_) said.here = 0;
}

Section::~Section() {
  for (const AnySetting* setting : Layout::made().settings(family_)) setting->destroy(at(*setting));
  ::operator delete(block_);
}

std::string_view Section::kind_name() const { return kind_.name; }

const Section::Said* Section::find(const AnySetting& setting) const {
  const auto at = std::ranges::lower_bound(said_, setting.index(), {}, &Said::index);
  return at != said_.end() && at->index == setting.index() ? &*at : nullptr;
}

void Section::say(const AnySetting& setting, Place place) {
  const auto at = std::ranges::lower_bound(said_, setting.index(), {}, &Said::index);
  if (at != said_.end() && at->index == setting.index()) *at = {setting.index(), 1, place};
  else said_.insert(at, {setting.index(), 1, place});
}

bool Section::said(std::string_view name) const {
  const Keyword* keyword = keywords().find(name, bits_);
  return keyword && keyword->setting && said(*keyword->setting);
}
bool Section::said_here(const AnySetting& setting) const {
  const Said* said = find(setting);
  return said && said->here;
}
Place Section::place(const AnySetting& setting) const {
  const Said* said = find(setting);
  return said ? said->place : Place{};
}
void Section::forget(const AnySetting& setting) {
  setting.reset(at(setting));
  std::erase_if(said_, [&](const Said& said) { return said.index == setting.index(); });
}

}  // namespace sluice::config
