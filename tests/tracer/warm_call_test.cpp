// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/tracer/bits.h"

#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>

namespace {

std::atomic<int64_t> allocations{0};

void *counted(size_t bytes) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return std::malloc(bytes);
}

void *counted_or_throw(size_t bytes) {
  if (void *block = counted(bytes))
    return block;
  throw std::bad_alloc();
}

} // namespace

// The whole process's, libetch's included. Tensors take their blocks from etch's own allocator, not from here.
void *operator new(size_t bytes) { return counted_or_throw(bytes); }
void *operator new[](size_t bytes) { return counted_or_throw(bytes); }
void *operator new(size_t bytes, const std::nothrow_t &) noexcept { return counted(bytes); }
void *operator new[](size_t bytes, const std::nothrow_t &) noexcept { return counted(bytes); }
void operator delete(void *block) noexcept { std::free(block); }
void operator delete[](void *block) noexcept { std::free(block); }
void operator delete(void *block, size_t) noexcept { std::free(block); }
void operator delete[](void *block, size_t) noexcept { std::free(block); }

namespace etch {
namespace {

using test::ramp;

/// Calls of operator new per call of `body`, once warm.
template <class Body>
int64_t allocations_per_call(Body &&body) {
  for (int call = 0; call < 3; ++call)
    body();
  const int64_t before = allocations;
  for (int call = 0; call < 10; ++call)
    body();
  return (allocations - before) / 10;
}

TEST(WarmCall, AllocatesNothingButItsOutputs) {
  Variable w(ramp({8, 4}), "w"), b(ramp({4}), "b");
  auto step = function([&](Tensor x, Tensor y) {
    const Tensor error = matmul(x, w) + b - y;
    w.assign_sub(0.01f * matmul(transpose(x), error));
    b.assign_sub(0.01f * reduce_sum(error, {0}));
    return reduce_mean(error * error);
  });
  const Tensor x = ramp({16, 8}), y = ramp({16, 4});
  EXPECT_EQ(allocations_per_call([&] { step(x, y); }), 0);
  EXPECT_EQ(step.trace_count(), 1);
}

TEST(WarmCall, AllocatesNothingForSignaturesInTurn) {
  auto traced = function([](Tensor x) { return exp(x) * 2.0f; });
  const std::vector<Tensor> arguments{ramp({1}), ramp({2}), ramp({3, 4})};
  for (int size = 5; size < 100; ++size) // with a table that has seen evictions
    traced(ramp({size}));
  EXPECT_EQ(allocations_per_call([&] {
              for (const Tensor &x : arguments)
                traced(x);
            }),
            0);
}

TEST(WarmCall, AllocatesNothingForUnknownDimensions) {
  auto traced = function([](Tensor x, Tensor y) { return exp(x) + y; },
                         {.input_signature = {spec<float>({dyn, 4}), spec<float>({dyn, 4})}});
  const Tensor x = ramp({3, 4}), y = ramp({3, 4});
  EXPECT_EQ(allocations_per_call([&] { traced(x, y); }), 0);
}

TEST(WarmCall, AllocatesNothingForDonations) {
  auto reused = function([](Tensor x) { return x * 2.0f; });
  auto useless = function([](Tensor x) { return reduce_sum(x); }); // watched for its first few calls
  const auto handle = std::make_unique<Tensor>();
  const Tensor x = ramp({3});
  const auto donate = [&](auto &f) {
    *handle = x;
    f(std::move(*handle));
  };
  for (int call = 0; call < 20; ++call)
    donate(useless);
  EXPECT_EQ(allocations_per_call([&] { donate(reused); }), 0);
  EXPECT_EQ(allocations_per_call([&] { donate(useless); }), 0);
}

TEST(WarmCall, TakesFewerKernelsThanOps) {
  auto traced = function([](Tensor x) { return reduce_sum(gelu(x * 2.0f + 1.0f) * x, {-1}); });
  const auto compiled = traced.trace(ramp({8, 32})).compile();
  EXPECT_LT(compiled.kernel_count(), compiled.op_count());
  EXPECT_EQ(compiled.kernel_count(), 1);
}

} // namespace
} // namespace etch
