// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The first and second derivatives of every op and function of the table in f64: whole Jacobians against central
// differences, at random points of the shapes that its goldens and samples state and of a few others.
#include "tests/contract/contract.h"
#include "tests/contract/mistakes.h"
#include "tests/random_programs/generate.h"

#include <etch/etch.h>

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <optional>

namespace etch::test {
namespace {

using ops::OpDef;
using Tensors = std::vector<Tensor>;
using TensorFunction = std::function<Tensors(const Tensors &)>;

constexpr int64_t kMostElements = 40; // of an operand or result: its Jacobian is that squared

struct Compared {
  int64_t entries = 0, skipped = 0;
};

/// All elements of some tensors in one row; of undefined ones none.
std::vector<double> flat(const Tensors &tensors) {
  std::vector<double> all;
  for (const Tensor &tensor : tensors)
    if (tensor.defined() && tensor.dtype() == DType::f64) {
      const auto elements = tensor.to_vector<double>();
      all.insert(all.end(), elements.begin(), elements.end());
    }
  return all;
}

Tensors moved(Tensors at, size_t operand, size_t element, double step) {
  std::vector<double> elements = at[operand].to_vector<double>();
  elements[element] += step;
  at[operand] = from_vector(elements, at[operand].shape());
  return at;
}

bool is_float(const Tensor &x) { return x.defined() && x.dtype() == DType::f64; }

/// Columns of the Jacobian by central differences; nullopt where steps of two sizes differ, as at kinks, and where
/// results jump, as eigenvectors do, whose signs a decomposition is free to choose.
std::optional<std::vector<double>> column(const TensorFunction &f, const Tensors &at, size_t operand, size_t element) {
  const double x = at[operand].to_vector<double>()[element];
  const auto slope = [&](double step) {
    const auto above = flat(f(moved(at, operand, element, step))), below = flat(f(moved(at, operand, element, -step)));
    std::vector<double> slopes;
    for (size_t i = 0; i < above.size(); ++i)
      slopes.push_back((above[i] - below[i]) / (2 * step));
    return slopes;
  };
  const double step = 1e-5 * std::max(1.0, std::fabs(x));
  const auto here = flat(f(at)), beside = flat(f(moved(at, operand, element, step)));
  for (size_t i = 0; i < here.size(); ++i)
    if (std::fabs(beside[i] - here[i]) > 0.1 * (1 + std::fabs(here[i])))
      return std::nullopt;
  std::vector<double> fine = slope(step);
  const std::vector<double> coarse = slope(4 * step);
  for (size_t i = 0; i < fine.size(); ++i)
    if (!(std::fabs(fine[i] - coarse[i]) <= 1e-7 * (1 + std::fabs(fine[i]))))
      return std::nullopt;
  return fine;
}

/// The Jacobian of all results by one operand, as rows.
std::vector<std::vector<double>> jacobian(const TensorFunction &f, const Tensors &at, size_t operand) {
  std::vector<std::vector<double>> rows;
  GradientTape tape({.persistent = true});
  tape.watch(at[operand]);
  const Tensors results = f(at);
  for (const Tensor &result : results) {
    if (!is_float(result))
      continue;
    const Tensor whole = tape.jacobian(result, at[operand]);
    const auto elements = whole.defined() ? whole.to_vector<double>() : std::vector<double>();
    const int64_t columns = at[operand].size();
    for (int64_t row = 0; row < result.size(); ++row)
      rows.push_back(elements.empty()
                         ? std::vector<double>(static_cast<size_t>(columns))
                         : std::vector(elements.begin() + row * columns, elements.begin() + (row + 1) * columns));
  }
  return rows;
}

void compare(const TensorFunction &f, const Tensors &at, const std::string &title, Compared &count) {
  for (size_t operand = 0; operand < at.size(); ++operand) {
    if (!is_float(at[operand]) || at[operand].size() == 0)
      continue;
    const auto rows = jacobian(f, at, operand);
    for (size_t element = 0; element < static_cast<size_t>(at[operand].size()); ++element) {
      const auto expected = column(f, at, operand, element);
      if (!expected) {
        ++count.skipped;
        continue;
      }
      ASSERT_EQ(expected->size(), rows.size()) << title;
      for (size_t row = 0; row < rows.size(); ++row, ++count.entries)
        EXPECT_NEAR(rows[row][element], (*expected)[row], 2e-6 * (1 + std::fabs((*expected)[row])))
            << title << ": result " << row << " by element " << element << " of operand " << operand;
    }
  }
}

/// The gradients of a weighted sum of f's results by all floating operands, as a function of these.
TensorFunction gradient_of(const TensorFunction &f, const Tensors &weights) {
  return [&f, &weights](const Tensors &at) {
    GradientTape tape;
    Tensors sources;
    for (const Tensor &x : at)
      if (is_float(x))
        sources.push_back(x);
    tape.watch(sources);
    const Tensors results = f(at);
    Tensors targets;
    for (const Tensor &result : results)
      if (is_float(result))
        targets.push_back(result);
    return tape.gradient(targets, sources,
                         GradientOptions{.output_gradients = weights, .unconnected = Unconnected::zero});
  };
}

void compare_both_orders(const TensorFunction &f, const Tensors &at, Random &random, const std::string &title,
                         Compared &first, Compared &second) {
  Tensors results;
  try {
    results = f(at);
  } catch (const Error &) {
    return; // no such matrix
  }
  Tensors weights;
  for (const Tensor &result : results)
    if (is_float(result))
      weights.push_back(random_tensor(random, DType::f64, result.shape(), Elements::tame));
  if (weights.empty())
    return;
  for (const Tensor &result : results)
    if (result.size() > kMostElements)
      return;
  compare(f, at, title, first);
  compare(gradient_of(f, weights), at, "the gradient of " + title, second);
}

/// The operands with floats drawn anew, as f64.
std::optional<Tensors> drawn_anew(const Tensors &operands, Random &random) {
  Tensors drawn;
  for (const Tensor &operand : operands) {
    if (operand.size() > kMostElements)
      return std::nullopt;
    drawn.push_back(is_floating(operand.dtype()) ? random_tensor(random, DType::f64, operand.shape(), Elements::tame)
                                                 : operand);
  }
  return drawn;
}

class Derivatives : public testing::TestWithParam<const OpDef *> {
protected:
  Derivatives() : seed_random_(static_cast<uint64_t>(GetParam()->index) + 77) {}

