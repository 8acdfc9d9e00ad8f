// PipePool in simulated time: pipes stay for the next one who needs them, but not for ever.
#include "async/pipe_pool.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <vector>

#include "sim/sim_io.hpp"

namespace sluice::async {
namespace {

std::ptrdiff_t descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator{});
}

TEST(PipePool, closesWhatNobodyNeedsAnyMore) {
  sim::World world(3);
  PipePool& pool = world.worker.pipes;
  const auto pass = [&world](Duration time) {
    const Instant end = world.io.now() + time;
    world.run_until([&] { return world.io.now() >= end; }, time);
  };
  const std::ptrdiff_t before = descriptors();
  std::vector<Pipe> pipes(10);
  for (Pipe& pipe : pipes) pipe = pool.take();
  ASSERT_EQ(pool.in_use(), 10u);
  EXPECT_EQ(descriptors(), before + 20);
  pipes.clear();
  EXPECT_EQ(pool.kept(), 10u);
  pass(milliseconds(1100));
  EXPECT_EQ(pool.kept(), 9u);  // most of them came back within this second: only one was there from its beginning
  pass(milliseconds(1000));
  EXPECT_EQ(pool.kept(), 4u);
  pipes.resize(3);
  for (Pipe& pipe : pipes) pipe = pool.take();
  pipes.clear();
  pass(milliseconds(1000));  // one was not needed in this second
  EXPECT_EQ(pool.kept(), 3u);
  pass(seconds(4));
  EXPECT_EQ(pool.kept(), 0u);
  EXPECT_EQ(descriptors(), before);
  EXPECT_TRUE(pool.take());  // and it begins anew
  EXPECT_EQ(pool.kept(), 1u);
}

TEST(PipePool, closesAPipeThatIsNotEmpty) {
  sim::World world(4);
  const std::ptrdiff_t before = descriptors();
  Pipe pipe = world.worker.pipes.take();
  pipe.held = 1;
  pipe.release();
  EXPECT_EQ(world.worker.pipes.kept(), 0u);
  EXPECT_EQ(descriptors(), before);
}

}  // namespace
}  // namespace sluice::async
