// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Pools against plain loops that follow docs/numerics.md, section 7, word by word.
#include "tests/runtime/error_text.h"
#include "tests/runtime/hook_call.h"
#include "tests/runtime/naive.h"

#include <etch/etch.h>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

namespace etch {
namespace {

using ops::Attrs;
using test::run_hook;

struct Case {
  int64_t n, h, w, c, kh, kw, stride_h, stride_w;
  bool same;

  static int64_t count(int64_t extent, int64_t taps, int64_t stride, bool same) {
    return same ? (extent + stride - 1) / stride : (extent - taps + stride) / stride;
  }
  static int64_t pad(int64_t extent, int64_t taps, int64_t stride, bool same) {
    const int64_t total = (count(extent, taps, stride, same) - 1) * stride + taps - extent;
    return same && total > 0 ? total / 2 : 0;
  }
  int64_t oh() const { return count(h, kh, stride_h, same); }
  int64_t ow() const { return count(w, kw, stride_w, same); }
  bool is_valid() const { return same || (kh <= h && kw <= w); }
  std::vector<int64_t> x_dims() const { return {n, h, w, c}; }
  std::vector<int64_t> y_dims() const { return {n, oh(), ow(), c}; }
  Attrs attrs() const {
    return {std::vector<int64_t>{kh, kw}, std::vector<int64_t>{stride_h, stride_w},
            std::string(same ? "same" : "valid")};
  }
  size_t x_at(int64_t i, int64_t y, int64_t x, int64_t k) const {
    return static_cast<size_t>(((i * h + y) * w + x) * c + k);
  }
  size_t y_at(int64_t i, int64_t y, int64_t x, int64_t k) const {
    return static_cast<size_t>(((i * oh() + y) * ow() + x) * c + k);
  }
};

std::ostream &operator<<(std::ostream &out, const Case &c) {
  return out << "x " << Shape(c.x_dims()) << " window " << c.kh << "," << c.kw << " strides " << c.stride_h << ","
             << c.stride_w << (c.same ? " same" : " valid");
}

/// Calls body(position in y, positions in x of the taps inside the image) window by window, channel by channel.
template <class Body>
void for_windows(const Case &c, const Body &body) {
  for (int64_t n = 0; n < c.n; ++n)
    for (int64_t oh = 0; oh < c.oh(); ++oh)
      for (int64_t ow = 0; ow < c.ow(); ++ow)
        for (int64_t k = 0; k < c.c; ++k) {
          std::vector<size_t> taps;
          for (int64_t kh = 0; kh < c.kh; ++kh)
            for (int64_t kw = 0; kw < c.kw; ++kw) {
              const int64_t h = oh * c.stride_h + kh - Case::pad(c.h, c.kh, c.stride_h, c.same);
              const int64_t w = ow * c.stride_w + kw - Case::pad(c.w, c.kw, c.stride_w, c.same);
              if (h >= 0 && h < c.h && w >= 0 && w < c.w)
                taps.push_back(c.x_at(n, h, w, k));
            }
          body(c.y_at(n, oh, ow, k), taps);
        }
}

template <class T>
bool is_larger(T a, T b) { // maximum(a, b) is a and not b
  if constexpr (std::is_floating_point_v<T>)
    if (a == 0 && b == 0)
      return std::signbit(b) && !std::signbit(a);
  return a > b || (a != a && b == b);
}

template <class T>
std::vector<T> naive_max_pool(const Case &c, const std::vector<T> &x) {
  std::vector<T> y(static_cast<size_t>(Shape(c.y_dims()).size()));
  for_windows(c, [&](size_t at, const std::vector<size_t> &taps) {
    T best = std::is_floating_point_v<T> ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::lowest();
    for (const size_t tap : taps)
      best = is_larger(x[tap], best) ? x[tap] : best;
    y[at] = best;
  });
  return y;
}

template <class T>
std::vector<T> naive_avg_pool(const Case &c, const std::vector<T> &x) {
  std::vector<T> y(static_cast<size_t>(Shape(c.y_dims()).size()));
  for_windows(c, [&](size_t at, const std::vector<size_t> &taps) {
    T sum = static_cast<T>(-0.0);
    for (const size_t tap : taps)
      sum += x[tap];
    y[at] = sum / static_cast<T>(taps.size());
  });
  return y;
}

template <class T>
std::vector<T> naive_max_gradient(const Case &c, const std::vector<T> &x, const std::vector<T> &dy) {
  std::vector<T> dx(x.size(), T{0});
  for_windows(c, [&](size_t at, const std::vector<size_t> &taps) {
    if (taps.empty())
      return;
    size_t best = taps[0]; // -0 and +0 tie
    for (const size_t tap : taps)
      if (x[tap] > x[best] || (x[tap] != x[tap] && x[best] == x[best]))
        best = tap;
    dx[best] += dy[at];
  });
  return dx;
}

template <class T>
std::vector<T> naive_avg_gradient(const Case &c, const std::vector<T> &dy) {
  std::vector<T> dx(static_cast<size_t>(Shape(c.x_dims()).size()), T{0});
  for_windows(c, [&](size_t at, const std::vector<size_t> &taps) {
    for (const size_t tap : taps)
      dx[tap] += dy[at] / static_cast<T>(taps.size());
  });
  return dx;
}

template <class T>
std::vector<T> elements(std::mt19937 &random, const std::vector<int64_t> &dims) {
  std::vector<T> values = naive::random_elements<T>(random, Shape(dims).size(), 3);
  if constexpr (std::is_floating_point_v<T>)
    for (T &value : values) {
      value = random() % 2 ? std::rint(value) : value; // so that some tie
      if (const auto choice = random() % 100; choice < 3)
        value = choice == 0   ? T(-0.0)
                : choice == 1 ? -std::numeric_limits<T>::infinity()
                              : std::numeric_limits<T>::quiet_NaN();
    }
  return values;
}

template <class T>
void expect_bits(std::mt19937 &random, const Case &c) {
  const auto x = elements<T>(random, c.x_dims()), dy = elements<T>(random, c.y_dims());
  const bool at_end = random() % 2;
  ASSERT_TRUE(
      naive::same(run_hook<T>("max_pool", {{c.x_dims(), x}}, c.attrs(), c.y_dims(), at_end), naive_max_pool(c, x)))
      << c;
  if constexpr (std::is_floating_point_v<T>) {
    ASSERT_TRUE(
        naive::same(run_hook<T>("avg_pool", {{c.x_dims(), x}}, c.attrs(), c.y_dims(), at_end), naive_avg_pool(c, x)))
        << c;
    ASSERT_TRUE(naive::same(
        run_hook<T>("max_pool_gradient", {{c.x_dims(), x}, {c.y_dims(), dy}}, c.attrs(), c.x_dims(), at_end),
        naive_max_gradient(c, x, dy)))
        << c;
    Attrs attrs = c.attrs();
    const auto dims = c.x_dims();
    attrs.insert(attrs.begin(), ops::Dims(dims.begin(), dims.end()));
    ASSERT_TRUE(naive::same(run_hook<T>("avg_pool_gradient", {{c.y_dims(), dy}}, attrs, dims, at_end),
                            naive_avg_gradient(c, dy)))
        << c;
  }
}

TEST(Pool, FoldsTheTapsInsideTheImage) {
  std::mt19937 random(91);
  const auto pick = [&](std::initializer_list<int64_t> choices) { return choices.begin()[random() % choices.size()]; };
  for (int checked = 0; checked < 400;) {
    const Case c{pick({1, 1, 2, 3}),     pick({1, 2, 5, 8, 11}),
                 pick({1, 3, 6, 9, 20}), pick({1, 2, 3, 8, 16, 17, 33, 64, 65, 130}),
                 pick({1, 2, 3, 4, 7}),  pick({1, 2, 3, 4, 7}),
                 pick({1, 2, 3, 5}),     pick({1, 2, 3, 5}),
                 random() % 2 == 0};
    if (!c.is_valid())
      continue;
    expect_bits<float>(random, c);
    if (++checked % 2)
      expect_bits<double>(random, c);
    expect_bits<int32_t>(random, c);
    ASSERT_FALSE(HasFailure()) << c;
  }
}

TEST(Pool, IsTheSameOnSeveralThreads) {
  std::mt19937 random(92);
  const int before = thread_count();
  for (const int threads : {1, 3}) {
    set_thread_count(threads);
    expect_bits<float>(random, {2, 40, 41, 70, 3, 3, 2, 1, true});
  }
  set_thread_count(before);
}

TEST(Pool, OfNothingIsNothing) {
  std::mt19937 random(93);
  for (const Case &c : std::vector<Case>{
           {0, 3, 3, 2, 2, 2, 1, 1, false}, {2, 0, 3, 2, 2, 2, 1, 1, true}, {2, 3, 3, 0, 2, 2, 1, 1, false}})
    expect_bits<float>(random, c);
}

TEST(Pool, TakesStridesOfItsOwn) {
  const Tensor x = reshape(range(0, 6, 1, DType::f32), {1, 1, 6, 1});
  EXPECT_EQ(max_pool(x, {1, 2}).to_vector<float>(), (std::vector<float>{1, 3, 5}));
  EXPECT_EQ(max_pool(x, {1, 2}, {1, 1}).to_vector<float>(), (std::vector<float>{1, 2, 3, 4, 5}));
  EXPECT_EQ(avg_pool(x, {1, 4}, {}, "same").to_vector<float>(), (std::vector<float>{1, 4}));
  constexpr int64_t kLargest = (int64_t{1} << 31) - 1;
  EXPECT_EQ(max_pool(x, {kLargest, kLargest}, {}, "same").item<float>(), 5.0f);
  EXPECT_EQ(avg_pool(cast(x, DType::bf16), {1, 6}).dtype(), DType::bf16);
}

TEST(Pool, GradientsAgreeWithDifferences) {
  std::mt19937 random(94);
  for (const Case &c : std::vector<Case>{{1, 4, 5, 2, 2, 3, 1, 2, true}, {2, 5, 5, 3, 3, 2, 2, 1, false}}) {
    const auto x = naive::random_elements<double>(random, Shape(c.x_dims()).size(), 2);
    const auto weights = naive::random_elements<double>(random, Shape(c.y_dims()).size(), 2);
    const Tensor image = from_vector(x, Shape(c.x_dims())), dy = from_vector(weights, Shape(c.y_dims()));
    for (const char *op : {"max_pool", "avg_pool"}) {
      const auto loss = [&](const std::vector<double> &values) {
        const auto y = *op == 'm' ? naive_max_pool(c, values) : naive_avg_pool(c, values);
        return std::inner_product(y.begin(), y.end(), weights.begin(), 0.0);
      };
      const std::vector<double> got = test::vjp_of(op, {image}, c.attrs(), dy, dy)[0].to_vector<double>();
      for (size_t i = 0; i < got.size(); ++i) {
        auto above = x, below = x;
        above[i] += 1e-6;
        below[i] -= 1e-6;
        ASSERT_NEAR(got[i], (loss(above) - loss(below)) / 2e-6, 1e-7) << op << " " << c << " element " << i;
      }
    }
  }
}

TEST(Pool, PicksWhatItsGradientGives) {
  std::mt19937 random(96);
  for (const Case &c : std::vector<Case>{{1, 4, 5, 2, 2, 3, 1, 2, true}, {2, 5, 5, 3, 3, 2, 2, 1, false}}) {
    const auto random_f64 = [&](const std::vector<int64_t> &dims) {
      return from_vector(naive::random_elements<double>(random, Shape(dims).size(), 2), Shape(dims));
    };
    const Tensor x = random_f64(c.x_dims()), v = random_f64(c.x_dims()), dy = random_f64(c.y_dims());
    // The gradient of max_pool_gradient is its transpose, and the other way round.
    const Tensor spread_out = test::vjp_of("max_pool", {x}, c.attrs(), dy, dy).at(0);
    const Tensor picked = test::vjp_of("max_pool_gradient", {x, dy}, c.attrs(), v, v).at(1);
    EXPECT_EQ(picked.shape(), dy.shape());
    EXPECT_NEAR(reduce_sum(picked * dy).item<double>(), reduce_sum(v * spread_out).item<double>(), 1e-12);
    EXPECT_EQ(test::vjp_of("max_pool_pick", {x, v}, c.attrs(), dy, dy).at(1).to_vector<double>(),
              spread_out.to_vector<double>());
    EXPECT_EQ(test::vjp_of("max_pool_gradient", {x, dy}, c.attrs(), x, x).at(1).to_vector<double>(),
              max_pool(x, std::get<std::vector<int64_t>>(c.attrs()[0]), std::get<std::vector<int64_t>>(c.attrs()[1]),
                       std::get<std::string>(c.attrs()[2]))
                  .to_vector<double>());
  }
}

TEST(Pool, ServesUnknownExtentsWithOneTrace) {
  std::mt19937 random(95);
  const Attrs attrs{std::vector<int64_t>{3, 2}, std::vector<int64_t>{2, 2}, std::string("same")};
  const auto body = [&](Tensor x) {
    const Tensor most = max_pool(x, {3, 2}, {2, 2}, "same"), mean = avg_pool(x, {2, 3}, {1, 2}) * 2.0f;
    return std::vector<Tensor>{most, mean, test::vjp_of("max_pool", {x}, attrs, most, most)[0],
                               test::vjp_of("avg_pool", {x}, attrs, most, most)[0]};
  };
  const auto traced = function(body, {.input_signature = {spec<float>({dyn, dyn, dyn, dyn})}});
  for (const Shape &shape : {Shape({1, 3, 3, 2}), Shape({2, 8, 9, 17}), Shape({0, 5, 5, 3}), Shape({1, 7, 6, 3})}) {
    const Tensor x = naive::random_tensor<float>(random, shape);
    const auto eager = body(x), compiled = traced(x);
    for (size_t i = 0; i < eager.size(); ++i) {
      ASSERT_EQ(compiled[i].shape(), eager[i].shape());
      ASSERT_TRUE(naive::same(compiled[i].to_vector<float>(), eager[i].to_vector<float>())) << shape << " " << i;
    }
  }
  EXPECT_EQ(traced.trace_count(), 1);
  EXPECT_EQ(traced.stats().shape_fallbacks, 0);
}

TEST(Pool, SaysWhatIsWrong) {
  const Tensor x = zeros({1, 4, 5, 6});
  EXPECT_EQ(error_text([&] { max_pool(zeros({2, 3}), {2, 2}); }), "max_pool: x must have rank 4, got f32[2,3]");
  EXPECT_EQ(error_text([&] { max_pool(x, {0, 2}); }), "max_pool: window must be two numbers in [1, 2^31), got [0,2]");
  EXPECT_EQ(error_text([&] { avg_pool(x, std::vector<int64_t>{2}); }),
            "avg_pool: window must be two numbers in [1, 2^31), got [2]");
  EXPECT_EQ(error_text([&] { avg_pool(x, {2, 2}, {1, -1}); }),
            "avg_pool: strides must be two numbers in [1, 2^31), got [1,-1]");
  EXPECT_EQ(error_text([&] { max_pool(x, {5, 2}); }),
            "max_pool: the window must not be larger than the image, got f32[1,4,5,6] and window [5,2]");
  EXPECT_EQ(error_text([&] { max_pool(x, {2, 2}, {}, ""); }), "max_pool: padding must be same or valid, got \"\"");
  EXPECT_EQ(error_code([&] { avg_pool(zeros({1, 4, 4, 1}, DType::i32), {2, 2}); }), ErrorCode::dtype);
  EXPECT_EQ(error_code([&] { max_pool(zeros({1, 4, 4, 1}, DType::boolean), {2, 2}); }), ErrorCode::dtype);
}

} // namespace
} // namespace etch
