// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/random_programs/reduce.h"

#include "tests/random_programs/elements.h"

#include <algorithm>

namespace etch::test {
namespace {

/// Renumbers the values of `program` by `numbers`; -1 for values that are gone.
void renumber(Program &program, const std::vector<int> &numbers) {
  for (Call &call : program.calls)
    for (int &operand : call.operands)
      if (operand >= 0)
        operand = numbers[static_cast<size_t>(operand)];
  for (int &result : program.results)
    result = numbers[static_cast<size_t>(result)];
}

} // namespace

Program without_dead(const Program &program, bool keeps_effects) {
  std::vector<bool> needed(program.inputs.size() + program.calls.size(), false);
  for (const int result : program.results)
    needed[static_cast<size_t>(result)] = true;
  for (size_t i = program.calls.size(); i-- > 0;) {
    const Call &call = program.calls[i];
    const size_t value = static_cast<size_t>(program.value_of_call(i));
    needed[value] = needed[value] || (keeps_effects && call.op->result_count == 0);
    for (const int operand : call.operands)
      if (operand >= 0 && needed[value])
        needed[static_cast<size_t>(operand)] = true;
  }
  Program smaller = program;
  smaller.inputs.clear();
  smaller.calls.clear();
  std::vector<int> numbers(needed.size(), -1);
  int next = 0;
  for (size_t value = 0; value < needed.size(); ++value) {
    if (!needed[value])
      continue;
    numbers[value] = next++;
    if (value < program.inputs.size())
      smaller.inputs.push_back(program.inputs[value]);
    else
      smaller.calls.push_back(program.calls[value - program.inputs.size()]);
  }
  renumber(smaller, numbers);
  return smaller;
}

namespace {

/// With the eager result of a call in place of the call.
std::optional<Program> with_input_for(const Program &program, size_t position) {
  if (program.calls[position].op->result_count == 0) {
    Program smaller = program;
    std::vector<int> numbers;
    const int gone = program.value_of_call(position);
    for (int value = 0; value < program.value_of_call(program.calls.size()); ++value)
      numbers.push_back(value - (value > gone));
    smaller.calls.erase(smaller.calls.begin() + static_cast<std::ptrdiff_t>(position));
    renumber(smaller, numbers);
    return smaller;
  }
  std::vector<Tensor> values;
  try {
    std::vector<Variable> variables;
    for (const Tensor &initial : program.variables)
      variables.emplace_back(initial);
    evaluate(program, variables, program.arguments(), &values);
  } catch (const std::exception &) {
    return std::nullopt;
  }
  Program smaller = program;
  const int at = static_cast<int>(program.inputs.size()), gone = program.value_of_call(position);
  smaller.inputs.push_back({values[static_cast<size_t>(gone)]});
  smaller.calls.erase(smaller.calls.begin() + static_cast<std::ptrdiff_t>(position));
  std::vector<int> numbers;
  for (int value = 0; value < program.value_of_call(program.calls.size()); ++value)
    numbers.push_back(value == gone ? at : value >= at && value < gone ? value + 1 : value);
  renumber(smaller, numbers);
  return smaller;
}

class Reducer {
public:
  Reducer(const Program &program, const Fails &fails) : best_(program), fails_(fails) {}

  Program run() {
    keep(without_dead(best_));
    for (bool smaller = true; smaller;) {
      smaller = fewer_results() || fewer_calls();
    }
    fewer_variables();
    plainer_inputs();
    return best_;
  }

private:
  bool keep(const Program &candidate) {
    if (!infer_all(candidate) || !fails_(candidate))
      return false;
    best_ = candidate;
    return true;
  }

  bool fewer_results() {
    bool any = false;
    for (size_t i = best_.results.size(); i-- > 0;) {
      Program candidate = best_;
      candidate.results = {best_.results[i]};
      if (best_.results.size() > 1 && keep(without_dead(candidate)))
        return true;
    }
    for (size_t i = best_.results.size(); i-- > 0;) {
      Program candidate = best_;
      candidate.results.erase(candidate.results.begin() + static_cast<std::ptrdiff_t>(i));
      any |= keep(without_dead(candidate));
      i = std::min(i, best_.results.size());
    }
    return any;
  }

  bool fewer_calls() {
    // Half of them at once first, then one by one.
    for (size_t step = best_.calls.size() / 2; step > 1; step /= 2) {
      std::optional<Program> candidate = best_;
      for (size_t i = 0; i < step && candidate; ++i)
        candidate = with_input_for(*candidate, 0);
      if (candidate && keep(without_dead(*candidate)))
        return true;
    }
    for (size_t i = 0; i < best_.calls.size(); ++i)
      if (const auto candidate = with_input_for(best_, i); candidate && keep(without_dead(*candidate)))
        return true;
    return false;
  }

  void fewer_variables() {
    for (size_t i = best_.variables.size(); i-- > 0;) {
      if (std::ranges::any_of(best_.calls, [&](const Call &call) { return call.variable == static_cast<int>(i); }))
        continue;
      Program candidate = best_;
      candidate.variables.erase(candidate.variables.begin() + static_cast<std::ptrdiff_t>(i));
      for (Call &call : candidate.calls)
        call.variable -= call.variable > static_cast<int>(i);
      keep(candidate);
    }
  }

  void plainer_inputs() {
    Program closed = best_;
    closed.resizing = {-1, -1};
    keep(closed);
    closed = best_;
    closed.open_extents = false;
    keep(closed);
    for (size_t i = 0; i < best_.inputs.size(); ++i) {
      Program candidate = best_;
      candidate.inputs[i] = {best_.inputs[i].value()};
      keep(candidate);
      const Tensor stored = best_.inputs[i].stored;
      const auto elements = elements_of(stored);
      for (const bool counting : {false, true}) {
        std::vector<ops::Scalar> plain;
        for (size_t at = 0; at < elements.size(); ++at)
          plain.push_back(ops::Scalar::of(stored.dtype(), counting ? static_cast<int64_t>(at % 100) : int64_t{1}));
        candidate = best_;
        candidate.inputs[i].stored = tensor_of(plain, stored.dtype(), stored.shape());
        if (keep(candidate))
          break;
      }
    }
  }

  Program best_;
  const Fails &fails_;
};

} // namespace

Program reduced(const Program &program, const Fails &fails) { return Reducer(program, fails).run(); }

} // namespace etch::test
