// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// GradientTape in eager code, inside traced functions and around them: the same bits each way.
#include "tests/runtime/error_text.h"
#include "tests/tracer/bits.h"
#include "tests/tracer/traced_or_not.h"

#include <etch/etch.h>

#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

namespace etch::test {
namespace {

/// Where a gradient is computed.
enum class Way { eager, inside, around };

const char *name_of(Way way) { return way == Way::eager ? "Eager" : way == Way::inside ? "Inside" : "Around"; }

class Gradients : public testing::TestWithParam<Way> {
protected:
  /// f as it is, or traced where the tape is around it.
  template <class F>
  auto inner(F f) const {
    Options options;
    options.run_eagerly = GetParam() != Way::around;
    return function(std::move(f), options);
  }
  /// f as it is, or traced where the tape is inside it.
  template <class F>
  auto outer(F f) const {
    Options options;
    options.run_eagerly = GetParam() != Way::inside;
    return function(std::move(f), options);
  }
};

INSTANTIATE_TEST_SUITE_P(Of, Gradients, testing::Values(Way::eager, Way::inside, Way::around),
                         [](const auto &info) { return std::string(name_of(info.param)); });

float item(const Tensor &x) { return x.item<float>(); }

TEST_P(Gradients, OfOneOperation) {
  const auto square = inner([](Tensor x) { return x * x; });
  const auto slope = outer([&](Tensor x) {
    GradientTape tape;
    tape.watch(x);
    return tape.gradient(square(x), x);
  });
  EXPECT_EQ(item(slope(constant(3.0f))), 6.0f);
  EXPECT_TRUE(same_bits(slope(constant({1.0f, -2.0f})), constant({2.0f, -4.0f}))) << "of the sum of the elements";
}

TEST_P(Gradients, OfVariablesThatAreRead) {
  const Variable w(constant({{1.0f, 2.0f}, {3.0f, 4.0f}}), "w"), b(zeros({2}), "b");
  const auto model = inner([&](Tensor x) { return reduce_sum(tanh(matmul(x, w) + b)); });
  const auto gradients = outer([&](Tensor x) {
    GradientTape tape;
    const auto [dw, db] = tape.gradient(model(x), w, b);
    return std::vector<Tensor>{dw, db};
  });
  const Tensor x = constant({{0.1f, 0.2f}, {-0.3f, 0.5f}, {0.0f, 1.0f}});
  const std::vector<Tensor> got = gradients(x);
  const Tensor y = tanh(matmul(x, w) + b), dz = 1.0f - y * y;
  EXPECT_TRUE(same_bits(got[0], matmul(transpose(x), dz)));
  EXPECT_TRUE(same_bits(got[1], reduce_sum(dz, {0})));
  EXPECT_EQ(got[0].shape(), w.shape());
}

TEST_P(Gradients, UndoBroadcastingAndKeepDtypes) {
  const auto product = inner([](Tensor x, Tensor y) { return cast(x, DType::f64) * cast(y, DType::f64); });
  const auto gradients = outer([&](Tensor x, Tensor y) {
    GradientTape tape;
    tape.watch(std::tuple(x, y));
    const auto [dx, dy] = tape.gradient(product(x, y), x, y);
    return std::vector<Tensor>{dx, dy};
  });
  const std::vector<Tensor> got = gradients(full({2, 1, 3}, 2.0f), cast(full({4, 1}, 3.0f), DType::f16));
  EXPECT_EQ(spec_text(got[0]), "f32[2,1,3]");
  EXPECT_EQ(spec_text(got[1]), "f16[4,1]");
  EXPECT_TRUE(same_bits(got[0], full({2, 1, 3}, 12.0f)));
}

TEST_P(Gradients, AddUpOverAllUses) {
  const auto f = inner([](Tensor x) { return x * x + 3.0f * x + exp(x); });
  const auto slope = outer([&](Tensor x) {
    GradientTape tape;
    tape.watch(x);
    return tape.gradient(f(x), x);
  });
  EXPECT_FLOAT_EQ(item(slope(constant(2.0f))), 7.0f + std::exp(2.0f));
}

TEST_P(Gradients, AreUndefinedWhereThereIsNoConnection) {
  const auto f = inner([](Tensor x, Tensor) { return x * 2.0f; });
  const auto gradients = outer([&](Tensor x, Tensor y) {
    GradientTape tape({.persistent = true});
    tape.watch(std::vector{x, y});
    const Tensor z = f(x, y);
    const auto [dx, dy] = tape.gradient(z, x, y);
    EXPECT_TRUE(dx.defined());
    EXPECT_FALSE(dy.defined());
    const auto [dx0, dy0] = tape.gradient(z, x, y, GradientOptions{.unconnected = Unconnected::zero});
    return std::vector<Tensor>{dx0, dy0};
  });
  const std::vector<Tensor> got = gradients(ones({2}), ones({3}));
  EXPECT_TRUE(same_bits(got[0], full({2}, 2.0f)));
  EXPECT_TRUE(same_bits(got[1], zeros({3})));
}

TEST_P(Gradients, TakeOutputGradients) {
  const auto f = inner([](Tensor x) { return x * x; });
  const auto slope = outer([&](Tensor x, Tensor dy) {
    GradientTape tape;
    tape.watch(x);
    return tape.gradient(f(x), x, GradientOptions{.output_gradients = {dy}});
  });
  EXPECT_TRUE(same_bits(slope(constant({1.0f, 2.0f}), constant({10.0f, 100.0f})), constant({20.0f, 400.0f})));
}

TEST_P(Gradients, OfCosToTheFourthOrder) {
  const auto f = inner([](Tensor x) { return cos(x); });
  const std::vector<std::function<double(double)>> expected{
      [](double x) { return std::cos(x); }, [](double x) { return -std::sin(x); },
      [](double x) { return -std::cos(x); }, [](double x) { return std::sin(x); },
      [](double x) { return std::cos(x); }};
  std::function<Tensor(Tensor, int)> derivative = [&](Tensor x, int order) -> Tensor {
    if (order == 0)
      return f(x);
    GradientTape tape;
    tape.watch(x);
    return tape.gradient(derivative(x, order - 1), x);
  };
  for (int order = 0; order < 5; ++order) {
    const auto of_order = outer([&](Tensor x) { return derivative(x, order); });
    EXPECT_NEAR(of_order(constant(1.0)).item<double>(), expected[static_cast<size_t>(order)](1.0), 1e-15) << order;
  }
}

TEST_P(Gradients, OfGradientsByAPersistentTape) {
  const auto f = inner([](Tensor x) { return exp(x) * sin(x); });
  const auto orders = outer([&](Tensor x) {
    GradientTape tape({.persistent = true});
    tape.watch(x);
    std::vector<Tensor> values{f(x)};
    for (int order = 0; order < 4; ++order)
      values.push_back(tape.gradient(values.back(), x));
    return values;
  });
  const std::vector<Tensor> got = orders(constant(0.7));
  const double e = std::exp(0.7), s = std::sin(0.7), c = std::cos(0.7);
  const std::vector<double> expected{e * s, e * (s + c), 2 * e * c, 2 * e * (c - s), -4 * e * s};
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(got[i].item<double>(), expected[i], 1e-13) << i;
}

struct Layer {
  Variable w;
  Tensor scale;
};
struct Pair {
  Tensor a, b;
};

TEST_P(Gradients, HaveTheFormOfTheirSources) {
  const Layer layer{Variable(constant(2.0f), "w"), constant(3.0f)};
  const std::vector<Variable> variables{Variable(constant(5.0f)), Variable(constant(7.0f))};
  const std::map<std::string, Variable> named{{"v", Variable(constant(11.0f))}};
  const auto f = inner([&](Tensor a, Tensor b, Tensor scale) {
    return a * b * layer.w * scale * variables[0] * variables[1] * named.at("v");
  });
  const auto all = outer([&](Tensor a, Tensor b) {
    GradientTape tape;
    const Pair pair{a, b};
    tape.watch(pair);
    tape.watch(layer.scale);
    const Tensor y = f(pair.a, pair.b, layer.scale);
    const auto [of_pair, of_layer, of_variables, of_named, of_none] =
        tape.gradient(y, pair, layer, variables, named, std::optional<Tensor>());
    EXPECT_FALSE(of_none.has_value());
    return std::vector<Tensor>{of_pair.a,          of_pair.b,       std::get<0>(of_layer), std::get<1>(of_layer),
                               of_variables.at(0), of_variables[1], of_named.at("v")};
  });
  const std::vector<Tensor> got = all(constant(13.0f), constant(17.0f));
  const float product = 13.0f * 17 * 2 * 3 * 5 * 7 * 11;
  const std::vector<float> factors{13, 17, 2, 3, 5, 7, 11};
  for (size_t i = 0; i < factors.size(); ++i)
    EXPECT_EQ(item(got[i]), product / factors[i]) << i;
}

TEST_P(Gradients, OfJacobians) {
  const auto f = inner([](Tensor x) { return matmul(x, constant({{1.0f, 2.0f, 3.0f}, {4.0f, 5.0f, 6.0f}})) * 2.0f; });
  const auto whole = outer([&](Tensor x) {
    GradientTape tape;
    tape.watch(x);
    return tape.jacobian(f(x), x);
  });
  const Tensor j = whole(ones({2, 2}));
  ASSERT_EQ(spec_text(j), "f32[2,3,2,2]");
  for (int64_t row = 0; row < 2; ++row)
    for (int64_t column = 0; column < 3; ++column)
      for (int64_t k = 0; k < 2; ++k)
        EXPECT_EQ(j.to_vector<float>()[static_cast<size_t>(((row * 3 + column) * 2 + row) * 2 + k)],
                  2.0f * static_cast<float>(1 + column + 3 * k));
  const auto by_row = outer([&](Tensor x) {
    GradientTape tape;
    tape.watch(x);
    return tape.batch_jacobian(f(x), x);
  });
  const Tensor rows = by_row(ones({2, 2}));
  ASSERT_EQ(spec_text(rows), "f32[2,3,2]");
  EXPECT_EQ(rows.to_vector<float>(), (std::vector<float>{2, 8, 4, 10, 6, 12, 2, 8, 4, 10, 6, 12}));
}

TEST_P(Gradients, PassComposites) {
  const auto f = inner([](Tensor x, Tensor scale) {
    return reduce_sum(layer_norm(x, scale, scale) * iota(8, DType::f32)) + reduce_variance(x);
  });
  const auto slope = outer([&](Tensor x, Tensor scale) {
    GradientTape tape;
    tape.watch(x);
    return tape.gradient(f(x, scale), x);
  });
  const Tensor x = sin(iota(16, DType::f32)), matrix = reshape(x, {2, 8}), scale = full({8}, 1.5f);
  EXPECT_EQ(slope(matrix, scale).shape(), matrix.shape());
  const auto plain = [&](Tensor v) {
    return (reduce_sum(layer_norm(v, scale, scale) * iota(8, DType::f32)) + reduce_variance(v)).item<float>();
  };
  std::vector<float> moved = matrix.to_vector<float>();
  moved[5] += 0.01f;
  const float up = plain(from_vector(moved, Shape({2, 8})));
  moved[5] -= 0.02f;
  const float down = plain(from_vector(moved, Shape({2, 8})));
  EXPECT_NEAR(slope(matrix, scale).to_vector<float>()[5], (up - down) / 0.02f, 2e-2f);
}

TEST_P(Gradients, StopWhereTheyAreStopped) {
  const auto f = inner([](Tensor x) { return stop_gradient(x) * x; });
  const auto slope = outer([&](Tensor x) {
    GradientTape tape;
    tape.watch(x);
    return tape.gradient(f(x), x);
  });
  EXPECT_EQ(item(slope(constant(3.0f))), 3.0f);
  const auto unseen = outer([&](Tensor x) {
    GradientTape tape;
    tape.watch(x);
    Tensor y = x * x;
    {
      const StopRecording stopped = tape.stop_recording();
      y = y * x;
    }
    return tape.gradient(x + y, x);
  });
  EXPECT_EQ(item(unseen(constant(3.0f))), 1.0f) << "y is not known to depend on x";
}

TEST_P(Gradients, OfNumbersThatNothingUsesBefore) {
  const Tensor number = constant(2.0f);
  const auto f = inner([](Tensor x, Tensor y) { return std::pair(x * x, y); });
  const auto slopes = outer([&](Tensor x) {
    GradientTape tape;
    tape.watch(std::vector{x, number});
    const auto [y, same] = f(x, number);
    return tape.gradient(std::vector{y, same}, std::vector{x, number});
  });
  const std::vector<Tensor> found = slopes(constant(3.0f));
  EXPECT_EQ(item(found[0]), 6.0f);
  EXPECT_EQ(item(found[1]), 1.0f);
}

TEST_P(Gradients, FollowVariablesThroughAssignments) {
  const Variable v(constant(2.0f), "v");
  const auto f = inner([&](Tensor x) {
    const Tensor before = v.value();
    v.assign(x * 3.0f);
    return before * x + v * v;
  });
  const auto gradients = outer([&](Tensor x) {
    GradientTape tape;
    tape.watch(x);
    const auto [dv, dx] = tape.gradient(f(x), v, x);
    return std::vector<Tensor>{dv, dx};
  });
  const std::vector<Tensor> got = gradients(constant(5.0f));
  EXPECT_EQ(item(got[0]), 5.0f + 2 * 15.0f) << "of both reads";
  EXPECT_EQ(item(got[1]), 2.0f) << "not through the Variable";
  EXPECT_EQ(item(v.value()), 15.0f);
}

TEST_P(Gradients, WatchVariablesAsTheyAreTold) {
  const Variable trained(constant(2.0f)), fixed(constant(3.0f), "fixed", false);
  const auto f = inner([&](Tensor x) { return trained * fixed * x; });
  const auto gradients = outer([&](Tensor x) {
    GradientTape tape({.watch_accessed_variables = false});
    tape.watch(fixed);
    return tape.gradient(f(x), fixed);
  });
  EXPECT_EQ(item(gradients(constant(5.0f))), 10.0f);
}

TEST_P(Gradients, OfAVariableAreNotThoseOfWhatItWasSetFrom) {
  const Tensor start = constant(2.0f);
  const Variable v(start);
  const auto f = inner([&](Tensor x) { return v * start * x; });
  const auto gradients = outer([&](Tensor x) {
    GradientTape tape;
    return tape.gradient(f(x), v);
  });
  EXPECT_EQ(item(gradients(constant(5.0f))), 10.0f) << "the tensor is another value, though of the same elements";
}

TEST_P(Gradients, OfIntegersAreRefused) {
  const auto f = inner([](Tensor x) { return x * 2; });
  const auto gradients = outer([&](Tensor x) {
    GradientTape tape;
    tape.watch(x);
    return f(x);
  });
  try {
    gradients(constant(5));
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error &error) {
    EXPECT_EQ(error.summary(), "watch: there are gradients of floats alone, got i32[]");
  }
}

TEST(Tapes, InATrainingStepAreOneFunction) {
  const auto run = [](bool eagerly) {
    const RunFunctionsEagerly scope(eagerly);
    const Variable w(sin(reshape(iota(12, DType::f32), {4, 3})), "w"), b(zeros({3}), "b");
    const auto step = function([&](Tensor x, Tensor labels) {
      GradientTape tape;
      const Tensor loss = reduce_mean(softmax_cross_entropy(matmul(x, w) + b, labels));
      const auto [dw, db] = tape.gradient(loss, w, b);
      w.assign_sub(0.5f * dw);
      b.assign_sub(0.5f * db);
      return loss;
    });
    std::vector<float> losses;
    for (int i = 0; i < 20; ++i)
      losses.push_back(item(step(cos(reshape(iota(20, DType::f32), {5, 4})), constant({0, 1, 2, 1, 0}))));
    EXPECT_EQ(step.trace_count(), eagerly ? 0 : 1);
    EXPECT_LT(losses.back(), 0.5f * losses.front());
    return std::tuple(losses, w.value().to_vector<float>(), b.value().to_vector<float>());
  };
  EXPECT_EQ(run(true), run(false));
}

TEST(Tapes, AreAskedOnceUnlessTheyArePersistent) {
  const Tensor x = constant(3.0f);
  GradientTape once, often({.persistent = true});
  once.watch(x);
  often.watch(x);
  const Tensor y = x * x;
  EXPECT_EQ(item(once.gradient(y, x)), 6.0f);
  EXPECT_TRUE(error_text([&] { once.gradient(y, x); }).find("has given its gradients at ") != std::string::npos);
  EXPECT_EQ(item(often.gradient(y, x)), 6.0f);
  EXPECT_EQ(item(often.gradient(y, x)), 6.0f);
}

TEST(Tapes, MayEndInAnyOrder) {
  const Tensor x = constant(3.0f);
  auto first = std::make_unique<GradientTape>(TapeOptions{.persistent = true});
  auto second = std::make_unique<GradientTape>(TapeOptions{.persistent = true});
  auto third = std::make_unique<GradientTape>();
  for (auto *tape : {first.get(), second.get(), third.get()})
    tape->watch(x);
  const Tensor y = x * x;
  second.reset();
  EXPECT_EQ(item(third->gradient(y, x)), 6.0f);
  const Tensor dy = first->gradient(y, x);
  EXPECT_EQ(item(first->gradient(dy, x)), 2.0f);
  third.reset();
  first.reset();
  EXPECT_EQ(item(x * x), 9.0f);
}

TEST(Tapes, AreOfOneThreadAndOneFunction) {
  const Tensor x = constant(3.0f);
  GradientTape tape({.persistent = true});
  tape.watch(x);
  const Tensor y = x * x;
  std::string text;
  std::thread([&] { text = error_text([&] { tape.gradient(y, x); }); }).join();
  EXPECT_NE(text.find("gradient: a tape must be used by the thread that made it, got one made at "), std::string::npos)
      << text;
  const auto inside = function([&](Tensor z) { return z + tape.gradient(y, x); });
  EXPECT_NE(error_text([&] { inside(x); }).find("lies outside the function that is traced"), std::string::npos);
  EXPECT_EQ(item(tape.gradient(y, x)), 6.0f) << "nothing is lost";

  std::unique_ptr<GradientTape> kept;
  const auto f = function([&](Tensor z) {
    kept = std::make_unique<GradientTape>();
    return z * 2.0f;
  });
  f(x);
  EXPECT_NE(error_text([&] { kept->gradient(y, x); }).find("belongs to a function that has ended"), std::string::npos);
  kept.reset();
  EXPECT_EQ(item(x * x), 9.0f);
}

TEST(Tapes, ThatEndInsideAFunctionPassCallsOn) {
  auto tape = std::make_unique<GradientTape>();
  const auto f = function([&](Tensor x) {
    tape.reset();
    return x * 2.0f;
  });
  EXPECT_EQ(item(f(constant(3.0f))), 6.0f);
  EXPECT_EQ(item(constant(3.0f) * 2.0f), 6.0f);
  GradientTape another;
  const Tensor x = constant(3.0f);
  another.watch(x);
  EXPECT_EQ(item(another.gradient(x * x, x)), 6.0f);
}

TEST(Tapes, SayWhatIsWrong) {
  const Tensor x = constant(3.0f), stranger = constant(4.0f);
  GradientTape tape({.persistent = true});
  tape.watch(x);
  const Tensor y = x * stranger, flat = floor(x) * 2.0f;
  EXPECT_EQ(error_text([&] { tape.gradient(y, stranger); }),
            "gradient: sources must be watched by the tape or depend on what is, got f32[]");
  EXPECT_EQ(error_text([&] { tape.gradient(y, Tensor()); }),
            "gradient: sources must be defined, got an undefined tensor");
  EXPECT_EQ(error_text([&] { tape.gradient(y, cast(x, DType::i32)); }), "gradient: sources must be floats, got i32[]");
  EXPECT_EQ(error_text([&] { tape.gradient(cast(x, DType::i32), x); }),
            "gradient: the target must be a float, got i32[]");
  EXPECT_EQ(error_text([&] { tape.gradient(y, x, GradientOptions{.output_gradients = {zeros({2})}}); }),
            "gradient: an output gradient must have the target's shape, got f32[2] for f32[]");
  EXPECT_EQ(error_text([&] { tape.gradient(y, x, GradientOptions{.output_gradients = {zeros({}, DType::f64)}}); }),
            "gradient: an output gradient must have the target's dtype, got f64[] for f32[]");
  EXPECT_EQ(error_text([&] { tape.gradient(y, x, GradientOptions{.output_gradients = {y, y}}); }),
            "gradient: there must be one output gradient for each tensor of the target, got 2 for 1");
  const std::string cut =
      error_text([&] { tape.gradient(flat, x, GradientOptions{.unconnected = Unconnected::raise}); });
  EXPECT_NE(cut.find("gradient: sources must be connected to the target, got f32[]; no gradient passes floor at "),
            std::string::npos)
      << cut;
  EXPECT_EQ(error_text([&] { tape.gradient(stranger, x, GradientOptions{.unconnected = Unconnected::raise}); }),
            "gradient: sources must be connected to the target, got f32[]; no operation leads from it there");
  EXPECT_FALSE(tape.gradient(flat, x).defined());
  const Variable fixed(constant(1.0f), "fixed", false);
  const Tensor z = x * fixed;
  EXPECT_EQ(error_text([&] { tape.gradient(z, fixed); }),
            "gradient: sources must be watched by the tape, got variable 'fixed', f32[]");
  EXPECT_EQ(item(tape.gradient(y, x)), 4.0f) << "nothing is lost";
}

TEST(Tapes, ForgetWhenTheyAreReset) {
  const Tensor x = constant(3.0f);
  GradientTape tape;
  tape.watch(x);
  const Tensor y = x * x;
  tape.reset();
  EXPECT_NE(error_text([&] { tape.gradient(y, x); }), "no error");
  tape.watch(x);
  EXPECT_EQ(item(tape.gradient(x * x, x)), 6.0f);
}

} // namespace
} // namespace etch::test
