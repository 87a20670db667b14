// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// etch_oracle_calls FOLDER
// Calls everything that states a reference, compiled, on random inputs of every dtype it takes, and leaves calls and
// results in the folder for check.py.
#include "runtime/public_call.h"
#include "tests/ops/golden.h"
#include "tests/oracle/call_file.h"
#include "tests/random_programs/generate.h"

#include <algorithm>
#include <exception>
#include <iostream>
#include <set>
#include <string>

namespace etch::test {
namespace {

using ops::Dims;
using ops::OpDef;

const std::vector<Dims> kShapes{{},     {0},    {1},      {7},       {65},      {300},     {3, 5}, {5, 1},
                                {0, 4}, {4, 4}, {17, 33}, {2, 3, 4}, {3, 4, 4}, {4, 1, 6}, {6, 3}, {2, 1, 3, 5}};

/// What operands take that can only be indices.
constexpr uint16_t kIndices =
    1 << static_cast<int>(DType::i16) | 1 << static_cast<int>(DType::i32) | 1 << static_cast<int>(DType::i64);

/// The shapes of every other call, so that two styles of elements make no more calls than one.
std::vector<Dims> every_other(size_t first) {
  std::vector<Dims> shapes;
  for (size_t i = first; i < kShapes.size(); i += 2)
    shapes.push_back(kShapes[i]);
  return shapes;
}

/// Sums in NumPy's float64 would not overflow as those of narrower floats do.
std::vector<Elements> styles_of(const Reference &reference, DType dtype) {
  const bool adds = reference.op.op_class != ops::OpClass::elementwise;
  if (is_floating(dtype) && adds && !reference.scale.empty())
    return {Elements::tame};
  return {Elements::edges, Elements::wild};
}

bool runs(const Program &program) {
  return outcome_of([&] { return evaluate(program, {}, program.arguments()); }).error.empty();
}

bool takes_indices(const OpDef &op) {
  return std::ranges::find(op.operand_dtypes, kIndices) != op.operand_dtypes.end();
}

/// The call with integers of [first, last] for its indices.
Program with_indices(Random &random, Program program, int64_t first, int64_t last) {
  const OpDef &op = *program.calls[0].op;
  for (size_t i = 1; i < op.operand_dtypes.size(); ++i)
    if (const int operand = program.calls[0].operands[i]; operand >= 0 && op.operand_dtypes[i] == kIndices) {
      Tensor &stored = program.inputs[static_cast<size_t>(operand)].stored;
      std::vector<ops::Scalar> elements;
      for (int64_t count = stored.size(); count > 0; --count)
        elements.push_back(ops::Scalar::of(stored.dtype(), random.between(first, last)));
      stored = tensor_of(elements, stored.dtype(), stored.shape());
    }
  return program;
}

/// The call in another of its modes than the first, which reports indices out of range.
Program in_lenient_mode(Random &random, Program program) {
  Call &call = program.calls[0];
  for (size_t i = 0; i < call.attrs.size(); ++i)
    if (const auto choices = call.op->attrs[i].choices; choices.size() > 1)
      call.attrs[i] = std::string(choices[static_cast<size_t>(random.between(1, std::ssize(choices) - 1))]);
  return program;
}

class Caller {
public:
  explicit Caller(const std::string &folder) : file_(folder) {}

  void call(const Reference &reference) {
    for (const DType dtype : key_dtypes(reference.op)) {
      const int before = file_.count();
      reference.is_function ? call_function(reference, dtype) : call_op(reference, dtype);
      if (file_.count() == before)
        uncalled_.insert(std::string(reference.op.name) + " " + name_of(dtype));
    }
  }

  int report() const {
    std::cout << file_.count() << " calls\n";
    for (const std::string &title : uncalled_)
      std::cout << title << " was never called: give its record a `sample`\n";
    return uncalled_.empty() ? 0 : 1;
  }

private:
  void call_op(const Reference &reference, DType dtype) {
    uint64_t seed = static_cast<uint64_t>(reference.op.index) * 1000 + static_cast<uint64_t>(dtype);
    const std::vector<Elements> styles = styles_of(reference, dtype);
    // Ops that read no tensor draw the dtype of their result.
    for (int times = reference.op.operand_count == 0 ? 8 : 1; times > 0; --times, seed += 10)
      for (size_t i = 0; i < styles.size(); ++i)
        run(reference, without_failures(program_of(reference.op, dtype, styles.size() == 1 ? kShapes : every_other(i),
                                                   seed, styles[i])));
  }

