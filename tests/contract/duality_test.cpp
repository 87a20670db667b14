// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The vjps of the table against derivatives along a direction, which are computed by other rules: <u, J v> = <J^T u, v>
// but for rounding, and the same of gradients as functions, on the shapes that goldens and samples state and on
// broadcasting, empty and single elements.
#include "tests/contract/contract.h"
#include "tests/contract/dual.h"
#include "tests/contract/mistakes.h"

#include <etch/etch.h>

#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <set>
#include <string>

namespace etch::test {
namespace {

using ops::OpDef;
using Tensors = std::vector<Tensor>;

constexpr int64_t kMostElements = 40;
constexpr double kTolerance = 1e-12; // of the sum of the sizes of what is added up
constexpr double kNoise = 0.1;       // of that: results near zero of elements near one

bool is_double(const Tensor &x) { return x.defined() && x.dtype() == DType::f64; }

/// The sum of products, and that of their sizes.
struct Product {
  double value = 0, size = 0;

  void add(const Tensor &a, const Tensor &b) {
    if (!is_double(a) || !is_double(b))
      return;
    const std::vector<double> x = a.to_vector<double>(), y = b.to_vector<double>();
    for (size_t i = 0; i < x.size(); ++i) {
      value += x[i] * y[i];
      size += std::fabs(x[i] * y[i]);
    }
  }
};

/// Floating numbers as f64, those that are parameters of a text as they are by default.
ops::Attrs in_doubles(const OpDef &op, ops::Attrs attrs) {
  for (size_t i = 0; i < attrs.size(); ++i)
    if (auto *scalar = std::get_if<ops::Scalar>(&attrs[i]); scalar && is_floating(scalar->dtype))
      *scalar =
          ops::Scalar::of(DType::f64, op.op_class == ops::OpClass::elementwise ? std::stod(op.attrs[i].default_text)
                                                                               : scalar->as_double());
  return attrs;
}

class Duality : public testing::TestWithParam<const OpDef *> {
protected:
  Duality() : random_(static_cast<uint64_t>(GetParam()->index) + 7) {}

  Tensor drawn(const Shape &shape) { return random_tensor(random_, DType::f64, shape, Elements::tame); }

  void expect_dual(const Product &forward, const Product &reverse, const char *order) {
    if (!std::isfinite(forward.value) || !std::isfinite(reverse.value))
      return; // outside the domain
    EXPECT_LE(std::fabs(forward.value - reverse.value), kTolerance * (forward.size + reverse.size + kNoise))
        << GetParam()->name << ", " << order << ": " << forward.value << " and " << reverse.value;
    ++compared_;
  }

  /// Both orders at one point, and at one of positive elements where that one is outside of the domain.
  void compare(Tensors at, const ops::Attrs &attrs) {
    if (std::ranges::none_of(at, is_double) || is_compared(at, attrs))
      return;
    for (Tensor &x : at)
      if (is_double(x))
        x = abs(x) + 0.1;
    is_compared(at, attrs);
  }

  /// False where some result is not finite.
  bool is_compared(const Tensors &at, const ops::Attrs &attrs) {
    const OpDef &op = *GetParam();
    DualTensor::Context context;
    std::vector<DualTensor> operands;
    Tensors directions;
    std::vector<bool> needed;
    for (const Tensor &x : at) {
      directions.push_back(is_double(x) ? drawn(x.shape()) : Tensor());
      operands.emplace_back(context, x, directions.back());
      needed.push_back(is_double(x));
    }
    std::optional<DualTensor> y;
    Tensor u;
    std::pair<Product, Product> reversed;
    try {
      y = context.emit(op, operands, attrs);
      if (!is_double(y->value()))
        return true;
      u = drawn(y->value().shape());
      reversed = reverse(op, at, attrs, u, directions);
    } catch (const Error &) {
      return true; // no such matrix, or no gradient with these attributes
    }
    const auto &[first, second] = reversed;
    if (unknown(context))
      return !context.is_outside;
    Product forward;
    forward.add(u, y->tangent());
    expect_dual(forward, first, "first order");
    if (*op.vjp == '\0')
      return true;
    // Forward over reverse, against reverse over reverse.
    const DualTensor dy(context, u);
    Product of_gradients;
    const auto gradients = expansion::vjp<DualTensor>(op, context, operands, attrs, *y, dy, needed);
    if (unknown(context))
      return !context.is_outside;
    for (size_t i = 0; i < gradients.size(); ++i)
      if (gradients[i])
        of_gradients.add(weights_[i], gradients[i]->tangent());
    expect_dual(of_gradients, second, "second order");
    return true;
  }

