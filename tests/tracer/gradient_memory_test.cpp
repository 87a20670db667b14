// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What calls of functions keep for gradients.
#include "runtime/allocator.h"

#include <etch/etch.h>

#include <gtest/gtest.h>

#include <optional>

namespace etch::tracer {
namespace {

constexpr int64_t kElements = 1 << 18, kBytes = 4 * kElements;

int64_t live_bytes() { return runtime::allocator_counters().live_bytes; }

/// Blocks asked for by a call.
template <class Call>
int64_t requests_of(const Call &call) {
  const int64_t before = runtime::allocator_counters().requests;
  call();
  return runtime::allocator_counters().requests - before;
}

TEST(GradientMemory, IsNotTakenWhereNoTapeTracksTheCall) {
  const auto f = function([](Tensor x) { return reduce_sum(exp(sin(x)) * x); });
  const Tensor x = full({kElements}, 0.5f), other = full({2}, 1.0f);
  f(x);
  const int64_t plain = requests_of([&] { f(x); });
  GradientTape tape;
  tape.watch(other);
  EXPECT_EQ(requests_of([&] { f(x); }), plain);
}

TEST(GradientMemory, IsThatOfTheResidualsWhileTheTapeLives) {
  // The gradient of exp uses its result, that of sin its operand, which the caller has.
  const auto f = function([](Tensor x) { return reduce_sum(exp(sin(x))); });
  const Tensor x = full({kElements}, 0.5f);
  for (int call = 0; call < 3; ++call) {
    const int64_t before = live_bytes();
    std::optional<GradientTape> tape(std::in_place);
    tape->watch(x);
    Tensor y = f(x);
    EXPECT_LT(live_bytes() - before, kBytes + (1 << 16));
    EXPECT_GE(live_bytes() - before, kBytes);
    {
      const Tensor dx = tape->gradient(y, x);
      EXPECT_EQ(dx.shape(), x.shape());
      EXPECT_LT(live_bytes() - before, kBytes + (1 << 16)) << "the gradient alone";
    }
    tape.reset();
    y = Tensor();
    EXPECT_LT(live_bytes() - before, 1 << 16);
  }
}

TEST(GradientMemory, HoldsNoCopiesOfVariables) {
  const Variable w(full({kElements}, 0.5f), "w");
  const auto f = function([&](Tensor x) { return reduce_sum(w * x); });
  const Tensor x = full({kElements}, 2.0f);
  f(x);
  const int64_t before = live_bytes();
  GradientTape tape;
  tape.watch(x);
  const Tensor y = f(x);
  EXPECT_LT(live_bytes() - before, 1 << 16);
}

} // namespace
} // namespace etch::tracer