  /// Each call on inputs of its own, so that one that fails does not take the others with it.
  Program without_failures(const Program &program) {
    Program kept;
    kept.literals = program.literals;
    for (const Call &call : program.calls) {
      Program single;
      single.literals = program.literals;
      single.calls = {call};
      for (int &operand : single.calls[0].operands)
        if (operand >= 0) {
          single.inputs.push_back(program.inputs[static_cast<size_t>(operand)]);
          operand = static_cast<int>(single.inputs.size()) - 1;
        }
      single.results = {single.value_of_call(0)};
      if (takes_indices(*call.op) && random_.chance(0.4))
        single = with_indices(random_, in_lenient_mode(random_, single), -2, 6);
      for (const int64_t last : {2, 0})
        if (!runs(single))
          single = with_indices(random_, single, 0, last);
      if (!runs(single))
        continue;
      for (int &operand : single.calls[0].operands)
        operand += operand < 0 ? 0 : static_cast<int>(kept.inputs.size());
      kept.inputs.insert(kept.inputs.end(), single.inputs.begin(), single.inputs.end());
      kept.calls.push_back(single.calls[0]);
    }
    for (Input &input : kept.inputs)
      input.captured = false;
    for (size_t i = 0; i < kept.calls.size(); ++i)
      kept.results.push_back(kept.value_of_call(i));
    return kept;
  }

  void run(const Reference &reference, const Program &program) {
    if (program.calls.empty())
      return;
    const std::vector<Tensor> arguments = program.arguments();
    const std::vector<Tensor> results = traced(program, {})(arguments);
    for (size_t i = 0; i < results.size(); ++i) {
      std::vector<Tensor> operands;
      for (const int operand : program.calls[i].operands)
        operands.push_back(operand >= 0 ? arguments[static_cast<size_t>(operand)]
                                        : literal(program.literals[static_cast<size_t>(-1 - operand)]));
      file_.add(reference, operands, program.calls[i].attrs, {results[i]});
    }
  }

  static Tensor literal(const ops::Scalar &scalar) { return tensor_of({scalar}, scalar.dtype, Shape()); }

  /// With the shapes and attributes of the function's goldens and samples.
  void call_function(const Reference &reference, DType dtype) {
    const OpDef &op = reference.op;
    std::vector<ops::Sample> samples;
#define ETCH_FUNCTION_SAMPLE(function_index, text)                                                                     \
  if (op.index == function_index)                                                                                      \
    samples.push_back(ops::parse_sample(op, text, dtype));
#define ETCH_FUNCTION_GOLDEN(function_index, text)                                                                     \
  if (op.index == function_index) {                                                                                    \
    const ops::Golden golden = ops::parse_golden(op, text, dtype);                                                     \
    ops::Sample &sample = samples.emplace_back(ops::Sample{{}, golden.attrs});                                         \
    for (const ops::GoldenTensor &operand : golden.operands)                                                           \
      sample.operands.push_back(operand.type.dims);                                                                    \
  }
#include "ops/contract_rows.inc"
    for (const ops::Sample &sample : samples)
      run_function(reference, dtype, sample, styles_of(reference, dtype)[0]);
  }

  void run_function(const Reference &reference, DType dtype, const ops::Sample &sample, Elements style) {
    const OpDef &op = reference.op;
    std::vector<Tensor> operands;
    for (size_t i = 0; i < sample.operands.size(); ++i) {
      const uint16_t mask = op.operand_dtypes[op.operand_count < 0 ? 0 : i];
      const DType own = mask >> static_cast<int>(dtype) & 1 ? dtype : random_dtype(random_, mask);
      operands.push_back(random_tensor(random_, own, ops::TensorType(own, sample.operands[i]).shape(), style));
    }
    const auto call = [&](const std::vector<Tensor> &given) {
      return runtime::expand_call(op, given, sample.attrs, Location::current());
    };
    const Outcome outcome = outcome_of([&] { return function(call)(operands); });
    if (outcome.error.empty())
      file_.add(reference, operands, sample.attrs, outcome.results);
  }

  CallFile file_;
  Random random_{1};
  std::set<std::string> uncalled_;
};

int run(const std::string &folder) {
  Caller caller(folder);
  for (const Reference &reference : references())
    if (!reference.text.empty() && !reference.is_exempt())
      caller.call(reference);
  return caller.report();
}

} // namespace
} // namespace etch::test

int main(int argc, char **argv) {
  if (argc != 2) {
    std::cerr << "usage: etch_oracle_calls FOLDER\n";
    return 2;
  }
  try {
    return etch::test::run(argv[1]);
  } catch (const std::exception &error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
