// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/runtime/error_text.h"
#include "tests/runtime/naive.h"

#include <etch/environment.h>
#include <etch/ops.h>

#include <gtest/gtest.h>
#include <immintrin.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace etch {
namespace {

using naive::Index;

template <class T>
class Elementwise : public testing::Test {};
using Numbers = testing::Types<uint8_t, int8_t, int16_t, int32_t, int64_t, float, double>;
TYPED_TEST_SUITE(Elementwise, Numbers);

// What the contract says of each op: integers wrap, +0 is larger than -0, NaN wins.
template <class T>
T wrapped(T x) {
  return x;
}
template <class T>
T naive_add(T a, T b) {
  if constexpr (std::is_integral_v<T>)
    return static_cast<T>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
  else
    return a + b;
}
template <class T>
T naive_sub(T a, T b) {
  if constexpr (std::is_integral_v<T>)
    return static_cast<T>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
  else
    return a - b;
}
template <class T>
T naive_mul(T a, T b) {
  if constexpr (std::is_integral_v<T>)
    return static_cast<T>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
  else
    return a * b;
}
template <class T>
T naive_maximum(T a, T b) {
  if (a != a || b != b)
    return static_cast<T>(std::numeric_limits<double>::quiet_NaN());
  if (a == b)
    return std::is_floating_point_v<T> && std::signbit(static_cast<double>(a)) ? b : a;
  return a > b ? a : b;
}
template <class T>
T naive_minimum(T a, T b) {
  if (a != a || b != b)
    return static_cast<T>(std::numeric_limits<double>::quiet_NaN());
  if (a == b)
    return std::is_floating_point_v<T> && std::signbit(static_cast<double>(a)) ? a : b;
  return a < b ? a : b;
}

// Random numbers with every special value among them.
template <class T>
std::vector<T> edgy(std::mt19937 &random, int64_t count) {
  std::vector<T> elements = naive::random_elements<T>(random, count);
  std::vector<T> specials = {T{0}, T{1}, std::numeric_limits<T>::lowest(), std::numeric_limits<T>::max()};
  if constexpr (std::is_floating_point_v<T>) {
    using Limits = std::numeric_limits<T>;
    specials.insert(specials.end(), {-T{0}, Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN(), Limits::min(),
                                     Limits::denorm_min(), -Limits::denorm_min()});
  }
  for (T &element : elements)
    if (random() % 4 == 0)
      element = specials[random() % specials.size()];
  return elements;
}

struct Case {
  std::vector<int64_t> a, b;
};
// Same shapes, scalars, rows, columns, both sides repeated, empty.
const Case kCases[] = {{{7}, {7}},
                       {{}, {}},
                       {{}, {5}},
                       {{3, 4}, {}},
                       {{3, 4}, {4}},
                       {{3, 1}, {3, 4}},
                       {{3, 1}, {1, 4}},
                       {{2, 3, 1, 5}, {3, 2, 1}},
                       {{300, 200}, {200}},
                       {{200, 300}, {200, 1}},
                       {{2, 1, 300}, {5, 1}},
                       {{0}, {0}},
                       {{0, 3}, {3}},
                       {{4, 0, 1}, {1, 1, 5}},
                       {{1}, {0}},
                       {{70'001}, {70'001}},
                       {{2, 3, 2, 3, 2, 3, 2}, {3, 1, 3, 1, 3, 1}}};

Shape broadcast_shape(const Shape &a, const Shape &b) {
  std::vector<int64_t> dims(static_cast<size_t>(std::max(a.rank(), b.rank())));
  for (size_t i = 0; i < dims.size(); ++i) {
    const int at_a = a.rank() - 1 - static_cast<int>(i), at_b = b.rank() - 1 - static_cast<int>(i);
    const int64_t da = at_a < 0 ? 1 : a[at_a], db = at_b < 0 ? 1 : b[at_b];
    dims[dims.size() - 1 - i] = da == 1 ? db : da;
  }
  return Shape(dims);
}

template <class T, class R, class Op, class Naive>
void expect_binary(const char *name, Op op, Naive expected) {
  std::mt19937 random(7);
  for (const Case &test : kCases) {
    const Shape a_shape(test.a), b_shape(test.b);
    const std::vector<T> a = edgy<T>(random, a_shape.size()), b = edgy<T>(random, b_shape.size());
    const Tensor result = op(from_vector(a, a_shape), from_vector(b, b_shape));
    const Shape shape = broadcast_shape(a_shape, b_shape);
    ASSERT_EQ(result.shape(), shape) << name;
    std::vector<R> want;
    naive::for_each(shape, [&](const Index &index) {
      want.push_back(expected(a[static_cast<size_t>(naive::broadcast_flat(a_shape, index))],
                              b[static_cast<size_t>(naive::broadcast_flat(b_shape, index))]));
    });
    ASSERT_TRUE(naive::same(result.to_vector<R>(), want)) << name << " " << a_shape << " " << b_shape;
  }
}

TYPED_TEST(Elementwise, BinaryOpsAreTheirLoops) {
  using T = TypeParam;
  using A = const Tensor &;
  expect_binary<T, T>("add", [](A a, A b) { return a + b; }, naive_add<T>);
  expect_binary<T, T>("sub", [](A a, A b) { return a - b; }, naive_sub<T>);
  expect_binary<T, T>("mul", [](A a, A b) { return a * b; }, naive_mul<T>);
  expect_binary<T, T>("maximum", [](A a, A b) { return maximum(a, b); }, naive_maximum<T>);
  expect_binary<T, T>("minimum", [](A a, A b) { return minimum(a, b); }, naive_minimum<T>);
  expect_binary<T, bool>("less", [](A a, A b) { return a < b; }, [](T a, T b) { return a < b; });
  expect_binary<T, bool>("less_equal", [](A a, A b) { return a <= b; }, [](T a, T b) { return a <= b; });
  expect_binary<T, bool>("greater", [](A a, A b) { return a > b; }, [](T a, T b) { return a > b; });
  expect_binary<T, bool>("greater_equal", [](A a, A b) { return a >= b; }, [](T a, T b) { return a >= b; });
  expect_binary<T, bool>("equal", [](A a, A b) { return a == b; }, [](T a, T b) { return a == b; });
  expect_binary<T, bool>("not_equal", [](A a, A b) { return a != b; }, [](T a, T b) { return a != b; });
  if constexpr (std::is_floating_point_v<T>)
    expect_binary<T, T>("div", [](A a, A b) { return a / b; }, [](T a, T b) { return a / b; });
}

template <class T, class Op, class Naive>
void expect_unary(const char *name, Op op, Naive expected) {
  std::mt19937 random(3);
  for (int64_t count : {0, 1, 3, 15, 16, 17, 31, 33, 63, 64, 65, 127, 1000, 40'000}) {
    const std::vector<T> x = edgy<T>(random, count);
    std::vector<T> want;
    for (T element : x)
      want.push_back(expected(element));
    ASSERT_TRUE(naive::same(op(from_vector(x)).template to_vector<T>(), want)) << name << " " << count;
  }
}

TYPED_TEST(Elementwise, UnaryOpsAreTheirLoops) {
  using T = TypeParam;
  expect_unary<T>("neg", [](const Tensor &x) { return -x; }, [](T x) {
    if constexpr (std::is_integral_v<T>)
      return naive_sub<T>(0, x);
    else
      return -x;
  });
  expect_unary<T>("abs", [](const Tensor &x) { return abs(x); }, [](T x) {
    if constexpr (std::is_integral_v<T>)
      return x < 0 ? naive_sub<T>(0, x) : x;
    else
      return std::abs(x);
  });
  expect_unary<T>("relu", [](const Tensor &x) { return relu(x); }, [](T x) { return naive_maximum<T>(x, 0); });
  if constexpr (std::is_floating_point_v<T>)
    expect_unary<T>("sqrt", [](const Tensor &x) { return sqrt(x); }, [](T x) { return std::sqrt(x); });
}

TYPED_TEST(Elementwise, ReadsViewsInPlaceOrGathered) {
  using T = TypeParam;
  std::mt19937 random(11);
  const Shape shape({6, 150, 3});
  const Tensor base = naive::random_tensor<T>(random, shape);
  const Tensor views[] = {transpose(base), transpose(base, {0, 2, 1}), slice(base, {1, 3, 1}, {4, 140, 2}),
                          slice(base, {0, 0, 0}, {6, 150, 1}), broadcast_to(slice(base, {0, 0, 0}, {1, 150, 3}), {5, 150, 3})};
  for (const Tensor &view : views) {
    const std::vector<T> x = view.to_vector<T>();
    std::vector<T> want;
    for (T element : x)
      want.push_back(naive_add<T>(element, element));
    ASSERT_TRUE(naive::same((view + view).template to_vector<T>(), want)) << view.shape();
    for (size_t i = 0; i < x.size(); ++i)
      want[i] = naive_mul<T>(x[i], 3);
    ASSERT_TRUE(naive::same((view * T{3}).template to_vector<T>(), want)) << view.shape();
  }
}

TYPED_TEST(Elementwise, AnyThreadCountGivesTheSameBits) {
  using T = TypeParam;
  std::mt19937 random(5);
  const Tensor a = naive::random_tensor<T>(random, Shape({500, 401}));
  const Tensor b = naive::random_tensor<T>(random, Shape({401, 500}));
  const int before = thread_count();
  std::vector<T> first;
  for (int threads : {1, 2, 3}) {
    set_thread_count(threads);
    const std::vector<T> result = (a * transpose(b) + a).template to_vector<T>();
    if (first.empty())
      first = result;
    EXPECT_TRUE(naive::same(result, first)) << threads;
  }
  set_thread_count(before);
}

TEST(ElementwiseOps, WhereChoosesAndBroadcasts) {
  const Tensor condition = constant({true, false, true});
  EXPECT_EQ(where(condition, constant({{1}, {2}}), 9).to_vector<int32_t>(), (std::vector<int32_t>{1, 9, 1, 2, 9, 2}));
  EXPECT_EQ(where(condition, constant({1.f, 2.f, 3.f}), constant({4.f, 5.f, 6.f})).to_vector<float>(),
            (std::vector<float>{1, 5, 3}));
  EXPECT_EQ(where(true, 1.5, 2.5).item<double>(), 1.5);
  EXPECT_EQ(where(condition, condition, false).to_vector<bool>(), (std::vector<bool>{true, false, true}));
  EXPECT_EQ(where(transpose(constant({{true, false}, {false, false}, {true, true}})), 1, 0).to_vector<int32_t>(),
            (std::vector<int32_t>{1, 0, 1, 0, 0, 1}));
}

template <class To, class From>
To naive_cast(From x) {
  if constexpr (std::is_same_v<To, bool>) {
    return x != From{0};
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    if (x != x)
      return 0;
    if (static_cast<long double>(x) <= static_cast<long double>(std::numeric_limits<To>::min()))
      return std::numeric_limits<To>::min();
    if (static_cast<long double>(x) >= static_cast<long double>(std::numeric_limits<To>::max()))
      return std::numeric_limits<To>::max();
    return static_cast<To>(x);
  } else {
    return static_cast<To>(x);
  }
}

template <class To, class From>
void expect_cast(const std::vector<From> &x) {
  std::vector<To> want;
  for (From element : x)
    want.push_back(naive_cast<To>(element));
  const Tensor result = cast(from_vector(x), dtype_of<To>());
  EXPECT_TRUE(naive::same(result.to_vector<To>(), want)) << dtype_of<From>() << " to " << dtype_of<To>();
  const Tensor spread = cast(broadcast_to(Tensor(static_cast<From>(x[0])), {40}), dtype_of<To>());
  EXPECT_TRUE(naive::same(spread.to_vector<To>(), std::vector<To>(40, want[0])));
}

template <class From>
void expect_casts(const std::vector<From> &x) {
  expect_cast<bool>(x);
  expect_cast<uint8_t>(x);
  expect_cast<int8_t>(x);
  expect_cast<int16_t>(x);
  expect_cast<int32_t>(x);
  expect_cast<int64_t>(x);
  expect_cast<float>(x);
  expect_cast<double>(x);
}

TYPED_TEST(Elementwise, CastsFollowTheContract) {
  std::mt19937 random(2);
  std::vector<TypeParam> x = edgy<TypeParam>(random, 500);
  if constexpr (std::is_floating_point_v<TypeParam>)
    for (double edge : {127.5, 128.0, -128.5, -129.0, 255.9, 256.0, -0.9, 2147483647.0, 2147483648.0, -2147483649.0,
                        9223372036854775807.0, -9223372036854775808.0, 1e30, -1e30})
      x.push_back(static_cast<TypeParam>(edge));
  expect_casts(x);
}

TEST(ElementwiseOps, BoolsCast) { expect_casts(std::vector<bool>{true, false, true}); }

TEST(ElementwiseOps, NumbersAndPositionsArePartOfTheText) {
  EXPECT_EQ(full({2, 3}, 1.5f).to_vector<float>(), std::vector<float>(6, 1.5f));
  EXPECT_EQ(full({40'000}, int8_t{-3}).to_vector<int8_t>(), std::vector<int8_t>(40'000, -3));
  EXPECT_EQ(full({0}, 1.f).shape(), Shape({0}));
  EXPECT_EQ(full({}, true).item<bool>(), true);
  const std::vector<int64_t> counted = range(0, 70'000).to_vector<int64_t>();
  for (int64_t i = 0; i < 70'000; ++i)
    ASSERT_EQ(counted[static_cast<size_t>(i)], i);
  EXPECT_EQ(range(0, 2000, 1, DType::f32).to_vector<float>()[1999], 1999.f);
}

TEST(ElementwiseOps, ErrorsComeFromTheShapeRule) {
  const Tensor a = constant({1.f, 2.f}), b = constant({1.f, 2.f, 3.f});
  EXPECT_EQ(error_code([&] { a + b; }), ErrorCode::shape);
  EXPECT_EQ(error_code([&] { a + constant({1, 2}); }), ErrorCode::dtype);
  EXPECT_EQ(error_code([&] { a + Tensor(); }), ErrorCode::invalid_argument);
  EXPECT_EQ(error_code([&] { exp(constant({1, 2})); }), ErrorCode::dtype);
  EXPECT_EQ(error_code([&] { constant({true}) + constant({true}); }), ErrorCode::dtype);
}

TEST(ElementwiseOps, TheHostsFloatEnvironmentNeitherMattersNorChanges) {
  std::mt19937 random(9);
  const Tensor x = naive::random_tensor<float>(random, Shape({50'000}), 30);
  const auto compute = [&] { return (exp(x) * 1e-37f / 3.1 + softmax(x)).to_vector<float>(); };
  const std::vector<float> expected = compute();
  const unsigned before = _mm_getcsr();
  for (unsigned rounding : {0x2000u, 0x4000u, 0x6000u})
    for (unsigned flush : {0u, 0x8040u}) {
      const unsigned host = 0x1f80 | rounding | flush | 0x04;
      _mm_setcsr(host);
      const std::vector<float> result = compute();
      EXPECT_EQ(_mm_getcsr(), host);
      _mm_setcsr(before);
      EXPECT_TRUE(naive::same(result, expected));
    }
  _mm_setcsr(0x1f80 & ~0x0280u); // division by zero and invalid operations unmasked
  const std::vector<float> result = (constant({1.f, 0.f}) / 0.0f).to_vector<float>();
  _mm_setcsr(before);
  EXPECT_TRUE(std::isinf(result[0]) && std::isnan(result[1]));
}

} // namespace
} // namespace etch
