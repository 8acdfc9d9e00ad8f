// From a `backend` or `listen` section to a Backend. At start and at reload, on one thread; looks up names (blocking).
#pragma once
#include <memory>

#include "backend/backend.hpp"
#include "backend/state_file.hpp"
#include "config/diagnostics.hpp"
#include "config/section.hpp"

namespace sluice::backend {

// What a server whose name is not found means (command line -dr): an error, or a server that waits for an address.
enum class Unresolved { is_an_error, waits };

// Null if there was something wrong, which is then in `diagnostics`.
std::unique_ptr<Backend> build(const config::Section& section, const config::Section& global, unsigned namesake, States& states,
                               StateFiles& files, Unresolved unresolved, config::Diagnostics& diagnostics);

// Of a section that is disabled: only its name counts.
std::unique_ptr<Backend> build_disabled(const config::Section& section, unsigned namesake, States& states);

// The same without the balancer and run-time state, for tests and dumps.
BackendSettings settings_of(const config::Section& section);

}  // namespace sluice::backend
