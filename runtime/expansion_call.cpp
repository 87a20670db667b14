// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Expansions of the op table run at the call: composites of eager code, and the functions that are never ops.
#include "ops/expansions.h"
#include "runtime/concrete_tensor.h"
#include "runtime/eager_dispatcher.h"
#include "runtime/public_call.h"
#include "runtime/symbolic_tensor.h"

#include <utility>
#include <vector>

namespace etch::runtime {
namespace {

/// The reading of an expansion whose ops are calls of a Dispatcher, which computes them or writes them down.
class CallExpr : public expansion::DimsOfReading<CallExpr> {
public:
  class Context {
  public:
    Context(Dispatcher &dispatcher, const ops::OpDef &caller, Location location)
        : dispatcher_(dispatcher), caller_(caller), location_(location) {}
    CallExpr emit(const ops::OpDef &op, const std::vector<CallExpr> &operands, const ops::Attrs &attrs) {
      std::vector<Tensor> tensors;
      tensors.reserve(operands.size());
      for (const CallExpr &operand : operands)
        tensors.push_back(operand.tensor());
      Tensor result;
      try {
        dispatcher_.call({op, tensors, attrs, nullptr, location_}, {&result, 1});
      } catch (const Error &error) {
        throw ops::renamed(error, op, caller_);
      }
      return {*this, std::move(result)};
    }

  private:
    Dispatcher &dispatcher_;
    const ops::OpDef &caller_;
    Location location_;
  };

  CallExpr(Context &context, Tensor tensor) : context_(&context), tensor_(std::move(tensor)) {}
  DType dtype() const { return tensor_.dtype(); }
  ops::Dims dims() const {
    if (tensor_.is_symbolic())
      return symbolic(tensor_).type.dims;
    return {concrete(tensor_).shape.begin(), concrete(tensor_).shape.end()};
  }
  Context &context() const { return *context_; }
  const Tensor &tensor() const { return tensor_; }

private:
  Context *context_;
  Tensor tensor_;
};

std::vector<CallExpr> operands_of(CallExpr::Context &context, std::span<const Tensor> tensors) {
  std::vector<CallExpr> operands;
  operands.reserve(tensors.size());
  for (const Tensor &tensor : tensors)
    operands.emplace_back(context, tensor);
  return operands;
}

} // namespace

void run_composite(const OpCall &call, std::span<Tensor> results) {
  CallExpr::Context context(Dispatcher::eager(), call.op, call.location);
  const std::vector<CallExpr> operands = operands_of(context, call.operands);
  results[0] = expansion::expand<CallExpr>(call.op, context, operands, call.attrs).tensor();
}

std::vector<Tensor> expand_call(const ops::OpDef &function, std::span<const Tensor> operands, const ops::Attrs &attrs,
                                Location location) {
  Dispatcher &dispatcher = Dispatcher::current();
  dispatcher.check({function, operands, attrs, nullptr, location});
  CallExpr::Context context(dispatcher, function, location);
  std::vector<Tensor> results;
  for (const CallExpr &result :
       expansion::expand_function<CallExpr>(function, context, operands_of(context, operands), attrs))
    results.push_back(result.tensor());
  return results;
}

} // namespace etch::runtime
