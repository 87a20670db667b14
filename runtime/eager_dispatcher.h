// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/dispatcher.h"

#include <vector>

namespace etch::runtime {

/// Computes each op at once. Shape rules run before any effect, so a call that throws has done nothing.
class EagerDispatcher final : public Dispatcher {
public:
  constexpr EagerDispatcher() = default;
  void call(const OpCall &call, std::span<Tensor> results) override;
  void check(const OpCall &function) override;
  Tensor literal(const ops::Scalar &value, Location location) override;
};

// One function per class of op. Operands are concrete; `types` is what the op's shape rule said of the results. They
// run inside a FloatEnvironment.

/// True when the call is done, its checks included; false when it is not of the common kind, or in error: then the
/// shape rule and run_elementwise() take it.
bool try_elementwise(const OpCall &call, Tensor &result);
Tensor run_elementwise(const OpCall &call, const ops::TensorType &type);
Tensor run_movement(const OpCall &call, const ops::TensorType &type);
Tensor run_reduction(const OpCall &call, const ops::TensorType &type);
Tensor run_contraction(const OpCall &call, const ops::TensorType &type);
/// Composites by their expansion, whose calls `dispatcher` takes.
void run_composite(const OpCall &call, std::span<Tensor> results, Dispatcher &dispatcher);
/// Whether the op computes with f16 or bf16 operands in f32.
bool widens(const OpCall &call);
/// The op on operands cast to f32, its results of the narrow dtype cast back, all by calls that `dispatcher` takes.
void run_widened(const OpCall &call, std::span<const ops::TensorType> types, std::span<Tensor> results,
                 Dispatcher &dispatcher);
void run_opaque(const OpCall &call, std::span<const ops::TensorType> types, std::span<Tensor> results);
/// Reads and writes of Variables: call.variable is set.
void run_variable_op(const OpCall &call, std::span<Tensor> results);

} // namespace etch::runtime
