// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/random_programs/reduce.h"

#include "tests/random_programs/elements.h"

#include <etch/ops.h>

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
    needed[value] = needed[value] || (keeps_effects && !call.has_result());
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

std::vector<Tensor> made_up_values(const Program &program) {
  std::vector<Tensor> values;
  const auto types = infer_all(program);
  for (size_t i = 0; types && i < types->size(); ++i) {
    const ops::TensorType &type = (*types)[i];
    const bool has_value = i < program.inputs.size() || program.calls[i - program.inputs.size()].has_result();
    // 0 is an index of most axes, 1 a divisor.
    values.push_back(!has_value                ? Tensor()
                     : is_floating(type.dtype) ? ones(type.shape(), type.dtype)
                                               : zeros(type.shape(), type.dtype));
  }
  return values;
}

std::vector<Tensor> eager_values(const Program &program) {
  std::vector<Variable> variables;
  for (const Tensor &initial : program.variables)
    variables.emplace_back(initial);
  std::vector<Tensor> values;
  const Outcome outcome = outcome_of([&] { return evaluate(program, variables, program.arguments(), &values); });
  if (!outcome.error.empty()) {
    const std::vector<Tensor> all = made_up_values(program);
    values.insert(values.end(), all.begin() + static_cast<std::ptrdiff_t>(std::min(values.size(), all.size())),
                  all.end());
  }
  return values;
}

namespace {

/// With the value of a call in place of the call.
std::optional<Program> with_input_for(const Program &program, size_t position, const Values &values) {
  if (!program.calls[position].has_result()) {
    Program smaller = program;
    std::vector<int> numbers;
    const int gone = program.value_of_call(position);
    for (int value = 0; value < program.value_of_call(program.calls.size()); ++value)
      numbers.push_back(value - (value > gone));
    smaller.calls.erase(smaller.calls.begin() + static_cast<std::ptrdiff_t>(position));
    renumber(smaller, numbers);
    return smaller;
  }
  const std::vector<Tensor> all = values(program);
  if (all.size() != program.inputs.size() + program.calls.size())
    return std::nullopt;
  Program smaller = program;
  const int at = static_cast<int>(program.inputs.size()), gone = program.value_of_call(position);
  smaller.inputs.push_back({all[static_cast<size_t>(gone)]});
  smaller.calls.erase(smaller.calls.begin() + static_cast<std::ptrdiff_t>(position));
  std::vector<int> numbers;
  for (int value = 0; value < program.value_of_call(program.calls.size()); ++value)
    numbers.push_back(value == gone ? at : value >= at && value < gone ? value + 1 : value);
  renumber(smaller, numbers);
  return smaller;
}

class Reducer {
public:
  Reducer(const Program &program, const Fails &fails, const Values &values)
      : best_(program), fails_(fails), values_(values) {}

  Program run() {
    drops_dead_ = keep(without_dead(best_));
    while (fewer_results() || earlier_results() || fewer_calls())
      ;
    fewer_variables();
    plainer_inputs();
    return best_;
  }

private:
  /// What no result needs may be what fails, as it is compiled.
  Program smaller(const Program &candidate) const { return drops_dead_ ? without_dead(candidate) : candidate; }

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
      if (best_.results.size() > 1 && keep(smaller(candidate)))
        return true;
    }
    for (size_t i = best_.results.size(); i-- > 0;) {
      Program candidate = best_;
      candidate.results.erase(candidate.results.begin() + static_cast<std::ptrdiff_t>(i));
      any |= keep(smaller(candidate));
      i = std::min(i, best_.results.size());
    }
    return any;
  }

  /// What a result is computed from in its place: where it is not the result that fails.
  bool earlier_results() {
    for (size_t i = 0; i < best_.results.size(); ++i) {
      const Call *producer = best_.producer(best_.results[i]);
      for (size_t operand = 0; producer && operand < producer->operands.size(); ++operand) {
        Program candidate = best_;
        candidate.results[i] = producer->operands[operand];
        if (producer->operands[operand] >= 0 && best_.producer(producer->operands[operand]) && keep(smaller(candidate)))
          return true;
      }
    }
    return false;
  }

  /// Half of the calls at once, then a quarter, at last one by one.
  bool fewer_calls() {
    const size_t before = best_.calls.size();
    for (size_t step = std::max<size_t>(before / 2, 1); step > 0; step /= 2)
      for (size_t begin = 0; begin < best_.calls.size();) {
        std::optional<Program> candidate = best_;
        for (size_t i = std::min(step, best_.calls.size() - begin); i > 0 && candidate; --i)
          candidate = with_input_for(*candidate, begin, values_);
        if (!candidate || !keep(smaller(*candidate)))
          begin += step; // else other calls are there now
      }
    return best_.calls.size() < before;
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
    closed = best_;
    closed.gradient_order = std::max(0, closed.gradient_order - 1);
    keep(closed);
    closed.gradient_order = 0;
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
  bool drops_dead_ = true;
  const Fails &fails_;
  const Values &values_;
};

} // namespace

Program reduced(const Program &program, const Fails &fails, const Values &values) {
  return Reducer(program, fails, values).run();
}

} // namespace etch::test
