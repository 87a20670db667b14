// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/random_programs/guarded_memory.h"

#include "runtime/concrete_tensor.h"
#include "tests/random_programs/child.h"

#include <gtest/gtest.h>

#include <csignal>

namespace etch::test {
namespace {

Tensor tensor_of_bytes(int64_t bytes) { return runtime::allocate_tensor(DType::u8, Shape({bytes}), {}); }

volatile char *elements(const Tensor &tensor) { return static_cast<char *>(runtime::mutable_elements(tensor)); }

template <class Body>
int signal_of(const Body &body) {
  const int status = in_child(body);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

class GuardedMemory : public testing::Test {
protected:
  void SetUp() override {
    if (!guard_side)
      GTEST_SKIP() << "a sanitizer watches";
  }
  ~GuardedMemory() override {
    if (guard_side)
      guard_side(GuardSide::either);
  }
};

TEST_F(GuardedMemory, BeginsBehindTheLastElement) {
  guard_side(GuardSide::right);
  for (const int64_t bytes : {1, 2, 4, 7, 8, 28, 36, 60, 63, 64, 66, 68, 100, 4096 - 64, 4096, 5000, 20004}) {
    const Tensor tensor = tensor_of_bytes(bytes);
    volatile char *data = elements(tensor);
    EXPECT_EQ(signal_of([&] { data[0] = data[bytes - 1]; }), 0) << bytes;
    // Up to three bytes are left where the header's counter would lie across two lines.
    const int64_t left = bytes % 64 > 0 && bytes % 64 < 4 ? 4 - bytes % 64 : 0;
    EXPECT_EQ(signal_of([&] { data[0] = data[bytes + left]; }), SIGSEGV) << bytes;
  }
}

TEST_F(GuardedMemory, EndsBeforeTheHeader) {
  guard_side(GuardSide::left);
  for (const int64_t bytes : {1, 4, 28, 100, 4096, 5000}) {
    const Tensor tensor = tensor_of_bytes(bytes);
    volatile char *data = elements(tensor);
    EXPECT_EQ(signal_of([&] { data[0] = data[bytes - 1]; }), 0) << bytes;
    EXPECT_EQ(signal_of([&] { data[0] = data[-65]; }), SIGSEGV) << bytes;
  }
}

TEST_F(GuardedMemory, SeesWritesBesideTheElements) {
  for (const GuardSide side : {GuardSide::left, GuardSide::right})
    for (const int64_t place : {-1, -48, 28}) {
      if (side == GuardSide::right && place > 0)
        continue; // is a page of its own
      guard_side(side);
      const auto write = [&] { elements(tensor_of_bytes(28))[place] = 1; };
      EXPECT_EQ(signal_of(write), SIGABRT) << place;
    }
}

} // namespace
} // namespace etch::test
