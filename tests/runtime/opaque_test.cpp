// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/print_buffer.h"
#include "tests/runtime/error_text.h"
#include "tests/runtime/naive.h"

#include <etch/environment.h>
#include <etch/ops.h>
#include <etch/variable.h>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <thread>

namespace etch {
namespace {

TEST(Gather, ChoosesSlicesAlongAnyAxis) {
  std::mt19937 random(31);
  const Tensor params = naive::random_tensor<float>(random, Shape({4, 5, 3}));
  const std::vector<float> elements = params.to_vector<float>();
  const Tensor indices = constant({{2, 0}, {3, 3}});
  EXPECT_EQ(gather(params, indices).shape(), Shape({2, 2, 5, 3}));
  EXPECT_EQ(gather(params, indices, 1).shape(), Shape({4, 2, 2, 3}));
  const Tensor last = gather(params, cast(slice(indices, {0, 0}, {1, 2}), DType::i64), -1);
  std::vector<float> want;
  for (int64_t i = 0; i < 4; ++i)
    for (int64_t j = 0; j < 5; ++j)
      for (int64_t k : {2, 0})
        want.push_back(elements[static_cast<size_t>((i * 5 + j) * 3 + k)]);
  EXPECT_EQ(last.to_vector<float>(), want);
  EXPECT_EQ(gather(transpose(constant({{1, 2}, {3, 4}})), 1).to_vector<int32_t>(), (std::vector<int32_t>{2, 4}));
}

TEST(Gather, BadIndicesAreErrorsThatNameTheFirst) {
  const Tensor params = constant({1.f, 2.f, 3.f, 4.f, 5.f});
  EXPECT_EQ(error_text([&] { gather(params, constant({0, 1, 2, 7, -1})); }),
            "gather: index must be in [0,5), got 7 at position 3");
  EXPECT_EQ(error_code([&] { gather(params, constant({-1})); }), ErrorCode::out_of_range);
  EXPECT_EQ(error_text([&] { gather(params, constant({std::numeric_limits<int64_t>::min()})); }),
            "gather: index must be in [0,5), got -9223372036854775808 at position 0");
  EXPECT_EQ(error_text([&] { gather(zeros({0, 3}), constant({0})); }),
            "gather: index must be in [0,0), got 0 at position 0");
}

TEST(Gather, EmptyIsLegal) {
  EXPECT_EQ(gather(zeros({3, 2}), zeros({0}, DType::i32)).shape(), Shape({0, 2}));
  EXPECT_EQ(gather(zeros({3, 0}), constant({1, 2})).shape(), Shape({2, 0}));
  EXPECT_EQ(gather(zeros({0, 2}), zeros({0}, DType::i64)).shape(), Shape({0, 2}));
}

template <class T>
void expect_argmax(const std::vector<int64_t> &dims) {
  std::mt19937 random(33);
  const Shape shape(dims);
  std::vector<T> x = naive::random_elements<T>(random, shape.size(), 3);
  if constexpr (std::is_floating_point_v<T>)
    for (T &element : x)
      element = random() % 20 == 0 ? std::numeric_limits<T>::quiet_NaN() : std::round(element);
  const Tensor tensor = from_vector(x, shape);
  for (int axis = 0; axis < shape.rank(); ++axis) {
    std::vector<int64_t> want;
    const Tensor result = argmax(tensor, axis);
    naive::for_each(result.shape(), [&](naive::Index index) {
      int64_t best = 0;
      const auto at = [&](int64_t i) {
        naive::Index full = index;
        full.insert(full.begin() + axis, i);
        return x[static_cast<size_t>(naive::flat(shape, full))];
      };
      for (int64_t i = 1; i < shape[axis]; ++i)
        if (at(best) == at(best) && (at(i) != at(i) || at(i) > at(best)))
          best = i;
      want.push_back(best);
    });
    ASSERT_EQ(result.to_vector<int64_t>(), want) << shape << axis;
    ASSERT_EQ(argmax(tensor, axis, true).rank(), shape.rank());
  }
}

template <class T>
void expect_argmaxes() {
  for (const std::vector<int64_t> &dims : std::vector<std::vector<int64_t>>{
           {1}, {5}, {64}, {1000}, {3, 200}, {200, 3}, {70, 70}, {2, 40, 3}, {0, 3}, {2, 1, 4}, {300, 17}})
    if (dims != std::vector<int64_t>{0, 3})
      expect_argmax<T>(dims);
  EXPECT_EQ(argmax(from_vector(std::vector<T>{}, Shape({0, 3})), 1).shape(), Shape({0}));
}

TEST(Argmax, FindsTheFirstMaximumOrNaN) {
  expect_argmaxes<float>();
  expect_argmaxes<double>();
  expect_argmaxes<int8_t>();
  expect_argmaxes<uint8_t>();
  expect_argmaxes<int16_t>();
  expect_argmaxes<int32_t>();
  expect_argmaxes<int64_t>();
  EXPECT_EQ(argmax(constant({false, true, true}), 0).item<int64_t>(), 1);
  EXPECT_EQ(error_code([] { argmax(zeros({0}), 0); }), ErrorCode::shape);
}

class PrintTest : public testing::Test {
protected:
  PrintTest() {
    runtime::set_print_sink([](void *context, std::string_view text) { *static_cast<std::string *>(context) += text; },
                            &printed_);
  }
  ~PrintTest() override { runtime::set_print_sink(nullptr, nullptr); }
  std::string printed_;
};

TEST_F(PrintTest, ReplacesPlacesByTensors) {
  print("x = {} and {}", constant({1.f, 2.f}), 3);
  print("{}", transpose(constant({{1, 2}, {3, 4}})));
  print("no tensors");
  EXPECT_EQ(printed_, "x = [1. 2.] and 3\n[[1 3]\n [2 4]]\nno tensors\n");
}

TEST_F(PrintTest, CountsPlaces) {
  EXPECT_EQ(error_code([] { print("{} {}", 1); }), ErrorCode::invalid_argument);
  EXPECT_EQ(error_code([] { print("text", 1); }), ErrorCode::invalid_argument);
  EXPECT_EQ(printed_, "");
}

TEST(Variable, HoldsWhatWasAssigned) {
  const Variable v(constant({1.f, 2.f}), "w");
  EXPECT_EQ(v.name(), "w");
  EXPECT_TRUE(v.trainable());
  EXPECT_EQ(v.dtype(), DType::f32);
  EXPECT_EQ(v.shape(), Shape({2}));
  const Tensor old = v.value();
  v.assign(constant({3.f, 4.f}));
  v.assign_add(constant({1.f, 1.f}));
  v.assign_sub(v);
  v.assign_add(constant({0.5f, 0.25f}));
  EXPECT_EQ(v.value().to_vector<float>(), (std::vector<float>{0.5f, 0.25f}));
  EXPECT_EQ(old.to_vector<float>(), (std::vector<float>{1.f, 2.f}));
  const Variable copy = v;
  copy.assign(old);
  EXPECT_EQ((v + 1.0f).to_vector<float>(), (std::vector<float>{2.f, 3.f}));
}

TEST(Variable, NumbersAdoptItsDType) {
  const Variable v(Tensor(2.0f), "scale");
  v.assign(3);
  v.assign_add(0.5);
  EXPECT_EQ(v.value().item<float>(), 3.5f);
  const Variable n(Tensor(2), "count");
  EXPECT_EQ(error_code([&] { n.assign(0.5); }), ErrorCode::dtype);
}

TEST(Variable, KeepsItsType) {
  const Variable w(zeros({2, 3}), "w");
  EXPECT_EQ(error_text([&] { w.assign(zeros({3})); }),
            "assign: shape must be that of variable 'w', got f32[3] for f32[2,3]");
  EXPECT_EQ(error_text([&] { w.assign_add(zeros({2, 3}, DType::f64)); }),
            "assign_add: dtype must be that of variable 'w', got f64[2,3] for f32[2,3]");
  EXPECT_EQ(error_text([&] { w.assign_sub(1.0f); }),
            "assign_sub: shape must be that of variable 'w', got f32[] for f32[2,3]");
  EXPECT_EQ(error_text([&] { w.assign(Tensor()); }), "assign: the tensor must be defined, got an undefined one");
  EXPECT_EQ(error_text([] { Variable(Tensor(), "b"); }),
            "variable: the initial value of 'b' must be defined, got an undefined tensor");
  EXPECT_EQ(w.value().to_vector<float>(), std::vector<float>(6, 0.f));
}

TEST(Variable, MayBeEmptyOrAView) {
  const Variable empty(zeros({0, 2}), "empty");
  empty.assign_add(zeros({0, 2}));
  EXPECT_EQ(empty.value().shape(), Shape({0, 2}));
  const Variable v(transpose(constant({{1, 2}, {3, 4}})), "v");
  v.assign(transpose(constant({{5, 6}, {7, 8}})));
  EXPECT_EQ(v.value().to_vector<int32_t>(), (std::vector<int32_t>{5, 7, 6, 8}));
}

TEST(Variable, EveryUpdateIsAtomic) {
  const Variable v(zeros({100}), "v");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 250; ++i)
        v.assign_add(ones({100}));
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(v.value().to_vector<float>(), std::vector<float>(100, 1000.f));
}

} // namespace
} // namespace etch
