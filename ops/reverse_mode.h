// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reverse mode over recorded calls: the one order in which gradients are added up, whoever has recorded them.
#pragma once

#include "ops/expansions.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace etch::expansion {

/// Calls in program order over numbered values.
template <class R>
concept RecordedCalls = requires(R &calls, size_t call, std::span<const std::optional<typename R::Reading>> readings,
                                 const std::vector<bool> &needed) {
  requires TensorReading<typename R::Reading>;
  { calls.call_count() } -> std::convertible_to<size_t>;
  { calls.value_count() } -> std::convertible_to<size_t>;
  /// The values of a call's operands and results; -1 where no gradient flows. A call that computes its results from one
  /// another has them among its operands.
  { calls.operands(call) } -> std::convertible_to<std::span<const int>>;
  { calls.results(call) } -> std::convertible_to<std::span<const int>>;
  /// Whether a gradient of a result leads to one of an operand, both by position.
  { calls.connects(call, size_t{}, size_t{}) } -> std::convertible_to<bool>;
  /// Whether vjp() gives what the operands' sums become with the call's own uses of them, instead of what to add.
  { calls.continues_sums(call) } -> std::convertible_to<bool>;
  /// The gradients of the operands that are needed, given those of the results, of which at least one is there, and
  /// what later uses of the operands have given, where sums are continued.
  {
    calls.vjp(call, readings, readings, needed)
  } -> std::convertible_to<std::vector<std::optional<typename R::Reading>>>;
};

/// Which values depend on one of the sources by calls through which a gradient flows.
template <RecordedCalls R>
std::vector<bool> dependent_values(R &calls, std::span<const int> sources) {
  std::vector<bool> depends(calls.value_count());
  for (const int source : sources)
    if (source >= 0)
      depends[static_cast<size_t>(source)] = true;
  for (size_t call = 0; call < calls.call_count(); ++call) {
    const std::span<const int> operands = calls.operands(call), results = calls.results(call);
    for (size_t i = 0; i < operands.size(); ++i)
      if (operands[i] >= 0 && depends[static_cast<size_t>(operands[i])])
        for (size_t j = 0; j < results.size(); ++j)
          if (results[j] >= 0 && calls.connects(call, i, j))
            depends[static_cast<size_t>(results[j])] = true;
  }
  return depends;
}

/// The gradients of the sources of the sum of the targets' products with their seeds; nullopt where a source is not
/// connected to them. A value's gradient is the sum of what its uses give, the last use first, the operands of one call
/// from the first on.
template <RecordedCalls R>
std::vector<std::optional<typename R::Reading>>
reverse_mode(R &calls, std::span<const std::pair<int, typename R::Reading>> seeds, std::span<const int> sources) {
  using T = typename R::Reading;
  const std::vector<bool> depends = dependent_values(calls, sources);
  std::vector<std::optional<T>> gradients(calls.value_count());
  std::vector<bool> is_source(calls.value_count());
  for (const int source : sources)
    if (source >= 0)
      is_source[static_cast<size_t>(source)] = true;
  const auto add = [&](int value, const T &gradient) {
    std::optional<T> &sum = gradients[static_cast<size_t>(value)];
    sum = sum ? *sum + gradient : gradient;
  };
  for (const auto &[target, seed] : seeds)
    if (target >= 0 && depends[static_cast<size_t>(target)])
      add(target, seed);
  for (size_t call = calls.call_count(); call-- > 0;) {
    std::vector<std::optional<T>> dys;
    bool is_reached = false;
    for (const int result : calls.results(call)) {
      dys.push_back(result < 0 ? std::nullopt : gradients[static_cast<size_t>(result)]);
      is_reached |= dys.back().has_value();
    }
    if (!is_reached)
      continue;
    const std::span<const int> operands = calls.operands(call), results = calls.results(call);
    std::vector<bool> needed;
    for (const int operand : operands) {
      const bool is_result = std::ranges::find(results, operand) != results.end();
      needed.push_back(operand >= 0 && (is_result ? is_source : depends)[static_cast<size_t>(operand)]);
    }
    const bool continues = calls.continues_sums(call);
    std::vector<std::optional<T>> sums;
    for (size_t i = 0; continues && i < operands.size(); ++i)
      sums.push_back(needed[i] ? gradients[static_cast<size_t>(operands[i])] : std::nullopt);
    const std::vector<std::optional<T>> of_operands = calls.vjp(call, dys, sums, needed);
    for (size_t i = 0; i < operands.size(); ++i)
      if (needed[i] && of_operands[i] && continues)
        gradients[static_cast<size_t>(operands[i])] = of_operands[i];
      else if (needed[i] && of_operands[i])
        add(operands[i], *of_operands[i]);
  }
  std::vector<std::optional<T>> of_sources;
  for (const int source : sources)
    of_sources.push_back(source < 0 ? std::nullopt : gradients[static_cast<size_t>(source)]);
  return of_sources;
}

} // namespace etch::expansion