  /// <J^T u, v>, and the same of the gradients' product with weights as a function of the operands.
  std::pair<Product, Product> reverse(const OpDef &op, const Tensors &at, const ops::Attrs &attrs, const Tensor &u,
                                      const Tensors &directions) {
    Tensors sources, along;
    for (size_t i = 0; i < at.size(); ++i)
      if (is_double(at[i])) {
        sources.push_back(at[i]);
        along.push_back(directions[i]);
      }
    GradientTape outer({.persistent = true}), inner;
    outer.watch(sources);
    inner.watch(sources);
    const AnyCall call{&op, false, at, attrs, ""};
    const Tensors gradients = inner.gradient(call.run(at).at(0), sources, GradientOptions{.output_gradients = {u}});
    Product first, second;
    Tensor sum = constant(0.0);
    weights_.assign(at.size(), Tensor());
    size_t source = 0;
    for (size_t i = 0; i < at.size(); ++i)
      if (is_double(at[i])) {
        const Tensor &gradient = gradients[source];
        first.add(gradient, along[source++]);
        if (gradient.defined()) {
          weights_[i] = drawn(gradient.shape());
          sum = sum + reduce_sum(gradient * weights_[i]);
        }
      }
    const StopRecording stopped = outer.stop_recording();
    Tensors of_sum(sources.size());
    try {
      of_sum = outer.gradient(sum, sources);
    } catch (const Error &) { // nothing watched is in it
    }
    for (size_t i = 0; i < sources.size(); ++i)
      second.add(of_sum[i], along[i]);
    return {first, second};
  }

  bool unknown(const DualTensor::Context &context) {
    unknown_.insert(context.unknown.begin(), context.unknown.end());
    return context.is_outside || !context.unknown.empty();
  }

  void TearDown() override {
    EXPECT_TRUE(unknown_.empty()) << "no forward rule for " << *unknown_.begin();
    std::printf("%s: %d products compared\n", GetParam()->name, compared_);
  }

