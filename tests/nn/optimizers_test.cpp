// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The rules of the optimizers against plain loops in double; steps eagerly and traced, bit for bit.
#include "nn/optimizers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <memory>
#include <numbers>
#include <string>

namespace etch::nn {
namespace {

using Make = std::function<std::unique_ptr<Optimizer>()>;
/// One parameter's state of a rule: p, then what it remembers.
using State = std::vector<double>;
using Rule = std::function<void(State &, double gradient, int step)>;

struct Case {
  const char *name;
  Make make;
  State remembered; ///< at the start
  Rule rule;
};

std::vector<Case> cases_without_means() {
  return {
      {"SGD", [] { return std::make_unique<SGD>(0.1); }, {}, [](State &s, double g, int) { s[0] -= 0.1 * g; }},
      {"Momentum",
       [] { return std::make_unique<SGD>(0.1, 0.9); },
       {0},
       [](State &s, double g, int) {
         s[1] = 0.9 * s[1] - 0.1 * g;
         s[0] += s[1];
       }},
      {"Nesterov",
       [] { return std::make_unique<SGD>(0.1, 0.9, true); },
       {0},
       [](State &s, double g, int) {
         s[1] = 0.9 * s[1] - 0.1 * g;
         s[0] += 0.9 * s[1] - 0.1 * g;
       }},
      {"Adagrad",
       [] { return std::make_unique<Adagrad>(0.1); },
       {0.1},
       [](State &s, double g, int) {
         s[1] += g * g;
         s[0] -= 0.1 * g / std::sqrt(s[1] + 1e-7);
       }},
      {"Ftrl",
       [] {
         return std::make_unique<Ftrl>(0.1, FtrlOptions{.l1 = 0.01, .l2 = 0.02, .l2_shrinkage = 0.03, .beta = 0.5});
       },
       {0.1, 0},
       [](State &s, double g, int) {
         const double sum = s[1] + g * g, shrunk = g + 2 * 0.03 * s[0];
         s[2] += shrunk - (std::sqrt(sum) - std::sqrt(s[1])) / 0.1 * s[0];
         const double quadratic = std::sqrt(sum) / 0.1 + 2 * (0.02 + 0.5 / (2 * 0.1));
         s[0] = (std::min(std::max(s[2], -0.01), 0.01) - s[2]) / quadratic;
         s[1] = sum;
       }},
  };
}

std::vector<Case> cases_with_means() {
  return {
      {"Adam",
       [] { return std::make_unique<Adam>(0.01); },
       {0, 0},
       [](State &s, double g, int step) {
         s[1] = 0.9 * s[1] + 0.1 * g;
         s[2] = 0.999 * s[2] + 0.001 * g * g;
         const double rate = 0.01 * std::sqrt(1 - std::pow(0.999, step)) / (1 - std::pow(0.9, step));
         s[0] -= rate * s[1] / (std::sqrt(s[2]) + 1e-7);
       }},
      {"AdamW",
       [] { return std::make_unique<AdamW>(0.01, 0.1); },
       {0, 0},
       [](State &s, double g, int step) {
         s[1] = 0.9 * s[1] + 0.1 * g;
         s[2] = 0.999 * s[2] + 0.001 * g * g;
         const double rate = 0.01 * std::sqrt(1 - std::pow(0.999, step)) / (1 - std::pow(0.9, step));
         s[0] -= 0.01 * 0.1 * s[0];
         s[0] -= rate * s[1] / (std::sqrt(s[2]) + 1e-7);
       }},
      {"RMSprop",
       [] { return std::make_unique<RMSprop>(0.01); },
       {0},
       [](State &s, double g, int) {
         s[1] = 0.9 * s[1] + 0.1 * g * g;
         s[0] -= 0.01 * g / std::sqrt(s[1] + 1e-7);
       }},
      {"RMSpropCentered",
       [] { return std::make_unique<RMSprop>(0.01, RMSpropOptions{.momentum = 0.5, .centered = true}); },
       {0, 0, 0},
       [](State &s, double g, int) {
         s[1] = 0.9 * s[1] + 0.1 * g * g;
         s[2] = 0.9 * s[2] + 0.1 * g;
         s[3] = 0.5 * s[3] + 0.01 * g / std::sqrt(s[1] - s[2] * s[2] + 1e-7);
         s[0] -= s[3];
       }},
  };
}

const std::vector<Case> &cases() {
  static const std::vector<Case> all = [] {
    std::vector<Case> joined = cases_without_means();
    for (Case &more : cases_with_means())
      joined.push_back(std::move(more));
    return joined;
  }();
  return all;
}

class Optimizers : public testing::TestWithParam<size_t> {
protected:
  const Case &tried() const { return cases()[GetParam()]; }
};

INSTANTIATE_TEST_SUITE_P(Of, Optimizers, testing::Range(size_t{0}, cases().size()),
                         [](const auto &info) { return std::string(cases()[info.param].name); });

TEST_P(Optimizers, FollowTheirRule) {
  const std::unique_ptr<Optimizer> optimizer = tried().make();
  const std::vector<double> start{1.0, -2.0, 0.5};
  const Variable parameter(from_vector(start), "p");
  std::vector<State> expected;
  for (const double p : start) {
    expected.push_back({p});
    expected.back().insert(expected.back().end(), tried().remembered.begin(), tried().remembered.end());
  }
  for (int step = 1; step <= 6; ++step) {
    std::vector<double> gradient;
    for (size_t i = 0; i < start.size(); ++i) {
      gradient.push_back(2 * expected[i][0] + std::sin(step + static_cast<double>(i)));
      tried().rule(expected[i], gradient.back(), step);
    }
    optimizer->apply_gradients({from_vector(gradient)}, {parameter});
    for (size_t i = 0; i < start.size(); ++i)
      EXPECT_NEAR(parameter.value().to_vector<double>()[i], expected[i][0], 1e-12) << step << " " << i;
  }
  EXPECT_EQ(optimizer->iterations().value().item<int64_t>(), 6);
  EXPECT_EQ(optimizer->variables().size(), 1 + tried().remembered.size());
}

std::vector<float> all_elements(const std::vector<Variable> &variables) {
  std::vector<float> all;
  for (const Variable &variable : variables) {
    const auto elements = cast(variable.value(), DType::f32).to_vector<float>();
    all.insert(all.end(), elements.begin(), elements.end());
  }
  return all;
}

std::vector<float> trained(const Make &make, bool eagerly, bool build, int64_t traces) {
  const RunFunctionsEagerly scope(eagerly);
  const Variable w(sin(reshape(iota(12, DType::f32), {4, 3})), "w"), b(zeros({3}), "b"), idle(ones({2}), "idle");
  const std::unique_ptr<Optimizer> optimizer = make();
  if (build)
    optimizer->build({w, b});
  const auto step = function([&](Tensor x, Tensor labels) {
    GradientTape tape;
    const Tensor loss = reduce_mean(softmax_cross_entropy(matmul(x, w) + b, labels));
    const std::vector<Variable> variables{w, b, idle};
    optimizer->apply_gradients(tape.gradient(loss, variables), variables);
    return loss;
  });
  for (int i = 0; i < 10; ++i)
    step(cos(reshape(iota(20, DType::f32), {5, 4})), constant({0, 1, 2, 1, 0}));
  EXPECT_EQ(step.trace_count(), eagerly ? 0 : traces);
  std::vector<Variable> state = optimizer->variables();
  state.insert(state.end(), {w, b, idle});
  return all_elements(state);
}

TEST_P(Optimizers, AreTheSameTraced) {
  const std::vector<float> eager = trained(tried().make, true, true, 0);
  const bool has_slots = !tried().remembered.empty();
  for (const bool build : {true, false}) {
    const std::vector<float> traced = trained(tried().make, false, build, has_slots && !build ? 2 : 1);
    ASSERT_EQ(traced.size(), eager.size());
    EXPECT_EQ(std::memcmp(traced.data(), eager.data(), eager.size() * sizeof(float)), 0);
  }
}

TEST_P(Optimizers, PassOverEachParameterOnce) {
  const auto kernels = [&](int64_t count) {
    const std::unique_ptr<Optimizer> optimizer = tried().make();
    std::vector<Variable> parameters;
    std::vector<Tensor> gradients;
    for (int64_t i = 0; i < count; ++i) {
      parameters.emplace_back(ones({100 + i, 50}));
      gradients.push_back(ones({100 + i, 50}));
    }
    optimizer->build(parameters);
    const auto step =
        function([&](const std::vector<Tensor> &given) { optimizer->apply_gradients(given, parameters); });
    step(gradients);
    return step.stats().kernels;
  };
  EXPECT_EQ(kernels(5) - kernels(2), 3);
}

TEST(OptimizerState, MayBeMadeLateAndBySeveral) {
  const Variable first(ones({2}), "first"), second(ones({3}), "second");
  Adam one(0.1), two(0.01);
  const auto step = function([&](bool with_second) {
    std::vector<Variable> variables{first};
    if (with_second)
      variables.push_back(second);
    for (Adam *optimizer : {&one, &two}) {
      GradientTape tape;
      Tensor loss = reduce_sum(square(first.value()));
      if (with_second)
        loss = loss + reduce_sum(square(second.value()));
      optimizer->apply_gradients(tape.gradient(loss, variables), variables);
    }
  });
  step(false);
  step(false);
  step(true);
  step(true);
  step(false);
  EXPECT_EQ(one.iterations().value().item<int64_t>(), 5);
  EXPECT_EQ(one.variables().size(), 5u);
  EXPECT_LT(second.value().to_vector<float>()[0], 1.0f);
}

TEST(OptimizerState, IsLeftAloneByWhatIsWrong) {
  const Variable v(ones({2}), "v");
  Adam adam;
  EXPECT_THROW(adam.apply_gradients({}, {v}), Error);
  EXPECT_THROW(adam.apply_gradients({Tensor()}, {v}), Error);
  EXPECT_EQ(adam.iterations().value().item<int64_t>(), 0);
  EXPECT_EQ(adam.variables().size(), 1u);
}

double rate_at(const LearningRate &rate, int64_t step) { return rate.at(constant(step)).item<double>(); }

TEST(LearningRates, FollowTheirSchedules) {
  EXPECT_EQ(rate_at(0.25, 7), 0.25);
  EXPECT_EQ(rate_at(1, 7), 1.0);
  EXPECT_NEAR(rate_at(exponential_decay(0.5, 10, 0.9), 25), 0.5 * std::pow(0.9, 2.5), 1e-15);
  EXPECT_NEAR(rate_at(exponential_decay(0.5, 10, 0.9, true), 25), 0.5 * 0.81, 1e-15);
  EXPECT_NEAR(rate_at(inverse_time_decay(0.5, 10, 2), 25), 0.5 / 6, 1e-15);
  EXPECT_NEAR(rate_at(polynomial_decay(0.5, 10, 0.1, 2), 5), 0.4 * 0.25 + 0.1, 1e-15);
  EXPECT_NEAR(rate_at(polynomial_decay(0.5, 10, 0.1, 2), 50), 0.1, 1e-15);
  EXPECT_NEAR(rate_at(cosine_decay(0.5, 10, 0.2), 4), 0.5 * (0.8 * 0.5 * (1 + std::cos(0.4 * std::numbers::pi)) + 0.2),
              1e-15);
  const LearningRate pieces = piecewise_constant({10, 20}, {1, 0.5, 0.1});
  EXPECT_EQ(rate_at(pieces, 10), 1.0);
  EXPECT_EQ(rate_at(pieces, 11), 0.5);
  EXPECT_EQ(rate_at(pieces, 21), 0.1);
  const LearningRate warm = linear_warmup(4, exponential_decay(0.5, 1, 0.5));
  EXPECT_EQ(rate_at(warm, 0), 0.0);
  EXPECT_EQ(rate_at(warm, 2), 0.25);
  EXPECT_EQ(rate_at(warm, 5), 0.25);
  EXPECT_THROW(cosine_decay(1, 0), Error);
  EXPECT_THROW(piecewise_constant({1}, {1}), Error);
  EXPECT_THROW(LearningRate(std::numeric_limits<double>::infinity()), Error);
  EXPECT_THROW(LearningRate([](const Tensor &) { return constant(1.0f); }).at(constant<int64_t>(0)), Error);
}

TEST(LearningRates, ChangeFromCallToCallOfOneTrace) {
  const Variable v(constant(0.0), "v");
  SGD sgd(piecewise_constant({1}, {1.0, 0.5}));
  const auto step = function([&] { sgd.apply_gradients({constant(1.0)}, {v}); });
  for (int i = 0; i < 4; ++i)
    step();
  EXPECT_EQ(v.value().item<double>(), -(1.0 + 1.0 + 0.5 + 0.5));
  EXPECT_EQ(step.trace_count(), 1);
  EXPECT_EQ(sgd.learning_rate().item<double>(), 0.5);
}

TEST(ClippedGradients, KeepWithinTheirLimits) {
  const std::vector<Tensor> gradients{constant({3.0f, -4.0f}), Tensor(), constant({12.0f})};
  EXPECT_EQ(clip_by_value(gradients, 3.5)[0].to_vector<float>(), (std::vector<float>{3.0f, -3.5f}));
  EXPECT_EQ(clip_by_norm(gradients, 2.5)[0].to_vector<float>(), (std::vector<float>{1.5f, -2.0f}));
  EXPECT_EQ(clip_by_norm(gradients, 100)[2].to_vector<float>(), (std::vector<float>{12.0f}));
  const auto [clipped, norm] = clip_by_global_norm(gradients, 6.5);
  EXPECT_EQ(norm.item<float>(), 13.0f);
  EXPECT_EQ(clipped[0].to_vector<float>(), (std::vector<float>{1.5f, -2.0f}));
  EXPECT_FALSE(clipped[1].defined());
  EXPECT_EQ(clipped[2].to_vector<float>(), (std::vector<float>{6.0f}));
  const Variable v(constant({0.0f, 0.0f}), "v");
  SGD sgd(1.0, 0, false, {.value = 3.5, .global_norm = 1.0});
  sgd.apply_gradients({constant({3.5f, 0.0f})}, {v});
  EXPECT_EQ(v.value().to_vector<float>(), (std::vector<float>{-1.0f, 0.0f}));
  EXPECT_THROW(clip_by_value(gradients, -1), Error);
  EXPECT_THROW(clip_by_global_norm({Tensor()}, 1), Error);
}

} // namespace
} // namespace etch::nn
