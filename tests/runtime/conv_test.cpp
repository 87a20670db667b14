// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Convolutions against plain loops that follow docs/numerics.md, section 7, word by word.
#include "tests/runtime/error_text.h"
#include "tests/runtime/hook_call.h"
#include "tests/runtime/naive.h"

#include <etch/etch.h>

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

namespace etch {
namespace {

using ops::Attrs;
using test::run_hook;

struct Extents {
  int64_t n, h, w, cin, kh, kw, cout;
};
struct Choices {
  int64_t stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1, groups = 1;
  bool same = false;
};
struct Case : Extents, Choices {
  static int64_t count(int64_t extent, int64_t taps, int64_t stride, int64_t dilation, bool same) {
    return same ? (extent + stride - 1) / stride : (extent - (taps - 1) * dilation - 1 + stride) / stride;
  }
  static int64_t pad(int64_t extent, int64_t taps, int64_t stride, int64_t dilation, bool same) {
    const int64_t total =
        (count(extent, taps, stride, dilation, same) - 1) * stride + (taps - 1) * dilation + 1 - extent;
    return same && total > 0 ? total / 2 : 0;
  }
  int64_t oh() const { return count(h, kh, stride_h, dilation_h, same); }
  int64_t ow() const { return count(w, kw, stride_w, dilation_w, same); }
  bool is_valid() const { return same || ((kh - 1) * dilation_h < h && (kw - 1) * dilation_w < w); }

  std::vector<int64_t> x_dims() const { return {n, h, w, cin}; }
  std::vector<int64_t> filter_dims() const { return {kh, kw, cin / groups, cout}; }
  std::vector<int64_t> y_dims() const { return {n, oh(), ow(), cout}; }
  Attrs attrs() const {
    return {std::vector<int64_t>{stride_h, stride_w}, std::string(same ? "same" : "valid"),
            std::vector<int64_t>{dilation_h, dilation_w}, ops::Dim(groups)};
  }
  Attrs gradient_attrs(const std::vector<int64_t> &shape) const {
    Attrs all = attrs();
    all.insert(all.begin(), ops::Dims(shape.begin(), shape.end()));
    return all;
  }

