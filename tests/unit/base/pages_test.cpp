#include "base/pages.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <vector>

namespace sluice {
namespace {

class Pages : public testing::Test {
 protected:
  Pages() : page_(static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))), size_(8 * page_) {
    void* const got = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memory_ = static_cast<char*>(got);
    std::memset(memory_, 'x', size_);
  }
  ~Pages() override { ::munmap(memory_, size_); }
  std::vector<bool> resident() {
    std::vector<unsigned char> seen(8);
    EXPECT_EQ(::mincore(memory_, size_, seen.data()), 0);
    std::vector<bool> there;
    for (const unsigned char one : seen) there.push_back(one & 1);
    return there;
  }

  const std::size_t page_, size_;
  char* memory_ = nullptr;
};

TEST_F(Pages, onlyWholePagesGo) {
  release_pages({memory_ + page_ + 1, 4 * page_});  // the rest of page 1, pages 2 to 4, a byte of page 5
  EXPECT_EQ(resident(), (std::vector<bool>{true, true, false, false, false, true, true, true}));
  EXPECT_EQ(memory_[page_ + 1], 'x');
  EXPECT_EQ(memory_[5 * page_], 'x');
}

TEST_F(Pages, theyCanBeWrittenToAgain) {
  release_pages({memory_ + page_, page_});
  memory_[page_] = 'y';
  EXPECT_EQ(memory_[page_], 'y');
  EXPECT_EQ(memory_[page_ - 1], 'x');
  EXPECT_EQ(memory_[2 * page_], 'x');
}

TEST_F(Pages, nothingGoesWhereNoPageIsWhole) {
  release_pages({memory_ + 1, page_ - 1});
  release_pages({memory_ + 1, 2 * page_ - 2});
  release_pages({});
  release_pages({memory_ + page_, 0});
  EXPECT_EQ(resident(), std::vector<bool>(8, true));
}

}  // namespace
}  // namespace sluice
