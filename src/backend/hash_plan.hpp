// hash-type and its relatives, as configured: how the algorithms that hash find their server. Immutable.
#pragma once
#include <cstdint>

namespace sluice::backend {

struct HashPlan {
  enum class Method : std::uint8_t { map_based, consistent } method = Method::map_based;
  enum class Function : std::uint8_t { sdbm, djb2, crc32, none } function = Function::sdbm;
  bool avalanche = false;
  unsigned balance_factor = 0;  // hash-balance-factor, percent of the mean load; 0: no bound
  // hash-preserve-affinity: until when a key stays with a server that is full.
  enum class Preserve : std::uint8_t { always, maxconn, maxqueue } preserve = Preserve::always;
};

// What a server's places on the ring are made from.
enum class HashKey : std::uint8_t { id, id32, addr, addr_port, guid };

}  // namespace sluice::backend
