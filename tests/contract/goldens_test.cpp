// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every golden of the op table, in every float dtype that it leaves open: eager results are the golden's, compiled
// results are the eager ones.
#include "runtime/public_call.h"
#include "tests/contract/contract.h"
#include "tests/ops/golden.h"
#include "tests/random_programs/elements.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>

namespace etch::test {
namespace {

struct Row {
  const ops::OpDef &op;
  std::string_view text;
};

std::vector<Row> rows() {
  std::vector<Row> rows;
#define ETCH_GOLDEN(op_index, text) rows.push_back({ops::registry()[op_index], text});
#include "ops/contract_rows.inc"
  return rows;
}

Tensor value_of(const ops::GoldenTensor &golden) {
  std::vector<ops::Scalar> elements;
  for (const double element : golden.elements)
    elements.push_back(ops::Scalar::of(golden.type.dtype, element));
  return tensor_of(elements, golden.type.dtype, golden.type.shape());
}

Program program_of(const ops::Golden &golden) {
  Program program;
  Call call{golden.op, {}, golden.attrs};
  for (const ops::GoldenTensor &operand : golden.operands) {
    call.operands.push_back(static_cast<int>(program.inputs.size()));
    program.inputs.push_back({value_of(operand)});
  }
  program.calls.push_back(call);
  program.results = {program.value_of_call(0)};
  return program;
}

/// Units in the last place between two floats of one dtype, across zero too.
int64_t ulps_between(const ops::Scalar &a, const ops::Scalar &b) {
  const auto ordered = [](const ops::Scalar &x) {
    const int unused = 64 - static_cast<int>(8 * size_of(x.dtype));
    const int64_t bits = static_cast<int64_t>(x.bits << unused) >> unused, least = INT64_MIN >> unused;
    return bits < 0 ? least - bits : bits;
  };
  return std::abs(ordered(a) - ordered(b));
}

/// Goldens have 18 digits: those that are a float exactly must be met exactly, and so must every other of ops that
/// round once. Functions and expansions, whose inner roundings the function may magnify, stay within 8 ulp; the
/// accuracy tests of the runtime measure each function.
int64_t allowed_ulps(const ops::Golden &golden, double element) {
  if (!std::isfinite(element) || static_cast<float>(element) == element)
    return 0;
  const ops::OpDef &op = *golden.op;
  const bool is_function = op.op_class == ops::OpClass::elementwise && (op.operand_count == 1 || op.is_math_text);
  return is_function || op.op_class == ops::OpClass::composite ? 8 : 0;
}

void expect_golden(const ops::Golden &golden, size_t result, const Tensor &got, std::string_view text) {
  const ops::GoldenTensor &expected_tensor = golden.results.at(result);
  ASSERT_EQ(spec_text(got), expected_tensor.type.text()) << text;
  const auto elements = elements_of(got);
  for (size_t i = 0; i < elements.size(); ++i) {
    const ops::Scalar expected = ops::Scalar::of(got.dtype(), expected_tensor.elements[i]);
    if (std::isnan(expected.as_double())) {
      EXPECT_TRUE(std::isnan(elements[i].as_double())) << text << " at " << i;
      continue;
    }
    if (const int64_t allowed = allowed_ulps(golden, expected_tensor.elements[i]); allowed > 0)
      EXPECT_LE(ulps_between(expected, elements[i]), allowed) << text << " " << got.dtype() << " at " << i;
    else
      EXPECT_EQ(expected.bits, elements[i].bits) << text << " " << got.dtype() << " at " << i;
  }
}

TEST(Goldens, HoldEagerlyAndCompiled) {
  int count = 0;
  for (const Row &row : rows())
    for (const DType dtype : {DType::f32, DType::f64}) {
      const ops::Golden golden = ops::parse_golden(row.op, row.text, dtype);
      Program program = program_of(golden);
      if (!infer_all(program))
        continue; // says its dtype in one operand and leaves it open in another
      const Tensor eager = evaluate(program, {}, program.arguments()).at(0);
      expect_golden(golden, 0, eager, row.text);
      expect_agreement(program, std::string(row.text));
      program.open_extents = true;
      expect_agreement(program, std::string(row.text) + " with unknown extents");
      ++count;
    }
  EXPECT_GE(count, 150);
}

std::vector<Row> function_rows() {
  std::vector<Row> rows;
#define ETCH_FUNCTION_GOLDEN(function_index, text) rows.push_back({ops::functions()[function_index], text});
#include "ops/contract_rows.inc"
  return rows;
}

// Functions are expanded at the call, eagerly, in a trace and in one for unknown extents.
TEST(Goldens, OfFunctionsHoldEagerlyAndCompiled) {
  int count = 0;
  for (const Row &row : function_rows())
    for (const DType dtype : {DType::f32, DType::f64}) {
      const ops::Golden golden = ops::parse_golden(row.op, row.text, dtype);
      std::vector<Tensor> operands;
      if (dtype != DType::f32 && std::ranges::any_of(golden.operands, &ops::GoldenTensor::has_dtype))
        continue;
      for (const ops::GoldenTensor &operand : golden.operands)
        operands.push_back(value_of(operand));
      const auto call = [&](const std::vector<Tensor> &given) {
        return runtime::expand_call(row.op, given, golden.attrs, Location::current());
      };
      Options open;
      for (const Tensor &operand : operands)
        open.input_signature.push_back(
            {operand.dtype(), std::vector<int64_t>(static_cast<size_t>(operand.rank()), dyn)});
      const std::vector<Tensor> eager = call(operands), compiled = function(call)(operands),
                                unknown = function(call, open)(operands);
      ASSERT_EQ(eager.size(), golden.results.size()) << row.text;
      for (size_t i = 0; i < eager.size(); ++i) {
        expect_golden(golden, i, eager[i], row.text);
        EXPECT_EQ(difference(eager[i], compiled.at(i)), "") << row.text;
        EXPECT_EQ(difference(eager[i], unknown.at(i)), "") << row.text << " with unknown extents";
      }
      ++count;
    }
  EXPECT_GE(count, 40);
}

} // namespace
} // namespace etch::test
