// Ids that are not said (manual, `id` of server and bind): hashes and tables of another load balancer depend on them.
#pragma once
#include <unordered_set>
#include <vector>

namespace sluice::config {

// Those whose id is 0 get the number of their place, from 1 on, or the next one nobody has.
template <class T>
void give_free_ids(std::vector<T>& items) {
  std::unordered_set<unsigned> taken;
  for (const T& item : items) taken.insert(item.id);
  unsigned next = 1;
  for (T& item : items) {
    if (item.id == 0) {
      while (!taken.insert(next).second) ++next;
      item.id = next;
    }
    ++next;
  }
}

}  // namespace sluice::config
