// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/concrete_tensor.h"
#include "runtime/symbolic_tensor.h"
#include "tests/runtime/error_text.h"

#include <etch/ops.h>
#include <etch/tensor.h>

#include <gtest/gtest.h>

#include <thread>

namespace etch {
namespace {

TEST(Tensor, IsMadeFromElements) {
  const Tensor t = from_vector(std::vector<int32_t>{1, 2, 3, 4, 5, 6}, Shape({2, 3}));
  EXPECT_EQ(t.dtype(), DType::i32);
  EXPECT_EQ(t.shape(), Shape({2, 3}));
  EXPECT_EQ(t.rank(), 2);
  EXPECT_EQ(t.dim(0), 2);
  EXPECT_EQ(t.dim(-1), 3);
  EXPECT_EQ(t.size(), 6);
  EXPECT_EQ(t.to_vector<int32_t>(), (std::vector<int32_t>{1, 2, 3, 4, 5, 6}));
}

TEST(Tensor, TakesScalarsLiteralsSpansAndBools) {
  EXPECT_EQ(Tensor(3.5f).item<float>(), 3.5f);
  EXPECT_EQ(Tensor(int64_t{-7}).item<int64_t>(), -7);
  EXPECT_EQ(spec_text(constant({{1.0, 2.0}, {3.0, 4.0}})), "f64[2,2]");
  EXPECT_EQ(spec_text(constant({{{1}, {2}}, {{3}, {4}}})), "i32[2,2,1]");
  EXPECT_EQ(spec_text(from_vector(std::vector<bool>{true, false})), "bool[2]");
  EXPECT_EQ(from_vector(std::vector<bool>{true, false}).to_vector<bool>(), (std::vector<bool>{true, false}));
  const double elements[] = {1, 2};
  EXPECT_EQ(from_span(std::span<const double>(elements), Shape({2, 1})).dim(1), 1);
  EXPECT_EQ(from_vector(std::vector<float>{}).size(), 0);
  EXPECT_TRUE(static_cast<bool>(Tensor(0.5)));
  EXPECT_FALSE(static_cast<bool>(constant({int16_t{0}})));
}

TEST(Tensor, HandlesShareElements) {
  Tensor a = constant({1.f, 2.f});
  const Tensor b = a;
  EXPECT_EQ(a.data<float>(), b.data<float>());
  a = constant({3.f});
  EXPECT_EQ(b.to_vector<float>(), (std::vector<float>{1.f, 2.f}));
  const Tensor moved = std::move(a);
  EXPECT_FALSE(a.defined());
  EXPECT_EQ(moved.item<float>(), 3.f);
}

TEST(Tensor, ErrorsNameTheRuleAndTheValues) {
  const Tensor t = constant({{1.f, 2.f}, {3.f, 4.f}});
  EXPECT_EQ(error_text([&] { t.item<float>(); }), "item: the tensor must have exactly one element, got f32[2,2]");
  EXPECT_EQ(error_text([&] { t.data<double>(); }),
            "data: the C++ type must be that of the elements, got f64 for f32[2,2]");
  EXPECT_EQ(error_code([&] { t.data<double>(); }), ErrorCode::dtype);
  EXPECT_EQ(error_text([&] { t.to_vector<int32_t>(); }),
            "to_vector: the C++ type must be that of the elements, got i32 for f32[2,2]");
  EXPECT_EQ(error_text([&] { static_cast<void>(static_cast<bool>(t)); }),
            "bool: a condition must have exactly one element, got f32[2,2]");
  EXPECT_EQ(error_text([&] { t.dim(2); }), "dim: axis must be in [-2,2), got 2 for f32[2,2]");
  EXPECT_EQ(error_code([&] { t.dim(-3); }), ErrorCode::out_of_range);
  EXPECT_EQ(error_text([] { from_vector(std::vector<float>{1, 2, 3}, Shape({2, 2})); }),
            "tensor: the number of elements must be that of the shape, got 3 for f32[2,2]");
  EXPECT_EQ(error_text([] { constant({{1, 2}, {3}}); }), "constant: rows must have equal lengths, got 2 and 1");
  EXPECT_EQ(error_text([] { constant({{{1}, {2}}, {{3}}}); }), "constant: rows must have equal lengths, got 2 and 1");
}

TEST(Tensor, UndefinedHandlesAreErrorsNotCrashes) {
  const Tensor t;
  EXPECT_FALSE(t.defined());
  EXPECT_EQ(spec_text(t), "undefined");
  EXPECT_EQ(error_text([&] { t.dtype(); }), "dtype: the tensor must be defined, got an undefined one");
  EXPECT_EQ(error_text([&] { t.shape(); }), "shape: the tensor must be defined, got an undefined one");
  EXPECT_EQ(error_text([&] { t.item<float>(); }), "item: the tensor must be defined, got an undefined one");
  EXPECT_EQ(error_code([&] { t.data<float>(); }), ErrorCode::invalid_argument);
}

TEST(Tensor, TheErrorNamesTheCallersLine) {
  try {
    constant({1.f, 2.f}).item<float>();
    FAIL();
  } catch (const Error &error) {
    EXPECT_NE(std::string(error.what()).find("tensor_test.cpp:"), std::string::npos);
  }
}

TEST(Tensor, HugeTensorsAreErrors) {
  EXPECT_EQ(error_code([] { zeros({int64_t{1} << 40, 1 << 10}); }), ErrorCode::too_large);
  EXPECT_EQ(error_code([] { zeros({int64_t{1} << 61}, DType::f64); }), ErrorCode::too_large);
  EXPECT_EQ(error_code([] { runtime::allocate_tensor(DType::f64, Shape({INT64_MAX}), {}); }), ErrorCode::too_large);
  EXPECT_EQ(error_text([] { runtime::allocate_tensor(DType::f64, Shape({INT64_MAX}), {}); }),
            "shape: the number of bytes must fit in 63 bits, got f64[9223372036854775807]");
}

TEST(Tensor, ViewsShareTheBufferUntilRowsAreAskedFor) {
  const Tensor base = constant({{1, 2, 3}, {4, 5, 6}});
  const int64_t copies = runtime::contiguous_copies();
  const Tensor view = transpose(base);
  EXPECT_EQ(runtime::concrete(view).buffer, runtime::concrete(base).buffer);
  EXPECT_EQ(runtime::contiguous_copies(), copies);
  EXPECT_EQ(view.to_vector<int32_t>(), (std::vector<int32_t>{1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(view.to_vector<int32_t>().size(), 6u);
  EXPECT_EQ(runtime::contiguous_copies(), copies + 1);
}

TEST(Tensor, AViewOutlivesItsBase) {
  Tensor view;
  {
    const Tensor base = constant({{1, 2, 3}, {4, 5, 6}});
    view = slice(base, {1, 1}, {1, 2});
  }
  EXPECT_EQ(view.to_vector<int32_t>(), (std::vector<int32_t>{5, 6}));
}

TEST(Tensor, ThreadsMayAskForTheSameRowsAtOnce) {
  for (int round = 0; round < 20; ++round) {
    const Tensor view = transpose(constant({{1, 2, 3}, {4, 5, 6}}));
    std::vector<const int32_t *> seen(4);
    std::vector<std::thread> threads;
    for (size_t t = 0; t < seen.size(); ++t)
      threads.emplace_back([&, t] { seen[t] = view.data<int32_t>(); });
    for (std::thread &thread : threads)
      thread.join();
    for (const int32_t *elements : seen)
      EXPECT_EQ(elements, seen[0]);
  }
}

struct Argument final : runtime::SymbolicNode {
  using SymbolicNode::SymbolicNode;
  std::string origin() const override { return "argument 0"; }
};

TEST(Tensor, TracedTensorsHaveTypesButNoValues) {
  const Tensor t(new Argument({DType::f32, ops::Dims{2, ops::Dim::symbol("n")}}, {}));
  EXPECT_TRUE(t.is_symbolic());
  EXPECT_EQ(t.dtype(), DType::f32);
  EXPECT_EQ(t.rank(), 2);
  EXPECT_EQ(t.dim(0), 2);
  EXPECT_EQ(spec_text(t), "f32[2,?]");
  EXPECT_EQ(to_string(t), "f32[2,?]");
  EXPECT_EQ(error_text([&] { t.item<float>(); }),
            "item: a traced tensor has no value yet, got f32[2,?] that depends on argument 0");
  EXPECT_EQ(error_code([&] { t.data<float>(); }), ErrorCode::tracing);
  EXPECT_EQ(error_text([&] { static_cast<void>(static_cast<bool>(t)); }),
            "bool: a traced tensor has no value yet, got f32[2,?] that depends on argument 0");
  EXPECT_EQ(error_text([&] { t.dim(1); }), "dim: a spec has no open extents to compute with, got axis 1 of f32[2,?]");
  EXPECT_EQ(error_text([&] { t + 1.0f; }),
            "add: a traced tensor has no value outside its trace, got f32[2,?] that depends on argument 0");
  const Tensor known(new Argument({DType::i32, Shape({4})}, {}));
  EXPECT_EQ(known.shape(), Shape({4}));
}

} // namespace
} // namespace etch
