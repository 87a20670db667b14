// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Expansions of the op table run at the call: composites of eager code, and the functions that are never ops.
#include "runtime/call_expr.h"
#include "runtime/eager_dispatcher.h"

#include <vector>

namespace etch::runtime {
namespace {

std::vector<CallExpr> operands_of(CallExpr::Context &context, std::span<const Tensor> tensors) {
  std::vector<CallExpr> operands;
  operands.reserve(tensors.size());
  for (const Tensor &tensor : tensors)
    operands.emplace_back(context, tensor);
  return operands;
}

} // namespace

void run_composite(const OpCall &call, std::span<Tensor> results, Dispatcher &dispatcher) {
  CallExpr::Context context(dispatcher, &call.op, call.location);
  const std::vector<CallExpr> operands = operands_of(context, call.operands);
  results[0] = expansion::expand<CallExpr>(call.op, context, operands, call.attrs).tensor();
}

std::vector<Tensor> expand_call(const ops::OpDef &function, std::span<const Tensor> operands, const ops::Attrs &attrs,
                                Location location) try {
  Dispatcher &dispatcher = Dispatcher::current();
  dispatcher.check({function, operands, attrs, nullptr, location});
  CallExpr::Context context(dispatcher, &function, location);
  std::vector<Tensor> results;
  for (const CallExpr &result :
       expansion::expand_function<CallExpr>(function, context, operands_of(context, operands), attrs))
    results.push_back(result.tensor());
  return results;
} catch (const Error &) {
  Dispatcher::current().expansion_failed();
  throw;
}

} // namespace etch::runtime
