// What the buttons of the statistics page do: one action on some servers of one backend.
#pragma once
#include "admin/stats_request.hpp"
#include "backend/control.hpp"

namespace sluice::admin {

// The four letters of ;st=: DONE all, PART some, NONE none (nothing asked for, or nothing to change), ERRP unknown
// backend, server or action.
std::string_view apply_stats_form(const StatsForm& form, const proxy::Proxies& proxies, const backend::Scene& scene);

// What ;st= says, for people.
struct OutcomeText {
  std::string_view code, text;
  bool good = false;
};
const OutcomeText* text_of_outcome(std::string_view code);

// Actions as the page offers them.
struct StatsAction {
  std::string_view name, label;
  // False: there was nothing to do.
  bool (*run)(const backend::Scene& scene, backend::Server& server) = nullptr;
};
std::span<const StatsAction> stats_actions();

}  // namespace sluice::admin
