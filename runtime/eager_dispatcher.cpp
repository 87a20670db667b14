// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/eager_dispatcher.h"

#include "runtime/concrete_tensor.h"
#include "runtime/float_environment.h"
#include "runtime/symbolic_tensor.h"
#include "runtime/variable_state.h"
#include "support/require.h"

#include <algorithm>
#include <cstring>

namespace etch::runtime {
namespace {

ops::TensorType operand_type(const OpCall &call, const Tensor &operand) {
  ops::TensorType type = type_of(operand, call.op.name, call.location);
  if (operand.is_symbolic())
    symbolic(operand).raise_misplaced(call.op.name, call.location);
  return type;
}

std::vector<ops::TensorType> operand_types(const OpCall &call) {
  std::vector<ops::TensorType> types;
  types.reserve(call.operands.size() + 1);
  if (call.variable)
    types.emplace_back((*call.variable)->dtype, (*call.variable)->shape);
  for (const Tensor &operand : call.operands)
    types.push_back(operand_type(call, operand));
  return types;
}

Tensor cast_to(const Tensor &x, DType dtype, Location location) {
  static const ops::OpDef *cast = ops::find_op("cast");
  const ops::Attrs attrs{dtype};
  Tensor result;
  Dispatcher::eager().call({*cast, {&x, 1}, attrs, nullptr, location}, {&result, 1});
  return result;
}

bool widens(const OpCall &call) {
  return call.op.widens && std::any_of(call.operands.begin(), call.operands.end(),
                                       [](const Tensor &x) { return is_half(concrete(x).dtype); });
}

/// The op on operands cast to f32, its results of the narrow dtype cast back.
void run_widened(const OpCall &call, std::span<const ops::TensorType> types, std::span<Tensor> results) {
  std::vector<Tensor> operands(call.operands.begin(), call.operands.end());
  for (Tensor &operand : operands)
    if (is_half(concrete(operand).dtype))
      operand = cast_to(operand, DType::f32, call.location);
  Dispatcher::eager().call({call.op, operands, call.attrs, nullptr, call.location}, results);
  for (size_t i = 0; i < results.size(); ++i)
    if (is_half(types[i].dtype))
      results[i] = cast_to(results[i], types[i].dtype, call.location);
}

} // namespace

void EagerDispatcher::call(const OpCall &call, std::span<Tensor> results) {
  const FloatEnvironment environment;
  if (call.op.op_class == ops::OpClass::elementwise && try_elementwise(call, results[0]))
    return;
  const std::vector<ops::TensorType> types = operand_types(call);
  ops::InferContext context;
  const std::vector<ops::TensorType> inferred = ops::infer(call.op, types, call.attrs, context, call.location);
  if (widens(call))
    return run_widened(call, inferred, results);
  switch (call.op.op_class) {
  case ops::OpClass::elementwise:
    results[0] = run_elementwise(call, inferred[0]);
    return;
  case ops::OpClass::movement:
    results[0] = run_movement(call, inferred[0]);
    return;
  case ops::OpClass::reduction:
    results[0] = run_reduction(call, inferred[0]);
    return;
  case ops::OpClass::contraction:
    results[0] = run_contraction(call, inferred[0]);
    return;
  case ops::OpClass::composite:
    run_composite(call, results);
    return;
  case ops::OpClass::opaque:
    if (call.variable)
      run_variable_op(call, results);
    else
      run_opaque(call, inferred, results);
    return;
  }
}

void EagerDispatcher::check(const OpCall &function) {
  ops::InferContext context;
  ops::infer(function.op, operand_types(function), function.attrs, context, function.location);
}

Tensor EagerDispatcher::literal(const ops::Scalar &value, Location location) {
  Tensor tensor = allocate_tensor(value.dtype, Shape(), location);
  // Little-endian: the element's bytes come first.
  std::memcpy(mutable_elements(tensor), &value.bits, size_of(value.dtype));
  return tensor;
}

} // namespace etch::runtime
