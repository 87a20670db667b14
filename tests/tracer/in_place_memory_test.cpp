// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/allocator.h"
#include "tests/tracer/bits.h"

namespace etch {
namespace {

using runtime::allocator_counters;
using test::ramp;
using test::same_bits;

/// Blocks that tensors ask for in one call of `body`, once warm.
template <class Body>
int64_t blocks_per_call(Body &&body) {
  for (int call = 0; call < 3; ++call)
    body();
  const int64_t before = allocator_counters().requests;
  for (int call = 0; call < 10; ++call)
    body();
  return (allocator_counters().requests - before) / 10;
}

TEST(InPlaceMemory, AStepOfDescentAllocatesNothing) {
  const Variable w(ramp({300}), "w");
  auto step = function([&](Tensor g, Tensor rate) { w.assign(w - rate * g); });
  const Tensor g = ramp({300}), rate = 0.1f;
  EXPECT_EQ(blocks_per_call([&] { step(g, rate); }), 0);
  EXPECT_EQ(step.stats().variables_in_place, 13);
  const Tensor held = w.value();
  step(g, rate);
  EXPECT_EQ(step.stats().variables_in_place, 13);
}

TEST(InPlaceMemory, AStepWithMomentumAllocatesNothing) {
  const Variable w(ramp({40, 30}), "w"), m(zeros({40, 30}), "m");
  auto step = function([&](Tensor x) {
    const Tensor loss = reduce_mean(matmul(x, w)); // may run out of memory, before anything is written over
    m.assign(0.9f * m + loss);
    w.assign_sub(0.1f * m);
  });
  const Tensor x = ramp({5, 40});
  EXPECT_EQ(blocks_per_call([&] { step(x); }), 0);
}

TEST(InPlaceMemory, AChainOfDonationsAllocatesNothing) {
  auto step = function([](Tensor x) { return tanh(x) + x; });
  Tensor x = ramp({500});
  EXPECT_EQ(blocks_per_call([&] { x = step(std::move(x)); }), 0);
  EXPECT_EQ(blocks_per_call([&] { x = step(x); }), 1);
}

TEST(InPlaceMemory, AFailedAllocationKeepsTheArgument) {
  auto grows = function([](Tensor x) { return std::pair(x * 2.0f, broadcast_to(x, {1 << 30, 1 << 20, 4}) + 1.0f); });
  Tensor x = ramp({4});
  EXPECT_EQ(test::error_of([&] { grows(std::move(x)); }).code(), ErrorCode::too_large);
  EXPECT_TRUE(same_bits(x, ramp({4})));
}

} // namespace
} // namespace etch
