// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Open extents where an op takes a number that is no operand.
#include "tests/tracer/bits.h"

namespace etch {
namespace {

using test::error_of;
using test::ramp;
using test::same_bits;

Options open_rows() { return {.name = "f", .arguments = {"x"}, .input_signature = {spec<float>({dyn, 3})}}; }

/// One trace, the bits of the callable itself.
template <class F>
void expect_one_trace(const F &callable) {
  auto f = function([&](const Tensor &x) { return callable(x); }, open_rows());
  for (const int64_t n : {0, 1, 2, 7, 300})
    EXPECT_TRUE(same_bits(f(ramp({n, 3})), callable(ramp({n, 3})))) << n;
  EXPECT_EQ(f.trace_count(), 1);
}

TEST(OpenNumber, FillsATensor) {
  expect_one_trace([](const Tensor &x) { return full({4}, x.dim(0)); });
  expect_one_trace([](const Tensor &x) { return full({x.dim(0), 2}, x.dim(0) * 3 - 1); });
  expect_one_trace([](const Tensor &x) { return full({}, x.size()) + 1; });
}

TEST(OpenNumber, EndsARange) {
  expect_one_trace([](const Tensor &x) { return range(0, x.dim(0)); });
  expect_one_trace([](const Tensor &x) { return range(-2, x.dim(0) * x.dim(1)) * 2; });
  expect_one_trace([](const Tensor &x) { return range(x.dim(0), x.dim(0) + 5); });
  expect_one_trace([](const Tensor &x) { return range(x.dim(0), 2 * x.dim(0), 1); });
}

TEST(OpenNumber, IsAskedForWhereARangeMayBeAnotherOne) {
  const auto expect_advice = [](auto callable) {
    auto declared = function([=](Tensor x) { return callable(x); }, open_rows());
    const Error error = error_of([&] { declared(ramp({4, 3})); });
    EXPECT_EQ(error.summary(), "dim: the number must be known while tracing, got x.dim(0)");
    EXPECT_NE(error.help().find("etch::iota(n)"), std::string::npos) << error.help();
    auto by_policy = function([=](Tensor x) { return callable(x); }, {.shapes = Shapes::rank});
    for (const int64_t n : {1, 2, 9})
      EXPECT_TRUE(same_bits(by_policy(ramp({n, 3})), callable(ramp({n, 3})))) << n;
  };
  expect_advice([](const Tensor &x) { return range(2, x.dim(0)); });
  expect_advice([](const Tensor &x) { return range(0, x.dim(0), 2); });
  expect_advice([](const Tensor &x) { return range(0, 6, x.dim(0)); });
  expect_advice([](const Tensor &x) { return range(0, x.dim(0), 1, DType::f32); });
  expect_advice([](const Tensor &x) { return range(0, x.dim(0), 0.5, DType::f64); });
}

TEST(OpenNumber, IsAskedForByPad) {
  auto f = function([](Tensor x) { return pad(x, {{1, 1}, {0, 0}}, "constant", x.dim(0)); }, open_rows());
  const Error error = error_of([&] { f(ramp({4, 3})); });
  EXPECT_EQ(error.summary(), "dim: the number must be known while tracing, got x.dim(0)");
  EXPECT_EQ(error.help(), "join x and etch::full(shape, n) by etch::concat");
}

} // namespace
} // namespace etch
