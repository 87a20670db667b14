// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ops/expansions.h"
#include "runtime/concrete_tensor.h"
#include "runtime/eager_dispatcher.h"

#include <utility>
#include <vector>

namespace etch::runtime {
namespace {

/// The eager reading of an expansion: every op in it is computed at once.
class EagerExpr : public expansion::DimsOfReading<EagerExpr> {
public:
  class Context {
  public:
    explicit Context(Location location) : location_(location) {}
    EagerExpr emit(const ops::OpDef &op, const std::vector<EagerExpr> &operands, const ops::Attrs &attrs) {
      std::vector<Tensor> tensors;
      tensors.reserve(operands.size());
      for (const EagerExpr &operand : operands)
        tensors.push_back(operand.tensor());
      Tensor result;
      Dispatcher::eager().call({op, tensors, attrs, nullptr, location_}, {&result, 1});
      return {*this, std::move(result)};
    }

  private:
    Location location_;
  };

  EagerExpr(Context &context, Tensor tensor) : context_(&context), tensor_(std::move(tensor)) {}
  DType dtype() const { return concrete(tensor_).dtype; }
  ops::Dims dims() const { return {concrete(tensor_).shape.begin(), concrete(tensor_).shape.end()}; }
  Context &context() const { return *context_; }
  const Tensor &tensor() const { return tensor_; }

private:
  Context *context_;
  Tensor tensor_;
};

} // namespace

void run_composite(const OpCall &call, std::span<Tensor> results) {
  EagerExpr::Context context(call.location);
  std::vector<EagerExpr> operands;
  operands.reserve(call.operands.size());
  for (const Tensor &operand : call.operands)
    operands.emplace_back(context, operand);
  results[0] = expansion::expand<EagerExpr>(call.op, context, operands, call.attrs).tensor();
}

} // namespace etch::runtime
