// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Gradients of the user's own, and those of what is computed again: eagerly, inside traced functions and around them.
#include "tests/tracer/bits.h"

#include <etch/etch.h>

#include <cmath>
#include <functional>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

namespace etch::test {
namespace {

/// Where a gradient is computed: eagerly, in a traced function, or around one.
enum class Way { eager, inside, around };

class CustomGradients : public testing::TestWithParam<Way> {
protected:
  template <class F>
  auto inner(F f) const {
    return function(std::move(f), {.run_eagerly = GetParam() != Way::around});
  }
  template <class F>
  auto outer(F f) const {
    return function(std::move(f), {.run_eagerly = GetParam() != Way::inside});
  }
};

INSTANTIATE_TEST_SUITE_P(
    Of, CustomGradients, testing::Values(Way::eager, Way::inside, Way::around), [](const auto &info) {
      return std::string(info.param == Way::eager ? "Eager" : info.param == Way::inside ? "Inside" : "Around");
    });

/// log(1 + e^x), whose own gradient has no infinity in it.
auto log1pexp() {
  return custom_gradient([](const Tensor &x) {
    const Tensor e = exp(x);
    return std::pair(log(1.0 + e), [e](const Tensor &dy) { return dy * (1.0 - 1.0 / (1.0 + e)); });
  });
}

TEST_P(CustomGradients, TakeThePlaceOfThoseOfTheOperations) {
  const auto f = inner([](Tensor x) { return log1pexp()(x); });
  const auto slope = outer([&](Tensor x) {
    GradientTape tape;
    tape.watch(x);
    return tape.gradient(f(x), x);
  });
  EXPECT_EQ(slope(constant(100.0f)).item<float>(), 1.0f) << "the operations give NaN";
  EXPECT_FLOAT_EQ(slope(constant(0.0f)).item<float>(), 0.5f);
}

TEST_P(CustomGradients, HaveGradientsInTurn) {
  const auto f = inner([](Tensor x) { return log1pexp()(x); });
  const auto curvature = outer([&](Tensor x) {
    GradientTape second;
    second.watch(x);
    GradientTape first;
    first.watch(x);
    return second.gradient(first.gradient(f(x), x), x);
  });
  const double x = 0.3, s = 1 / (1 + std::exp(-x));
  EXPECT_NEAR(curvature(constant(x)).item<double>(), s * (1 - s), 1e-15);
}

TEST_P(CustomGradients, PassWhereOperationsPassNone) {
  const auto straight_through =
      custom_gradient([](const Tensor &x) { return std::pair(round(x), [](const Tensor &dy) { return dy; }); });
  const auto f = inner([&](Tensor x) { return reduce_sum(straight_through(x * 3.0f) * constant({1.0f, 2.0f})); });
  const auto slope = outer([&](Tensor x) {
    GradientTape tape;
    tape.watch(x);
    return tape.gradient(f(x), x);
  });
  EXPECT_TRUE(same_bits(slope(constant({0.2f, 0.9f})), constant({3.0f, 6.0f})));
}

TEST_P(CustomGradients, OfSeveralArgumentsAndResults) {
  const Variable w(constant({2.0f, 5.0f}), "w");
  const auto op = custom_gradient([](const Tensor &x, const Variable &v, float scale) {
    const Tensor read = v.value();
    return std::pair(std::vector<Tensor>{x * read, x + scale}, [x, read](const std::vector<Tensor> &dys) {
      return std::tuple(dys[0] * read * 10.0f + dys[1], dys[0] * x * 100.0f, 0.0f);
    });
  });
  const auto f = inner([&](Tensor x) {
    const std::vector<Tensor> results = op(x, w, 1.0f);
    return results[0];
  });
  const auto gradients = outer([&](Tensor x) {
    GradientTape tape;
    tape.watch(x);
    const auto [dx, dw] = tape.gradient(f(x), x, w);
    return std::vector<Tensor>{dx, dw};
  });
  const std::vector<Tensor> got = gradients(constant({3.0f, 4.0f}));
  EXPECT_TRUE(same_bits(got[0], constant({20.0f, 50.0f}))) << "the other result's gradient is zeros";
  EXPECT_TRUE(same_bits(got[1], constant({300.0f, 400.0f})));
}

TEST_P(CustomGradients, SayWhatIsWrongWithThem) {
  const auto text_of = [&](auto op) {
    const auto f = inner([&](Tensor x) { return op(x); });
    const auto slope = outer([&](Tensor x) {
      GradientTape tape;
      tape.watch(x);
      return tape.gradient(f(x), x);
    });
    return error_of([&] { slope(ones({2})); }).summary();
  };
  EXPECT_EQ(text_of(custom_gradient(
                [](const Tensor &x) { return std::pair(x * 2.0f, [](const Tensor &) { return ones({3}); }); })),
            "custom_gradient: a gradient must have the shape of its argument, got f32[3] for f32[2]");
  EXPECT_EQ(text_of(custom_gradient([](const Tensor &x) {
              return std::pair(x * 2.0f, [](const Tensor &dy) { return cast(dy, DType::f64); });
            })),
            "custom_gradient: a gradient must have the dtype of its argument, got f64[2] for f32[2]");
  EXPECT_EQ(
      text_of(custom_gradient(
          [](const Tensor &x) { return std::pair(x * 2.0f, [](const Tensor &dy) { return std::tuple(dy, dy); }); })),
      "custom_gradient: there must be one gradient for each tensor and Variable among the arguments, got 2 for 1");
}

TEST(CustomGradientErrors, WaitUntilTheGradientIsAsked) {
  const auto op = custom_gradient([](const Tensor &x) {
    return std::pair(x * 2.0f, [](const Tensor &) -> Tensor { throw Error(ErrorCode::unsupported, "no gradient"); });
  });
  const auto f = function([&](Tensor x) { return op(x); });
  const Tensor x = ones({2});
  EXPECT_TRUE(same_bits(f(x), full({2}, 2.0f)));
  GradientTape tape;
  tape.watch(x);
  const Tensor y = f(x);
  EXPECT_EQ(error_of([&] { tape.gradient(y, x); }).summary(), "no gradient");
}

TEST_P(CustomGradients, OfFunctionsInFunctionsAndOpenExtents) {
  const auto leaf = function([](Tensor x) { return log1pexp()(x); }, {.run_eagerly = GetParam() == Way::eager});
  const auto f = function([&](Tensor x) { return leaf(x * 0.5) * x; },
                          {.input_signature = {spec<double>({dyn})}, .run_eagerly = GetParam() == Way::eager});
  for (const int64_t size : {1, 3, 8}) {
    const Tensor x = cast(ramp({size}), DType::f64) - 2.0;
    GradientTape tape({.persistent = true});
    tape.watch(x);
    const Tensor dx = tape.gradient(f(x), x), dxx = tape.gradient(dx, x);
    const Tensor s = sigmoid(x * 0.5);
    const std::vector<double> got = dx.to_vector<double>(),
                              expected = (log(1.0 + exp(x * 0.5)) + x * 0.5 * s).to_vector<double>();
    const std::vector<double> got2 = dxx.to_vector<double>(),
                              expected2 = (s + x * 0.25 * s * (1.0 - s)).to_vector<double>();
    for (size_t i = 0; i < got.size(); ++i) {
      EXPECT_NEAR(got[i], expected[i], 1e-14);
      EXPECT_NEAR(got2[i], expected2[i], 1e-14);
    }
  }
}

Tensor block(const Tensor &x, const Variable &w) { return tanh(matmul(x, w)) * sigmoid(x); }

TEST_P(CustomGradients, AreEqualWhereValuesAreComputedAgain) {
  const Variable w(sin(ramp({4, 4}) * 3.0f), "w");
  int runs = 0;
  const auto again = recompute_grad([&](const Tensor &x) {
    ++runs;
    return block(x, w);
  });
  const auto gradients_of = [&](auto model) {
    const auto f = inner([model](Tensor x) { return reduce_sum(model(model(x))); });
    return outer([f, w](Tensor x) {
      GradientTape tape;
      tape.watch(x);
      const auto [dx, dw] = tape.gradient(f(x), x, w);
      return std::vector<Tensor>{dx, dw};
    });
  };
  const Tensor x = cos(ramp({3, 4}));
  const std::vector<Tensor> plain = gradients_of([&](const Tensor &t) { return block(t, w); })(x);
  const std::vector<Tensor> got = gradients_of(again)(x);
  EXPECT_GE(runs, 4) << "twice forward and twice again";
  for (size_t i = 0; i < plain.size(); ++i) {
    const std::vector<float> a = plain[i].to_vector<float>(), b = got[i].to_vector<float>();
    for (size_t k = 0; k < a.size(); ++k)
      EXPECT_NEAR(a[k], b[k], 1e-5f) << i;
  }
}

TEST_P(CustomGradients, ThatReadVariablesAmongTheArguments) {
  const Variable w(constant({2.0f, 5.0f}), "w");
  const auto op = custom_gradient([](const Tensor &a, const Variable &q) {
    return std::pair(a * q, [a, q](const Tensor &dy) { return std::tuple(dy * q, dy * a * 3.0f); });
  });
  const auto unread = custom_gradient([](const Tensor &a, const Variable &) {
    return std::pair(a * 2.0f, [a](const Tensor &dy) { return std::tuple(dy * 3.0f, dy * a); });
  });
  const auto f = inner([&](Tensor x, Variable q) { return op(x, q) + unread(x, q); });
  const Tensor x = constant({3.0f, 4.0f});
  GradientTape tape;
  tape.watch(x);
  const auto [dx, dw] = tape.gradient(f(x, w), x, w);
  EXPECT_TRUE(same_bits(dx, constant({5.0f, 8.0f})));
  EXPECT_TRUE(same_bits(dw, constant({12.0f, 16.0f})));
}

TEST_P(CustomGradients, MayUseThemselves) {
  std::function<Tensor(const Tensor &)> e;
  e = custom_gradient(
      [&](const Tensor &a) { return std::pair(exp(a), [&e, a](const Tensor &dy) { return dy * e(a); }); });
  const auto f = inner([&](Tensor x) { return e(x); });
  const auto third = outer([&](Tensor x) {
    GradientTape tape({.persistent = true});
    tape.watch(x);
    Tensor y = f(x);
    for (int order = 0; order < 3; ++order)
      y = tape.gradient(y, x);
    return y;
  });
  EXPECT_NEAR(third(constant(0.5)).item<double>(), std::exp(0.5), 1e-15);
}

TEST_P(CustomGradients, HideWhatTheyAreMadeOf) {
  const Variable w(constant({2.0f, 5.0f}), "w");
  const auto op =
      custom_gradient([&](const Tensor &a) { return std::pair(a * w, [](const Tensor &dy) { return dy; }); });
  const auto f = inner([&](Tensor x) { return op(x); });
  const auto gradient = outer([&](Tensor x) {
    GradientTape tape;
    EXPECT_FALSE(tape.gradient(f(x), w).defined());
    return x;
  });
  gradient(ones({2}));
}

TEST_P(CustomGradients, AreNotWhatCutsGradients) {
  const auto op = custom_gradient(
      [&](const Tensor &a) { return std::pair(floor(a) + ceil(a), [](const Tensor &dy) { return dy; }); });
  const auto f = inner([&](Tensor x) { return round(op(x) * 2.0f); });
  const auto gradient = outer([&](Tensor x) {
    GradientTape tape;
    tape.watch(x);
    const Tensor y = f(x);
    return tape.gradient(y, x, GradientOptions{.unconnected = Unconnected::raise});
  });
  const std::string text = error_of([&] { gradient(ones({2})); }).summary();
  EXPECT_NE(text.find("round at "), std::string::npos) << text;
}

TEST_P(CustomGradients, MayReadLateAndAskForExtents) {
  Tensor scale = constant({1.0f, 2.0f});
  const auto op = custom_gradient([&](const Tensor &a) {
    return std::pair(a * 2.0f, [&](const Tensor &dy) {
      return dy * late([&] { return scale; }) * static_cast<float>(dy.shape()[0]);
    });
  });
  const auto f =
      function([&](Tensor x) { return op(x); }, {.shapes = Shapes::rank, .run_eagerly = GetParam() == Way::eager});
  const Tensor x = ones({2});
  GradientTape tape;
  tape.watch(x);
  const Tensor y = f(x);
  EXPECT_TRUE(same_bits(tape.gradient(y, x), constant({2.0f, 4.0f})));
}

TEST_P(CustomGradients, OfVariablesAmongTheArgumentsWhereValuesAreComputedAgain) {
  const Variable w(constant({2.0f, 5.0f}), "w");
  const auto op = recompute_grad([](const Tensor &a, const Variable &q) { return a * q * q; });
  const auto f = inner([&](Tensor x, Variable q) { return op(x, q); });
  const Tensor x = constant({3.0f, 4.0f});
  GradientTape tape;
  EXPECT_TRUE(same_bits(tape.gradient(f(x, w), w), constant({12.0f, 40.0f})));
}

TEST(RecomputedGradients, HaveTheSameBitsEachWay) {
  const Variable w(sin(ramp({4, 4}) * 3.0f), "w");
  const auto model = recompute_grad([&](const Tensor &x) { return block(x, w); });
  const auto gradient = [&](auto f, const Tensor &x) {
    GradientTape tape;
    tape.watch(x);
    const auto [dx, dw] = tape.gradient(reduce_sum(f(f(x))), x, w);
    return std::vector<Tensor>{dx, dw};
  };
  const Tensor x = cos(ramp({3, 4}));
  const std::vector<Tensor> eager = gradient(model, x);
  const std::vector<Tensor> around = gradient(function([&](Tensor t) { return model(t); }), x);
  const std::vector<Tensor> inside = function([&](Tensor t) { return gradient(model, t); })(x);
  for (size_t i = 0; i < eager.size(); ++i) {
    EXPECT_TRUE(same_bits(around[i], eager[i])) << i;
    EXPECT_TRUE(same_bits(inside[i], eager[i])) << i;
  }
}

TEST(RecomputedGradients, KeepNoIntermediateValues) {
  const auto chain = [](const Tensor &x) {
    Tensor y = x;
    for (int i = 0; i < 8; ++i)
      y = softmax(matmul(y, transpose(y)), -1) * 2.0f;
    return y;
  };
  const auto memory_of = [](auto model) {
    const auto step = function([model](Tensor x) {
      GradientTape tape;
      tape.watch(x);
      Tensor y = x;
      for (int i = 0; i < 4; ++i)
        y = model(y);
      return tape.gradient(reduce_sum(y * y), x);
    });
    return step.concrete(spec<float>({128, 128})).memory().temporaries;
  };
  EXPECT_LT(memory_of(recompute_grad(chain)), memory_of(chain) * 2 / 3);
}

} // namespace
} // namespace etch::test
