// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/runtime/error_text.h"
#include "tests/runtime/naive.h"

#include <etch/environment.h>
#include <etch/ops.h>

#include <gtest/gtest.h>

#include <cmath>

namespace etch {
namespace {

using naive::Index;

template <class T>
class Matmul : public testing::Test {};
using Numbers = testing::Types<uint8_t, int8_t, int16_t, int32_t, int64_t, float, double>;
TYPED_TEST_SUITE(Matmul, Numbers);

template <class T>
T chain(T a, T b, T c) {
  if constexpr (std::is_integral_v<T>)
    return static_cast<T>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b) + static_cast<uint64_t>(c));
  else
    return std::fma(a, b, c);
}

template <class T>
std::vector<T> naive_matmul(const Tensor &a, const Tensor &b, const Shape &result) {
  const std::vector<T> x = a.to_vector<T>(), y = b.to_vector<T>();
  const Shape a_shape = a.shape(), b_shape = b.shape();
  const int64_t k = a_shape[a_shape.rank() - 1];
  std::vector<T> want;
  naive::for_each(result, [&](const Index &index) {
    Index at_a = index, at_b = index;
    const size_t rank = index.size();
    T c = k == 0 ? T{0} : static_cast<T>(-0.0);
    for (int64_t p = 0; p < k; ++p) {
      at_a[rank - 1] = p;
      at_b[rank - 2] = p;
      // The last two extents equal the index's, so broadcasting concerns the batch alone.
      c = chain(x[static_cast<size_t>(naive::broadcast_flat(a_shape, at_a))],
                y[static_cast<size_t>(naive::broadcast_flat(b_shape, at_b))], c);
    }
    want.push_back(c);
  });
  return want;
}

template <class T>
void expect_matmul(const Tensor &a, const Tensor &b, const Shape &result) {
  const Tensor c = matmul(a, b);
  ASSERT_EQ(c.shape(), result);
  ASSERT_TRUE(naive::same(c.to_vector<T>(), naive_matmul<T>(a, b, result))) << a.shape() << b.shape();
}

TYPED_TEST(Matmul, IsOneChainPerElement) {
  using T = TypeParam;
  std::mt19937 random(21);
  for (auto [m, n, k] : {std::tuple{1, 1, 1}, {2, 3, 4}, {1, 10, 784}, {17, 1, 33}, {5, 64, 16}, {33, 47, 300}, {3, 2, 0},
                         {0, 4, 3}, {4, 0, 3}, {0, 0, 0}, {70, 10, 50}}) {
    const Tensor a = naive::random_tensor<T>(random, Shape({m, k})), b = naive::random_tensor<T>(random, Shape({k, n}));
    expect_matmul<T>(a, b, Shape({m, n}));
  }
}

TYPED_TEST(Matmul, ReadsTransposedAndSlicedOperands) {
  using T = TypeParam;
  std::mt19937 random(22);
  const Tensor a = naive::random_tensor<T>(random, Shape({40, 30})), b = naive::random_tensor<T>(random, Shape({20, 40}));
  expect_matmul<T>(transpose(a), transpose(b), Shape({30, 20}));
  expect_matmul<T>(slice(a, {1, 2}, {10, 20}), transpose(slice(b, {3, 4}, {5, 20})), Shape({10, 5}));
  expect_matmul<T>(broadcast_to(slice(a, {0, 0}, {1, 30}), {7, 30}), transpose(slice(a, {0, 0}, {9, 30})), Shape({7, 9}));
}

TYPED_TEST(Matmul, BroadcastsBatches) {
  using T = TypeParam;
  std::mt19937 random(23);
  struct Case {
    std::vector<int64_t> a, b, c;
  };
  for (const Case &test : {Case{{5, 4, 3}, {5, 3, 2}, {5, 4, 2}}, Case{{5, 4, 3}, {3, 2}, {5, 4, 2}},
                           Case{{4, 3}, {5, 3, 2}, {5, 4, 2}}, Case{{2, 1, 4, 3}, {3, 3, 2}, {2, 3, 4, 2}},
                           Case{{2, 1, 4, 3}, {1, 3, 3, 2}, {2, 3, 4, 2}}, Case{{1, 4, 3}, {6, 3, 1}, {6, 4, 1}},
                           Case{{0, 4, 3}, {3, 2}, {0, 4, 2}}, Case{{2, 4, 0}, {0, 2}, {2, 4, 2}}}) {
    const Tensor a = naive::random_tensor<T>(random, Shape(test.a)), b = naive::random_tensor<T>(random, Shape(test.b));
    expect_matmul<T>(a, b, Shape(test.c));
  }
  const Tensor x = naive::random_tensor<T>(random, Shape({3, 2, 4, 5}));
  expect_matmul<T>(transpose(x, {1, 0, 2, 3}), transpose(x, {1, 0, 3, 2}), Shape({2, 3, 4, 4}));
  expect_matmul<T>(transpose(x, {2, 3, 0, 1}), transpose(x, {2, 3, 1, 0}), Shape({4, 5, 3, 3}));
}

TYPED_TEST(Matmul, AnyThreadCountGivesTheSameBits) {
  using T = TypeParam;
  std::mt19937 random(24);
  const Tensor a = naive::random_tensor<T>(random, Shape({130, 200})), b = naive::random_tensor<T>(random, Shape({200, 90}));
  const int before = thread_count();
  set_thread_count(1);
  const std::vector<T> expected = matmul(a, b).template to_vector<T>();
  for (int threads : {2, 3}) {
    set_thread_count(threads);
    EXPECT_TRUE(naive::same(matmul(a, b).template to_vector<T>(), expected));
  }
  set_thread_count(before);
}

TEST(MatmulErrors, NameBothOperands) {
  EXPECT_EQ(error_code([] { matmul(zeros({2, 3}), zeros({4, 5})); }), ErrorCode::shape);
  EXPECT_EQ(error_code([] { matmul(zeros({2, 3}), zeros({3, 5}, DType::f64)); }), ErrorCode::dtype);
  EXPECT_EQ(error_code([] { matmul(zeros({3}), zeros({3})); }), ErrorCode::shape);
}

} // namespace
} // namespace etch
