// What is to be said about a configuration: collected, never stopping at the first, printed in HAProxy's shape with
// the line, a caret and a suggestion below. Made by whoever loads a configuration, one thread, gone after start.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/place.hpp"

namespace sluice::config {

enum class Severity : std::uint8_t { diagnostic, notice, warning, alert };  // `diagnostic` is shown with -dD only

struct Diagnostic {
  Severity severity;
  Place place;
  std::string text;        // one sentence, no newline
  std::string suggestion;  // "did you mean ...", the modern form; may be empty
  std::string excerpt;     // the source line, empty without a place
};

class Diagnostics {
 public:
  Diagnostics() = default;
  // Source lines are looked up here when something is said; must outlive the calls, not the diagnostics.
  explicit Diagnostics(const Sources& sources) : sources_(&sources) {}
  void read_from(const Sources& sources) { sources_ = &sources; }

  void add(Severity severity, const Place& place, std::string text, std::string suggestion = {});
  void alert(const Place& place, std::string text, std::string suggestion = {});
  void warning(const Place& place, std::string text, std::string suggestion = {});
  void notice(const Place& place, std::string text, std::string suggestion = {});
  void diagnostic(const Place& place, std::string text, std::string suggestion = {});
  // Without a place.
  void alert(std::string text) { alert(Place{}, std::move(text)); }
  void warning(std::string text) { warning(Place{}, std::move(text)); }
  void notice(std::string text) { notice(Place{}, std::move(text)); }

  std::size_t count(Severity severity) const { return counts_[static_cast<std::size_t>(severity)]; }
  bool failed() const { return count(Severity::alert) != 0; }
  const std::vector<Diagnostic>& all() const { return all_; }
  void clear();

  // The whole text: "[ALERT]    (pid) : config : parsing [file:line] : text" and below it, indented,
  // "file:line:column | the line" and the caret. Only what is at least `least`.
  std::string text(Severity least = Severity::notice) const;

 private:
  const Sources* sources_ = nullptr;
  std::vector<Diagnostic> all_;
  std::size_t counts_[4] = {};
};

// One diagnostic as printed, for a process id; used by text() and by tests.
std::string printed(const Diagnostic& diagnostic, int pid);

// "'a', 'b' and 'c'", for messages listing what is expected.
std::string listed(const std::vector<std::string_view>& words, std::string_view joint = "and");

}  // namespace sluice::config
