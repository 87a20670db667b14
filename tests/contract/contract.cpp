// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/contract/contract.h"

#include "tests/random_programs/print_cpp.h"

#include <etch/environment.h>

#include <gtest/gtest.h>

namespace etch::test {
namespace {

void expect_inferred_types(const Program &program, const std::string &title) {
  const auto types = infer_all(program);
  ASSERT_TRUE(types) << title;
  std::vector<Tensor> values;
  if (!outcome_of([&] { return evaluate(program, {}, program.arguments(), &values); }).error.empty())
    return;
  for (size_t i = 0; i < values.size(); ++i)
    EXPECT_EQ(spec_text(values[i]), (*types)[i].text()) << title << ", value " << i;
}

} // namespace

ComparedCalls &compared_calls() {
  static ComparedCalls counts;
  return counts;
}

void expect_agreement(const Program &program, const std::string &title) {
  compared_calls().compiled += static_cast<int64_t>(program.calls.size());
  expect_inferred_types(program, title);
  const std::string text = difference(run_eagerly(program), run_compiled(program));
  EXPECT_EQ(text, "") << title << "\n" << cpp_of(program);
}

void expect_agreement_at_sizes(Program program, int64_t marked, const std::vector<int64_t> &sizes,
                               const std::string &title) {
  program.open_extents = true;
  for (Input &input : program.inputs)
    input.captured = false;
  const std::vector<Variable> variables;
  const auto function = traced(program, variables);
  for (const int64_t size : sizes) {
    std::vector<Tensor> arguments;
    int64_t elements = 0;
    for (const Tensor &argument : program.arguments()) {
      arguments.push_back(resized(argument, marked, size));
      elements += arguments.back().size();
    }
    if (elements > 1 << 20)
      continue;
    compared_calls().unknown_sizes += static_cast<int64_t>(program.calls.size());
    const Outcome eager = outcome_of([&] { return evaluate(program, variables, arguments); });
    const Outcome compiled = outcome_of([&] { return function(arguments); });
    EXPECT_EQ(difference(eager, compiled), "") << title << " at size " << size << "\n" << cpp_of(program);
  }
}

void expect_agreement_on_threads(const Program &program, int threads, const std::string &title) {
  compared_calls().threads += 2 * static_cast<int64_t>(program.calls.size());
  const int before = thread_count();
  set_thread_count(1);
  const auto alone = run_eagerly(program);
  set_thread_count(threads);
  EXPECT_EQ(difference(alone, run_eagerly(program)), "") << title << " on threads\n" << cpp_of(program);
  EXPECT_EQ(difference(alone, run_compiled(program)), "") << title << " on threads, compiled\n" << cpp_of(program);
  set_thread_count(before);
}

std::vector<const ops::OpDef *> pure_ops() {
  std::vector<const ops::OpDef *> pure;
  for (const ops::OpDef &op : ops::registry())
    if (op.effect == ops::Effect::none)
      pure.push_back(&op);
  return pure;
}

} // namespace etch::test
