// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/eager_dispatcher.h"

#include "ops/result_bytes.h"
#include "ops/rules.h"
#include "runtime/allocator.h"
#include "runtime/concrete_tensor.h"
#include "runtime/float_environment.h"
#include "runtime/symbolic_tensor.h"
#include "runtime/variable_state.h"
#include "support/require.h"

#include <algorithm>
#include <cstring>

namespace etch::runtime {
namespace {

constexpr int64_t kBlockHeader = sizeof(Buffer);

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

/// Whether an op of the expansion is sure to find no memory, before others of it have filled theirs.
bool outgrows_memory(const OpCall &call, std::span<const ops::TensorType> types,
                     std::span<const ops::TensorType> inferred) {
  const int64_t own = ops::byte_count(inferred[0]).value_or(INT64_MAX);
  return own > physical_memory() && ops::most_bytes_written(call.op, types, call.attrs) > physical_memory();
}

void run(const OpCall &call, std::span<Tensor> results) {
  if (call.op.op_class == ops::OpClass::elementwise && try_elementwise(call, results[0]))
    return;
  const std::vector<ops::TensorType> types = operand_types(call);
  ops::InferContext context;
  const std::vector<ops::TensorType> inferred = ops::infer(call.op, types, call.attrs, context, call.location);
  if (widens(call))
    return run_widened(call, inferred, results, Dispatcher::eager());
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
    if (outgrows_memory(call, types, inferred)) [[unlikely]]
      throw OutOfMemory(*ops::byte_count(inferred[0]));
    run_composite(call, results, Dispatcher::eager());
    return;
  case ops::OpClass::opaque:
    if (call.variable)
      run_variable_op(call, results);
    else
      run_opaque(call, inferred, results);
    return;
  }
}

/// A lack of memory in terms of the op, whose expansion may have reported it for an op that the user does not know.
OutOfMemory named(const OutOfMemory &shortage, const OpCall &call) {
  const std::vector<ops::TensorType> types = operand_types(call);
  ops::InferContext context;
  const std::vector<ops::TensorType> results = ops::infer(call.op, types, call.attrs, context, call.location);
  std::string text = call.op.name;
  // The result itself, unless that is less than was asked for: then a copy of an operand, or what comes between.
  const int64_t own = results.empty() ? 0 : *ops::byte_count(results[0]);
  if (own > physical_memory() || own + kBlockHeader >= shortage.bytes())
    text += ": the result must fit in this machine's memory, got " + results[0].message_text();
  else
    text += ": intermediate results must fit in this machine's memory, got " +
            (types.empty() ? results[0].message_text()
                           : ops::operands_text({call.op, types, call.attrs, context, call.location}));
  return OutOfMemory(Error(ErrorCode::too_large, text, call.location), shortage.bytes());
}

} // namespace

bool widens(const OpCall &call) {
  return call.op.widens && std::ranges::any_of(call.operands, [](const Tensor &x) { return is_half(x.dtype()); });
}

void run_widened(const OpCall &call, std::span<const ops::TensorType> types, std::span<Tensor> results,
                 Dispatcher &dispatcher) {
  static const ops::OpDef *cast = ops::find_op("cast");
  const auto cast_to = [&](const Tensor &x, DType dtype) {
    const ops::Attrs attrs{dtype};
    Tensor result;
    dispatcher.call({*cast, {&x, 1}, attrs, nullptr, call.location}, {&result, 1});
    return result;
  };
  std::vector<Tensor> operands(call.operands.begin(), call.operands.end());
  for (Tensor &operand : operands)
    if (is_half(operand.dtype()))
      operand = cast_to(operand, DType::f32);
  dispatcher.call({call.op, operands, call.attrs, nullptr, call.location}, results);
  for (size_t i = 0; i < results.size(); ++i)
    if (is_half(types[i].dtype))
      results[i] = cast_to(results[i], types[i].dtype);
}

void EagerDispatcher::call(const OpCall &call, std::span<Tensor> results) {
  const FloatEnvironment environment;
  try {
    run(call, results);
  } catch (const OutOfMemory &shortage) {
    throw named(shortage, call);
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