  Random random_;
  Tensors weights_; // of the gradients
  int compared_ = 0;
  std::set<std::string> unknown_;
};

TEST_P(Duality, HoldsForBothOrders) {
  const OpDef &op = *GetParam();
  for (const AnyCall &call : stated_calls(op)) {
    Tensors at;
    for (const Tensor &operand : call.operands)
      at.push_back(is_floating(operand.dtype()) ? drawn(operand.shape()) : operand);
    const auto is_small = [](const Tensor &x) { return x.size() <= kMostElements; };
    const ops::Attrs attrs = in_doubles(op, call.attrs);
    if (std::ranges::all_of(at, is_small))
      compare(at, attrs);
  }
  if (op.op_class != ops::OpClass::elementwise || !op.attrs.empty())
    return;
  const std::vector<std::vector<Shape>> shapes{{{}, {}, {}},          {{1}, {4}, {}},
                                               {{2, 3}, {3}, {2, 1}}, {{2, 1}, {1, 3}, {2, 3}},
                                               {{0, 2}, {1, 2}, {2}}, {{3, 1, 2}, {2, 1}, {1}}};
  for (const std::vector<Shape> &chosen : shapes) {
    Tensors at;
    for (int i = 0; i < op.operand_count; ++i) {
      const Tensor x = drawn(chosen[static_cast<size_t>(i)]);
      const bool takes_floats = op.operand_dtypes[static_cast<size_t>(i)] >> static_cast<int>(DType::f64) & 1;
      at.push_back(takes_floats ? x : x > 0.0);
    }
    compare(at, {});
  }
}

/// Ops that gradients pass.
std::vector<const OpDef *> differentiable_ops() {
  std::vector<const OpDef *> found;
  for (const OpDef *op : pure_ops()) {
    const auto takes_floats = [](uint16_t dtypes) { return (dtypes >> static_cast<int>(DType::f64) & 1) != 0; };
    if (std::ranges::any_of(op->operand_dtypes, takes_floats) && op->result_dtype == ops::ResultDType::same &&
        (op->op_class == ops::OpClass::composite || *op->vjp != '\0'))
      found.push_back(op);
  }
  return found;
}

/// What a gradient in f32 is off by, in units of the last place of the largest element of the same in f64.
double error_in_ulps(const Tensor &narrow, const Tensor &wide) {
  const std::vector<float> got = narrow.to_vector<float>();
  const std::vector<double> exact = wide.to_vector<double>();
  double largest = 0, error = 0;
  for (size_t i = 0; i < exact.size(); ++i) {
    largest = std::max(largest, std::fabs(exact[i]));
    error = std::max(error, std::fabs(static_cast<double>(got[i]) - exact[i]));
  }
  return error == 0 ? 0 : error / (std::max(largest, 1e-3) * 0x1p-24);
}

class GradientsInF32 : public testing::TestWithParam<const OpDef *> {};

TEST_P(GradientsInF32, AreThoseOfF64ButForRounding) {
  const OpDef &op = *GetParam();
  // Matrices drawn at random may be nearly singular, and rounding is multiplied by how near.
  static const std::set<std::string> ill_conditioned{"inv",      "det",        "solve",       "triangular_solve",
                                                     "cholesky", "qr_factors", "svd_factors", "eigh_factors"};
  const double bound = ill_conditioned.contains(op.name) ? 2048 : 32;
  Random random(static_cast<uint64_t>(op.index) + 3);
  double worst = 0;
  int compared = 0;
  for (const AnyCall &call : stated_calls(op))
    for (int repeat = 0; repeat < 5; ++repeat) {
      // Two elements are normalised to -1 and 1 whatever they are: a gradient of 0, of which rounding is all.
      if (op.name == std::string("layer_norm") && call.operands[0].dim(-1) <= 2)
        break;
      Tensors narrow, wide, sources32, sources64;
      for (const Tensor &operand : call.operands) {
        const bool is_float = is_floating(operand.dtype());
        narrow.push_back(is_float ? abs(random_tensor(random, DType::f32, operand.shape(), Elements::tame)) + 0.5f
                                  : operand);
        wide.push_back(is_float ? cast(narrow.back(), DType::f64) : operand);
        if (is_float) {
          sources32.push_back(narrow.back());
          sources64.push_back(wide.back());
        }
      }
      ops::Attrs attrs32 = call.attrs;
      for (ops::Attr &attr : attrs32)
        if (auto *scalar = std::get_if<ops::Scalar>(&attr); scalar && is_floating(scalar->dtype))
          *scalar = ops::Scalar::of(DType::f32, scalar->as_double());
      Tensor dy;
      const auto gradients = [&](const Tensors &at, const Tensors &sources, const ops::Attrs &attrs) {
        GradientTape tape;
        tape.watch(sources);
        const Tensor y = AnyCall{&op, false, at, attrs, ""}.run(at).at(0);
        if (!dy.defined())
          dy = random_tensor(random, DType::f32, y.shape(), Elements::tame);
        return tape.gradient(y, sources, GradientOptions{.output_gradients = {cast(dy, y.dtype())}});
      };
      Tensors g32, g64;
      try {
        g32 = gradients(narrow, sources32, attrs32);
        g64 = gradients(wide, sources64, in_doubles(op, attrs32));
      } catch (const Error &) {
        continue; // no such matrix, or no gradient with these attributes
      }
      for (size_t i = 0; i < g32.size(); ++i)
        if (g32[i].defined() && g64[i].defined() && g64[i].size() > 0) {
          const double error = error_in_ulps(g32[i], g64[i]);
          if (std::isfinite(error)) {
            worst = std::max(worst, error);
            ++compared;
          }
        }
    }
  EXPECT_LE(worst, bound);
  std::printf("%s: %d gradients in f32, at most %.3g ulp of the largest element off\n", op.name, compared, worst);
}

INSTANTIATE_TEST_SUITE_P(Table, GradientsInF32, testing::ValuesIn(differentiable_ops()),
                         [](const auto &info) { return std::string(info.param->name); });

INSTANTIATE_TEST_SUITE_P(Table, Duality, testing::ValuesIn(differentiable_ops()),
                         [](const auto &info) { return std::string(info.param->name); });

} // namespace
} // namespace etch::test