  void try_stated_calls() {
    for (const AnyCall &call : stated_calls(*GetParam()))
      if (const auto at = drawn_anew(call.operands, seed_random_))
        compare_both_orders([&](const Tensors &operands) { return call.run(operands); }, *at, seed_random_,
                            GetParam()->name, first_, second_);
  }

  void try_shapes() {
    const std::vector<ops::Dims> shapes{{}, {1}, {4}, {2, 3}, {3, 1}, {0, 2}, {2, 1, 3}};
    for (size_t i = 0; i < shapes.size(); ++i) {
      Program program = program_of(*GetParam(), DType::f64, {shapes[i]}, i + 5, Elements::tame);
      for (Input &input : program.inputs)
        input.captured = false;
      const auto at = drawn_anew(program.arguments(), seed_random_);
      const auto run = [&](const Tensors &operands) { return evaluate(program, {}, operands); };
      if (at && !program.calls.empty())
        compare_both_orders(run, *at, seed_random_, GetParam()->name, first_, second_);
    }
  }

  Random seed_random_;
  Compared first_, second_;
};

TEST_P(Derivatives, AreThoseOfCentralDifferences) {
  try_stated_calls();
  try_shapes();
  std::printf("%s: first order %lld (%lld columns skipped), second %lld (%lld)\n", GetParam()->name,
              static_cast<long long>(first_.entries), static_cast<long long>(first_.skipped),
              static_cast<long long>(second_.entries), static_cast<long long>(second_.skipped));
}

/// Whether the gradients of both orders are the same in one function, where passes differentiate what the first ones
/// are made of. False where there are none at this point.
bool compare_with_function(const TensorFunction &f, const Tensors &at, const char *title) {
  const Tensors ones; // as output gradients
  const TensorFunction first = gradient_of(f, ones), second = gradient_of(first, ones);
  const auto both = [&](const Tensors &operands) {
    Tensors gradients = first(operands);
    for (const Tensor &of_second_order : second(operands))
      gradients.push_back(of_second_order);
    return gradients;
  };
  Tensors expected;
  try {
    expected = both(at);
  } catch (const Error &) {
    return false; // no such matrix
  }
  const Tensors found = function(both)(at);
  EXPECT_EQ(found.size(), expected.size()) << title;
  for (size_t i = 0; i < found.size() && i < expected.size(); ++i)
    EXPECT_EQ(difference(expected[i], found[i]), "") << title << ", gradient " << i;
  return true;
}

TEST_P(Derivatives, OfBothOrdersAreTheSameInFunctions) {
  int compared = 0;
  for (const AnyCall &call : stated_calls(*GetParam()))
    if (const auto at = drawn_anew(call.operands, seed_random_); at && compared < 2)
      compared +=
          compare_with_function([&](const Tensors &operands) { return call.run(operands); }, *at, GetParam()->name);
  for (const ops::Dims &shape : {ops::Dims{2, 3}, ops::Dims{3, 3}}) {
    Program program = program_of(*GetParam(), DType::f64, {shape}, 5, Elements::tame);
    for (Input &input : program.inputs)
      input.captured = false;
    const auto at = drawn_anew(program.arguments(), seed_random_);
    if (at && !program.calls.empty() && compared < 3)
      compared += compare_with_function([&](const Tensors &operands) { return evaluate(program, {}, operands); }, *at,
                                        GetParam()->name);
  }
  std::printf("%s: %d points\n", GetParam()->name, compared);
}

/// Ops from floats to floats.
std::vector<const OpDef *> differentiable_ops() {
  std::vector<const OpDef *> found;
  for (const OpDef *op : pure_ops()) {
    bool has_float = false;
    for (const uint16_t dtypes : op->operand_dtypes)
      has_float |= (dtypes >> static_cast<int>(DType::f64) & 1) != 0;
    // What stops gradients is differentiated all the same by central differences.
    if (has_float && op->result_dtype != ops::ResultDType::boolean && op->name != std::string("stop_gradient"))
      found.push_back(op);
  }
  return found;
}

INSTANTIATE_TEST_SUITE_P(Table, Derivatives, testing::ValuesIn(differentiable_ops()),
                         [](const auto &info) { return std::string(info.param->name); });

} // namespace
} // namespace etch::test
