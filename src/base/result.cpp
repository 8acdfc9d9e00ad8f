#include "base/result.hpp"

namespace sluice {

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::none: return "none";
    case Kind::would_block: return "would_block";
    case Kind::end: return "end";
    case Kind::reset: return "reset";
    case Kind::timeout: return "timeout";
    case Kind::refused: return "refused";
    case Kind::no_resource: return "no_resource";
    case Kind::no_server: return "no_server";
    case Kind::queue_full: return "queue_full";
    case Kind::bad_message: return "bad_message";
    case Kind::too_large: return "too_large";
    case Kind::denied: return "denied";
    case Kind::aborted: return "aborted";
    case Kind::internal: return "internal";
    case Kind::cancelled: return "cancelled";
  }
  return "?";
}

}  // namespace sluice
