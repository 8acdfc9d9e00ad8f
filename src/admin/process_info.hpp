// What `show info` tells of the process, for those who tell it in other forms.
#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "admin/world.hpp"
#include "async/task.hpp"

namespace sluice::admin {

struct ProcessNumber {
  std::string_view name, doc;            // as `show info` and its `desc` have them
  std::optional<std::uint64_t> number;   // nothing: there is no such thing here
};

// All fields that are numbers, gathered from every worker.
async::Task<std::vector<ProcessNumber>> process_numbers(World& world, async::Worker& here);

}  // namespace sluice::admin