  size_t x_at(int64_t i, int64_t y, int64_t x, int64_t c) const {
    return static_cast<size_t>(((i * h + y) * w + x) * cin + c);
  }
  size_t f_at(int64_t y, int64_t x, int64_t c, int64_t o) const {
    return static_cast<size_t>(((y * kw + x) * (cin / groups) + c) * cout + o);
  }
  size_t y_at(int64_t i, int64_t y, int64_t x, int64_t o) const {
    return static_cast<size_t>(((i * oh() + y) * ow() + x) * cout + o);
  }
};

std::ostream &operator<<(std::ostream &out, const Case &c) {
  return out << "x " << Shape(c.x_dims()) << " filters " << Shape(c.filter_dims()) << " strides " << c.stride_h << ","
             << c.stride_w << " dilations " << c.dilation_h << "," << c.dilation_w << " groups " << c.groups
             << (c.same ? " same" : " valid");
}

/// Calls body(oh, ow, kh, kw, h, w) for each tap inside the image: taps fastest, or result pixels.
template <class Body>
void for_taps(const Case &c, int64_t oh, int64_t ow, const Body &body) {
  for (int64_t kh = 0; kh < c.kh; ++kh)
    for (int64_t kw = 0; kw < c.kw; ++kw) {
      const int64_t h = oh * c.stride_h + kh * c.dilation_h - Case::pad(c.h, c.kh, c.stride_h, c.dilation_h, c.same);
      const int64_t w = ow * c.stride_w + kw * c.dilation_w - Case::pad(c.w, c.kw, c.stride_w, c.dilation_w, c.same);
      if (h >= 0 && h < c.h && w >= 0 && w < c.w)
        body(kh, kw, h, w);
    }
}

/// One chain: −0 at first, +0 if nothing is added.
template <class T>
class Chain {
public:
  void add(T a, T b) {
    value_ = std::fma(a, b, value_);
    is_empty_ = false;
  }
  T value() const { return is_empty_ ? T{0} : value_; }

private:
  T value_ = static_cast<T>(-0.0);
  bool is_empty_ = true;
};

template <class T>
std::vector<T> values_of(const std::vector<Chain<T>> &chains) {
  std::vector<T> values;
  for (const Chain<T> &chain : chains)
    values.push_back(chain.value());
  return values;
}

template <class T>
std::vector<T> naive_conv2d(const Case &c, const std::vector<T> &x, const std::vector<T> &f) {
  std::vector<Chain<T>> y(static_cast<size_t>(Shape(c.y_dims()).size()));
  const int64_t cg = c.cin / c.groups, og = c.cout / c.groups;
  for (int64_t n = 0; n < c.n; ++n)
    for (int64_t oh = 0; oh < c.oh(); ++oh)
      for (int64_t ow = 0; ow < c.ow(); ++ow)
        for (int64_t o = 0; o < c.cout; ++o)
          for_taps(c, oh, ow, [&](int64_t kh, int64_t kw, int64_t h, int64_t w) {
            for (int64_t i = 0; i < cg; ++i)
              y[c.y_at(n, oh, ow, o)].add(x[c.x_at(n, h, w, o / og * cg + i)], f[c.f_at(kh, kw, i, o)]);
          });
  return values_of(y);
}

// For each image element the chain runs over (kh, kw, cout): taps outermost.
template <class T>
std::vector<T> naive_image_gradient(const Case &c, const std::vector<T> &dy, const std::vector<T> &f) {
  std::vector<Chain<T>> dx(static_cast<size_t>(Shape(c.x_dims()).size()));
  const int64_t cg = c.cin / c.groups, og = c.cout / c.groups;
  for (int64_t tap = 0; tap < c.kh * c.kw; ++tap)
    for (int64_t n = 0; n < c.n; ++n)
      for (int64_t oh = 0; oh < c.oh(); ++oh)
        for (int64_t ow = 0; ow < c.ow(); ++ow)
          for_taps(c, oh, ow, [&](int64_t kh, int64_t kw, int64_t h, int64_t w) {
            if (kh * c.kw + kw != tap)
              return;
            for (int64_t i = 0; i < c.cin; ++i)
              for (int64_t o = i / cg * og; o < (i / cg + 1) * og; ++o)
                dx[c.x_at(n, h, w, i)].add(dy[c.y_at(n, oh, ow, o)], f[c.f_at(kh, kw, i % cg, o)]);
          });
  return values_of(dx);
}

// For each filter element the chain runs over (n, oh, ow).
template <class T>
std::vector<T> naive_filter_gradient(const Case &c, const std::vector<T> &x, const std::vector<T> &dy) {
  std::vector<Chain<T>> df(static_cast<size_t>(Shape(c.filter_dims()).size()));
  const int64_t cg = c.cin / c.groups, og = c.cout / c.groups;
  for (int64_t n = 0; n < c.n; ++n)
    for (int64_t oh = 0; oh < c.oh(); ++oh)
      for (int64_t ow = 0; ow < c.ow(); ++ow)
        for_taps(c, oh, ow, [&](int64_t kh, int64_t kw, int64_t h, int64_t w) {
          for (int64_t o = 0; o < c.cout; ++o)
            for (int64_t i = 0; i < cg; ++i)
              df[c.f_at(kh, kw, i, o)].add(x[c.x_at(n, h, w, o / og * cg + i)], dy[c.y_at(n, oh, ow, o)]);
        });
  return values_of(df);
}

/// Mostly small numbers; zeros of both signs, and where `wild` infinities and NaN.
template <class T>
std::vector<T> elements(std::mt19937 &random, const std::vector<int64_t> &dims, bool wild) {
  std::vector<T> values = naive::random_elements<T>(random, Shape(dims).size(), 3);
  for (T &value : values)
    if (const auto choice = random() % (wild ? 40 : 400); choice < 5) {
      const T special[] = {T(-0.0), T(0), std::numeric_limits<T>::denorm_min(), std::numeric_limits<T>::infinity(),
                           std::numeric_limits<T>::quiet_NaN()};
      value = special[wild ? choice : choice % 3];
    }
  return values;
}

template <class T>
void expect_bits(std::mt19937 &random, const Case &c, bool wild) {
  const auto x = elements<T>(random, c.x_dims(), wild), f = elements<T>(random, c.filter_dims(), wild);
  const auto dy = elements<T>(random, c.y_dims(), wild);
  const bool at_end = random() % 2;
  ASSERT_TRUE(naive::same(run_hook<T>("conv2d", {{c.x_dims(), x}, {c.filter_dims(), f}}, c.attrs(), c.y_dims(), at_end),
                          naive_conv2d(c, x, f)))
      << c;
  ASSERT_TRUE(naive::same(run_hook<T>("conv2d_image_gradient", {{c.y_dims(), dy}, {c.filter_dims(), f}},
                                      c.gradient_attrs(c.x_dims()), c.x_dims(), at_end),
                          naive_image_gradient(c, dy, f)))
      << "image gradient, " << c;
  ASSERT_TRUE(naive::same(run_hook<T>("conv2d_filter_gradient", {{c.x_dims(), x}, {c.y_dims(), dy}},
                                      c.gradient_attrs(c.filter_dims()), c.filter_dims(), at_end),
                          naive_filter_gradient(c, x, dy)))
      << "filter gradient, " << c;
}

Case random_case(std::mt19937 &random) {
  const auto pick = [&](std::initializer_list<int64_t> choices) { return choices.begin()[random() % choices.size()]; };
  Case c;
  c.n = pick({1, 1, 2, 3});
  c.h = pick({1, 2, 3, 5, 7, 9});
  c.w = pick({1, 2, 3, 5, 8, 13, 20});
  c.kh = pick({1, 2, 3, 3, 5});
  c.kw = pick({1, 2, 3, 3, 5});
  c.stride_h = pick({1, 1, 2, 3});
  c.stride_w = pick({1, 1, 2, 3});
  c.dilation_h = pick({1, 1, 1, 2, 3});
  c.dilation_w = pick({1, 1, 1, 2, 3});
  c.groups = pick({1, 1, 1, 2, 3});
  c.cin = c.groups * pick({1, 2, 3, 4, 7, 16, 17, 33, 50, 70});
  c.cout = c.groups * pick({1, 2, 3, 8, 15, 16, 17, 31, 33, 64, 65, 70});
  if (random() % 5 == 0)
    c.groups = c.cout = c.cin; // a filter for each channel
  else if (random() % 12 == 0)
    c.cout = 2 * (c.groups = c.cin);
  c.same = random() % 2;
  return c;
}

TEST(Conv2d, IsOneChainPerElement) {
  std::mt19937 random(71);
  int checked = 0;
  while (checked < 250) {
    const Case c = random_case(random);
    if (!c.is_valid() || c.n * c.oh() * c.ow() * c.cout * c.kh * c.kw * (c.cin / c.groups) > 1 << 20)
      continue;
    expect_bits<float>(random, c, ++checked % 3 == 0);
    if (checked % 3 == 1)
      expect_bits<double>(random, c, checked % 2);
    ASSERT_FALSE(HasFailure()) << c;
  }
}

TEST(Conv2d, IsOneChainForEveryCountOfChannels) {
  std::mt19937 random(72);
  for (int64_t channels = 1; channels <= 70; ++channels) {
    expect_bits<float>(random, {{1, 3, 5, 2, 2, 3, channels}, {.same = true}}, false);
    expect_bits<float>(random, {{1, 3, 5, channels, 2, 3, 3}, {}}, false);
    expect_bits<float>(random, {{1, 3, 9, channels, 3, 3, channels}, {.groups = channels, .same = true}}, true);
    expect_bits<double>(random, {{1, 2, 7, channels, 1, 2, channels}, {.groups = channels}}, false);
  }
}

// More pixels than a tile, more channels than a panel.
TEST(Conv2d, IsOneChainBeyondOneTile) {
  std::mt19937 random(73);
  for (const Case &c : std::vector<Case>{{{1, 2, 600, 3, 2, 3, 5}, {.same = true}},
                                         {{1, 40, 30, 2, 3, 3, 66}, {.stride_h = 2, .same = true}},
                                         {{1, 3, 3, 300, 2, 2, 130}, {}},
                                         {{2, 4, 5, 130, 3, 3, 260}, {.same = true}},
                                         {{1, 1, 1, 513, 1, 1, 200}, {}},
                                         {{1, 5, 300, 65, 1, 2, 2}, {.stride_w = 3, .dilation_w = 40, .groups = 1}},
                                         {{1, 3, 4, 260, 2, 2, 260}, {.groups = 2}}}) {
    expect_bits<float>(random, c, false);
    expect_bits<double>(random, c, true);
  }
}

TEST(Conv2d, OfNothingIsNothing) {
  std::mt19937 random(74);
  for (const Case &c : std::vector<Case>{{{0, 3, 4, 2, 2, 2, 3}, {}},
                                         {{2, 0, 4, 2, 2, 2, 3}, {.same = true}},
                                         {{2, 3, 4, 0, 2, 2, 3}, {.same = true}},
                                         {{2, 3, 4, 2, 2, 2, 0}, {}},
                                         {{2, 3, 4, 0, 2, 2, 0}, {.groups = 2}}}) {
    expect_bits<float>(random, c, false);
    expect_bits<double>(random, c, false);
  }
  EXPECT_EQ(conv2d(ones({2, 3, 3, 0}), ones({2, 2, 0, 1})).to_vector<float>(), std::vector<float>(8, 0.0f));
  EXPECT_EQ(depthwise_conv2d(ones({2, 3, 3, 0}), ones({2, 2, 0, 5})).shape(), Shape({2, 2, 2, 0}));
}

// Tap 0 of the first window and tap 1 of the second are inside; neither of another pair is.
TEST(Conv2d, WithoutTapsIsPlusZero) {
  std::mt19937 random(75);
  const Case c{{1, 1, 3, 1, 1, 2, 1}, {.dilation_w = 5, .same = true}};
  expect_bits<float>(random, c, true);
  const Tensor y = conv2d(full({1, 1, 3, 1}, -1.0f), full({1, 2, 1, 1}, -0.0f), {1, 1}, "same", {1, 5});
  const std::vector<float> got = y.to_vector<float>();
  EXPECT_EQ(std::signbit(got[0]), false);
  EXPECT_TRUE(naive::same(got, naive_conv2d<float>(c, {-1, -1, -1}, {-0.0f, -0.0f})));
}

TEST(Conv2d, SkipsWhatIsOutside) {
  const float inf = std::numeric_limits<float>::infinity();
  const Tensor x = full({1, 2, 2, 1}, 1.0f),
               filters = from_vector(std::vector<float>{inf, 0, 0, 1, 0, 0, 0, 0, 0}, Shape({3, 3, 1, 1}));
  EXPECT_EQ(conv2d(x, filters, {1, 1}, "same").to_vector<float>()[0], 0.0f);
  const Tensor minus = conv2d(full({1, 1, 1, 1}, -0.0f), ones({3, 3, 1, 1}), {1, 1}, "same");
  EXPECT_TRUE(std::signbit(minus.item<float>()));
}

TEST(Conv2d, HalvesAccumulateInSingles) {
  std::mt19937 random(76);
  const Tensor x = cast(naive::random_tensor<float>(random, Shape({1, 5, 5, 9}), 2), DType::f16);
  const Tensor f = cast(naive::random_tensor<float>(random, Shape({3, 3, 9, 4}), 2), DType::f16);
  const Tensor want = cast(conv2d(cast(x, DType::f32), cast(f, DType::f32)), DType::f16);
  EXPECT_EQ(cast(conv2d(x, f), DType::f32).to_vector<float>(), cast(want, DType::f32).to_vector<float>());
}

TEST(Conv2d, DepthwiseHasResultsOfAChannelTogether) {
  std::mt19937 random(77);
  const Tensor x = naive::random_tensor<float>(random, Shape({2, 5, 6, 3}));
  const Tensor f = naive::random_tensor<float>(random, Shape({2, 3, 3, 2}));
  const std::vector<Tensor> channels = split(x, 3, 3), filters = split(f, 3, 2);
  std::vector<Tensor> each;
  for (size_t i = 0; i < 3; ++i)
    each.push_back(conv2d(channels[i], filters[i], {2, 1}, "same"));
  EXPECT_EQ(depthwise_conv2d(x, f, {2, 1}, "same").to_vector<float>(), concat(each, 3).to_vector<float>());
}

TEST(Conv2d, IsTheSameOnSeveralThreads) {
  std::mt19937 random(78);
  const int before = thread_count();
  for (const int threads : {1, 3}) {
    set_thread_count(threads);
    expect_bits<float>(random, {{2, 30, 17, 20, 3, 3, 70}, {.same = true}}, false);
    expect_bits<float>(random, {{2, 30, 17, 40, 3, 3, 40}, {.stride_h = 2, .groups = 40, .same = true}}, false);
  }
  set_thread_count(before);
}

// A sum weighted at random, in f64, moved along each operand's elements.
TEST(Conv2d, GradientsAgreeWithDifferences) {
  std::mt19937 random(79);
  for (const Case &c : std::vector<Case>{{{1, 4, 5, 2, 2, 3, 3}, {.same = true}},
                                         {{2, 5, 4, 4, 2, 2, 2}, {.stride_h = 2, .dilation_w = 2, .groups = 2}},
                                         {{1, 5, 5, 3, 3, 3, 3}, {.stride_w = 2, .groups = 3, .same = true}}}) {
    const auto x = naive::random_elements<double>(random, Shape(c.x_dims()).size(), 2);
    const auto f = naive::random_elements<double>(random, Shape(c.filter_dims()).size(), 2);
    const auto weights = naive::random_elements<double>(random, Shape(c.y_dims()).size(), 2);
    const auto loss = [&](const std::vector<double> &image, const std::vector<double> &filters) {
      const std::vector<double> y = naive_conv2d(c, image, filters);
      return std::inner_product(y.begin(), y.end(), weights.begin(), 0.0);
    };
    const Tensor dy = from_vector(weights, Shape(c.y_dims()));
    const std::vector<Tensor> operands{from_vector(x, Shape(c.x_dims())), from_vector(f, Shape(c.filter_dims()))};
    const auto gradients = test::vjp_of("conv2d", operands, c.attrs(), dy, dy);
    for (size_t operand = 0; operand < 2; ++operand) {
      const std::vector<double> got = gradients[operand].to_vector<double>();
      for (size_t i = 0; i < got.size(); ++i) {
        auto above = operand ? f : x, below = above;
        above[i] += 0.5;
        below[i] -= 0.5;
        const double want = operand ? loss(x, above) - loss(x, below) : loss(above, f) - loss(below, f);
        ASSERT_NEAR(got[i], want, 1e-10) << c << " operand " << operand << " element " << i;
      }
    }
  }
}

/// Eager results and those of a function traced for images of unknown extents.
void expect_compiled(const std::function<Tensor(const Tensor &)> &body, const std::vector<Shape> &shapes) {
  std::mt19937 random(80);
  const auto traced =
      function([&](Tensor x) { return body(x); }, {.input_signature = {spec<float>({dyn, dyn, dyn, dyn})}});
  for (const Shape &shape : shapes) {
    const Tensor x = naive::random_tensor<float>(random, shape);
    const Tensor eager = body(x), compiled = traced(x);
    ASSERT_EQ(compiled.shape(), eager.shape());
    ASSERT_TRUE(naive::same(compiled.to_vector<float>(), eager.to_vector<float>())) << shape;
  }
  EXPECT_EQ(traced.trace_count(), 1);
  EXPECT_EQ(traced.stats().shape_fallbacks, 0);
}

TEST(Conv2d, ServesUnknownExtentsWithOneTrace) {
  std::mt19937 random(81);
  const Tensor f = naive::random_tensor<float>(random, Shape({3, 2, 3, 5}));
  const std::vector<Shape> shapes{Shape({1, 3, 2, 3}), Shape({2, 8, 9, 3}), Shape({0, 5, 5, 3}), Shape({1, 7, 6, 3})};
  for (const char *padding : {"same", "valid"})
    expect_compiled([&](const Tensor &x) { return conv2d(x, f, {2, 3}, padding); }, shapes);
  const Tensor each = naive::random_tensor<float>(random, Shape({2, 2, 4, 2}));
  expect_compiled([&](const Tensor &x) { return depthwise_conv2d(x, each, {1, 2}, "same"); },
                  {Shape({1, 3, 2, 4}), Shape({2, 4, 9, 4})});
}

TEST(Conv2d, GradientsServeUnknownExtentsWithOneTrace) {
  std::mt19937 random(82);
  const Tensor f = naive::random_tensor<float>(random, Shape({3, 2, 3, 5}));
  for (const char *padding : {"same", "valid"})
    for (const size_t operand : {0, 1})
      expect_compiled(
          [&](const Tensor &x) {
            const Tensor y = conv2d(x, f, {2, 1}, padding);
            const Attrs attrs{std::vector<int64_t>{2, 1}, std::string(padding), std::vector<int64_t>{1, 1},
                              ops::Dim(1)};
            return test::vjp_of("conv2d", {x, f}, attrs, y, y)[operand];
          },
          {Shape({1, 3, 2, 3}), Shape({2, 8, 9, 3}), Shape({1, 7, 6, 3})});
}

TEST(Conv2d, SaysWhatIsWrong) {
  const Tensor x = zeros({1, 4, 5, 6}), f = zeros({3, 3, 6, 8});
  EXPECT_EQ(error_text([&] { conv2d(zeros({2, 3}), f); }),
            "conv2d: x and filters must have rank 4, got x: f32[2,3] and filters: f32[3,3,6,8]");
  EXPECT_EQ(error_text([&] { conv2d(x, zeros({3, 3, 5, 8})); }),
            "conv2d: the channels of x must be those of filters, got x: f32[1,4,5,6] and filters: f32[3,3,5,8]");
  EXPECT_EQ(error_text([&] { conv2d(x, f, {1, 1}, "valid", {1, 1}, 2); }),
            "conv2d: the channels of x must be groups times those of filters, got x: f32[1,4,5,6] and filters: "
            "f32[3,3,6,8] and groups 2");
  EXPECT_EQ(error_text([&] { conv2d(x, zeros({3, 3, 2, 8}), {1, 1}, "valid", {1, 1}, 3); }),
            "conv2d: groups must divide the last dimension of filters, got x: f32[1,4,5,6] and filters: f32[3,3,2,8] "
            "and groups 3");
  for (const int64_t groups : {int64_t{0}, int64_t{-3}, std::numeric_limits<int64_t>::min()})
    EXPECT_EQ(error_text([&] { conv2d(x, f, {1, 1}, "valid", {1, 1}, groups); }),
              "conv2d: groups must be 1 or more, got " + std::to_string(groups));
  EXPECT_EQ(error_text([&] { conv2d(x, f, {1, 1}, "valid", {1, 1}, std::numeric_limits<int64_t>::max()); }),
            "conv2d: dimensions must fit in 63 bits, got 9223372036854775807 * 6");
  EXPECT_EQ(error_text([&] { conv2d(x, f, {0, 1}); }), "conv2d: strides must be two numbers in [1, 2^31), got [0,1]");
  EXPECT_EQ(error_text([&] { conv2d(x, f, std::vector<int64_t>{2}); }),
            "conv2d: strides must be two numbers in [1, 2^31), got [2]");
  EXPECT_EQ(error_text([&] { conv2d(x, f, {1, int64_t{1} << 31}); }),
            "conv2d: strides must be two numbers in [1, 2^31), got [1,2147483648]");
  EXPECT_EQ(error_text([&] { conv2d(x, f, {1, 1}, "valid", {1, -1}); }),
            "conv2d: dilations must be two numbers in [1, 2^31), got [1,-1]");
  EXPECT_EQ(error_text([&] { conv2d(x, f, {1, 1}, "full"); }), "conv2d: padding must be same or valid, got \"full\"");
  EXPECT_EQ(error_text([&] { conv2d(x, zeros({5, 3, 6, 8})); }),
            "conv2d: the window must not be larger than the image, got x: f32[1,4,5,6] and filters: f32[5,3,6,8]");
  EXPECT_EQ(error_text([&] { conv2d(x, f, {1, 1}, "valid", {1, 3}); }),
            "conv2d: the window must not be larger than the image, got x: f32[1,4,5,6] and filters: f32[3,3,6,8] and "
            "dilations [1,3]");
  EXPECT_EQ(error_text([&] { conv2d(x, zeros({0, 3, 6, 8})); }),
            "conv2d: the height and width of filters must be in [1, 2^31), got x: f32[1,4,5,6] and filters: "
            "f32[0,3,6,8]");
  EXPECT_EQ(error_text([&] { conv2d(zeros({1, 4, 5, 0}), zeros({int64_t{1} << 40, 3, 0, 8}), {1, 1}, "same"); }),
            "conv2d: the height and width of filters must be in [1, 2^31), got x: f32[1,4,5,0] and filters: "
            "f32[1099511627776,3,0,8]");
  EXPECT_EQ(error_text([&] { depthwise_conv2d(x, zeros({3, 3, 5, 1})); }),
            "depthwise_conv2d: the channels of x must be those of filters, got x: f32[1,4,5,6] and filters: "
            "f32[3,3,5,1]");
  EXPECT_EQ(error_text([&] { depthwise_conv2d(x, zeros({9, 3, 6, 1})); }),
            "depthwise_conv2d: the window must not be larger than the image, got x: f32[1,4,5,6] and filters: "
            "f32[9,3,6,1]");
}

TEST(Conv2d, TakesTheLargestStridesAndDilations) {
  constexpr int64_t kLargest = (int64_t{1} << 31) - 1;
  EXPECT_EQ(conv2d(ones({1, 4, 5, 1}), ones({2, 3, 1, 1}), {kLargest, kLargest}, "same", {kLargest, kLargest}).shape(),
            Shape({1, 1, 1, 1}));
  EXPECT_EQ(conv2d(ones({1, 4, 5, 1}), ones({2, 3, 1, 1}), {kLargest, 1}).to_vector<float>(),
            std::vector<float>(3, 6.0f));
}

} // namespace
} // namespace etch
