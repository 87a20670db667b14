// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/expansions.h"
#include "runtime/allocator.h"
#include "runtime/concrete_tensor.h"
#include "runtime/public_call.h"
#include "runtime/symbolic_tensor.h"

#include <utility>
#include <vector>

namespace etch::runtime {

/// The reading of the table's texts whose ops are calls of a Dispatcher, which computes them or writes them down.
class CallExpr : public expansion::DimsOfReading<CallExpr> {
public:
  class Context {
  public:
    /// Errors of inner ops become those of `caller`, unless it is null.
    Context(Dispatcher &dispatcher, const ops::OpDef *caller, Location location)
        : dispatcher_(dispatcher), caller_(caller), location_(location) {}
    CallExpr emit(const ops::OpDef &op, const std::vector<CallExpr> &operands, const ops::Attrs &attrs) {
      std::vector<Tensor> tensors;
      tensors.reserve(operands.size());
      for (const CallExpr &operand : operands) {
        require_defined(op, tensors.size(), operand.tensor(), location_);
        tensors.push_back(operand.tensor());
      }
      Tensor result;
      try {
        dispatcher_.call({op, tensors, attrs, nullptr, location_, caller_}, {&result, 1});
      } catch (const OutOfMemory &shortage) {
        if (!caller_)
          throw;
        throw OutOfMemory(ops::renamed(shortage, op, *caller_), shortage.bytes());
      } catch (const Error &error) {
        if (!caller_)
          throw;
        throw ops::renamed(error, op, *caller_);
      }
      return {*this, std::move(result)};
    }

    ops::Dims dims_of(const Tensor &tensor) {
      return dispatcher_.type_of(tensor, caller_ ? caller_->name : "", location_).dims;
    }

    bool are_equal(const ops::Dim &a, const ops::Dim &b) const { return dispatcher_.are_equal(a, b); }

  private:
    Dispatcher &dispatcher_;
    const ops::OpDef *caller_;
    Location location_;
  };

  CallExpr(Context &context, Tensor tensor) : context_(&context), tensor_(std::move(tensor)) {}
  DType dtype() const { return tensor_.dtype(); }
  ops::Dims dims() const {
    if (tensor_.is_symbolic())
      return context_->dims_of(tensor_);
    return {concrete(tensor_).shape.begin(), concrete(tensor_).shape.end()};
  }
  Context &context() const { return *context_; }
  const Tensor &tensor() const { return tensor_; }

private:
  Context *context_;
  Tensor tensor_;
};

} // namespace etch::runtime
