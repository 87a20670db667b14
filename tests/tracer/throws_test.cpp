// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Callables that throw at every one of their operations in turn, functions inside them included.
#include "runtime/allocator.h"
#include "tests/tracer/bits.h"

#include <etch/etch.h>

#include <memory>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

namespace etch::test {
namespace {

constexpr int kMost = 200;

/// Two functions and their state. Each operation is a step, at one of which an exception may be thrown.
class Steps {
public:
  explicit Steps(int throwing_step) : throwing_step_(throwing_step) {
    const Tensor table = ramp({64}), row = table * 2.0f;
    inner_ = std::make_unique<Function<Tensor(Tensor, int)>>(function(
        [this, row](Tensor x, int n) {
          for (int i = 0; i < n % 4; ++i) {
            step();
            v_.assign_add(1);
            x = x + row;
          }
          return x;
        },
        {.name = "inner"}));
    outer_ = std::make_unique<Function<Tensor(Tensor)>>(function(
        [this, table](Tensor x) {
          for (int i = 0; i < 60; ++i) { // 210 steps
            step();
            v_.assign_add(100);
            x = (*inner_)(x, i) + random_normal({64});
            step();
          }
          return x + cast(v_, DType::f32) + table;
        },
        {.name = "outer"}));
  }

  Tensor call() { return (*outer_)(ramp({64})); }
  void throw_no_more() { throwing_step_ = -1; }
  std::string state() const { return std::to_string(v_.value().item<int32_t>()); }
  int64_t shared_code() const { return outer_->stats().shared_code; }

private:
  void step() {
    if (op_++ == throwing_step_)
      throw std::runtime_error("at step " + std::to_string(throwing_step_));
  }

  const Variable v_{Tensor(0), "v"};
  int throwing_step_, op_ = 0;
  std::unique_ptr<Function<Tensor(Tensor, int)>> inner_;
  std::unique_ptr<Function<Tensor(Tensor)>> outer_;
};

/// What a call that throws leaves, and what the next one does, in words.
std::string outcome_of(int throwing_step, bool eagerly, int64_t &shared_code) {
  const RunFunctionsEagerly scope(eagerly);
  set_seed(5);
  Steps steps(throwing_step);
  std::string text;
  try {
    steps.call();
    text = "no exception";
  } catch (const std::runtime_error &error) {
    text = error.what();
  }
  text += ", " + steps.state();
  EXPECT_EQ(error_of([] { matmul(ramp({2, 3}), ramp({2, 3})); }).code(), ErrorCode::shape) << "tracing has ended";
  steps.throw_no_more();
  for (const float element : steps.call().to_vector<float>())
    text += " " + std::to_string(element);
  shared_code += steps.shared_code();
  return text + ", " + steps.state() + ", " + std::to_string(random_normal({}).item<float>());
}

TEST(Throws, LeaveTheEffectsBeforeAndNothingElse) {
  Steps reference(-1); // whose machine code is that of all
  reference.call();
  int64_t shared_code = 0;
  outcome_of(0, false, shared_code), outcome_of(0, true, shared_code); // what is made once
  shared_code = 0;
  const int64_t before = runtime::allocator_counters().live_bytes;
  for (int k = 0; k <= kMost; ++k) {
    EXPECT_EQ(outcome_of(k, false, shared_code), outcome_of(k, true, shared_code)) << k;
    EXPECT_EQ(runtime::allocator_counters().live_bytes, before) << k;
  }
  EXPECT_GE(shared_code, kMost) << "no code is compiled for each";
}

} // namespace
} // namespace etch::test
