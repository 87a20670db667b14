// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/concrete_tensor.h"
#include "runtime/eager_dispatcher.h"
#include "runtime/opaque.h"
#include "runtime/print_buffer.h"
#include "runtime/variable_state.h"

#include <string>
#include <utility>

namespace etch::runtime {
namespace {

ErrorCode code_of(const etch_status &status) {
  return status.kind == kIndexOutOfRange ? ErrorCode::out_of_range
         : status.kind == kCheckFailed   ? ErrorCode::check
                                         : ErrorCode::invalid_argument;
}

OpaqueBuffer buffer_of(const Tensor &tensor) {
  ConcreteNode &node = concrete(tensor);
  return {node.dtype, node.shape.dims(), const_cast<void *>(node.contiguous_elements())};
}

Tensor updated(const OpCall &call, const Tensor &old_value) {
  static const ops::Attrs no_attrs;
  const ops::OpDef *update = ops::find_op(call.op.update);
  const Tensor operands[2] = {old_value, call.operands[0]};
  Tensor result;
  Dispatcher::eager().call({*update, operands, no_attrs, nullptr, call.location}, {&result, 1});
  return result;
}

} // namespace

void run_opaque(const OpCall &call, std::span<const ops::TensorType> types, std::span<Tensor> results) {
  InlineVector<OpaqueBuffer, 8> buffers(call.operands.size() + results.size());
  size_t next = 0;
  for (const Tensor &operand : call.operands)
    buffers[next++] = buffer_of(operand);
  for (size_t i = 0; i < results.size(); ++i) {
    results[i] = allocate_tensor(types[i].dtype, types[i].shape(call.location), call.location);
    buffers[next++] = buffer_of(results[i]);
  }
  const std::span<const OpaqueBuffer> all = buffers;
  etch_status status = kNoStatus;
  std::string message;
  PrintBuffer output;
  opaque_hook(call.op)({call.op, call.attrs, all.first(call.operands.size()), all.subspan(call.operands.size()), 0,
                        &status, &output, &message});
  if (status.op_id != kNoFailingOp) {
    for (Tensor &result : results)
      result = Tensor();
    throw Error(code_of(status), message, call.location);
  }
  output.flush();
}

void run_variable_op(const OpCall &call, std::span<Tensor> results) {
  detail::VariableState &state = **call.variable;
  require_own_variable(state, call.op.name, call.location);
  if (call.op.effect == ops::Effect::reads_variable) {
    std::lock_guard lock(state.mutex);
    results[0] = state.value;
    return;
  }
  // The old value is dropped after the lock.
  Tensor value;
  if (*call.op.update == '\0') {
    value = contiguous(call.operands[0]);
    std::lock_guard lock(state.mutex);
    std::swap(state.value, value);
  } else {
    std::lock_guard lock(state.mutex);
    value = updated(call, state.value);
    std::swap(state.value, value);
  }
}

} // namespace etch::runtime
